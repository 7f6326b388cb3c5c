// Sets the tables as text: behaviours as rows, suites as columns under letters, and below the reasons why something does
// not apply, each with a number. More suites than fit side by side make further tables.

import type { Paint } from '../../../processors/commands/output.ts'
import type { Cell, Table } from './tally.ts'

const widthColumns = 140
/** `pass`, `FAIL` or a number, and the space before it. */
const cellColumns = 5
const leastTitleColumns = 60
const suitesAtMost = (widthColumns - leastTitleColumns) / cellColumns

/** Lines of at most 140 characters, colours not counted. */
export function tableLines(tables: readonly Table[], paint: Paint): string[] {
  const numbers = numberReasons(tables)
  const text = (cell: Cell) => textOf(cell, numbers, paint)
  const notes = [...numbers].flatMap(([reason, number]) => noteLines(reason, number))
  const blocks = [
    ...tables.flatMap(table => [
      ...partsOf(table).map(part => partLines(part, text, paint)),
      missingLines(table, paint)
    ]),
    notes.length === 0 ? [] : ['Does not apply, because', ...notes]
  ]
  return blocks.filter(block => block.length > 0).flatMap((block, at) => (at === 0 ? block : ['', ...block]))
}

function missingLines({ side, missing }: Table, paint: Paint): string[] {
  return missing.map(kind => paint('red', `FAIL  ${kind} of the registry has no suite of ${side}`))
}

/** Of as many suites as fit side by side. */
function partsOf({ columns, rows, ...table }: Table): Table[] {
  const starts = columns.flatMap((_, at) => (at % suitesAtMost === 0 ? at : []))
  return starts.map(start => {
    const part = <T>(list: readonly T[]) => list.slice(start, start + suitesAtMost)
    return {
      ...table,
      columns: part(columns),
      rows: rows.map(({ title, cells }) => ({ title, cells: part(cells) }))
    }
  })
}

function partLines({ side, columns, rows }: Table, text: (cell: Cell) => string, paint: Paint): string[] {
  const letters = columns.map((_, at) => String.fromCharCode('A'.charCodeAt(0) + at))
  const titleColumns = widthColumns - columns.length * cellColumns
  const legend = columns.map((name, at) => `${letters[at]} ${name}`).join('   ')
  const head = letters.map(letter => letter.padStart(cellColumns)).join('')
  const width = Math.min(titleColumns, Math.max(...rows.map(({ title }) => title.length), side.length))
  return [
    ...wrapped(legend, widthColumns, '   '),
    paint('bold', side.toUpperCase().padEnd(width) + head),
    ...rows.flatMap(({ title, cells }) => {
      const [first = '', ...rest] = wrapped(title, width)
      return [first.padEnd(width) + cells.map(text).join(''), ...rest]
    })
  ]
}

function textOf(cell: Cell, numbers: ReadonlyMap<string, number>, paint: Paint): string {
  if (cell.kind === 'pass') return ` ${paint('green', 'pass')}`
  if (cell.kind === 'fail') return ` ${paint('red', 'FAIL')}`
  return paint('dim', `${numbers.get(cell.reason)}`.padStart(cellColumns))
}

/** Reasons by their first place in the tables. */
function numberReasons(tables: readonly Table[]): Map<string, number> {
  const cells = tables.flatMap(({ rows }) => rows.flatMap(row => row.cells))
  const reasons = new Set(cells.flatMap(cell => (cell.kind === 'lacks' ? cell.reason : [])))
  return new Map([...reasons].map((reason, at) => [reason, at + 1]))
}

/** A reason beside its number. */
function noteLines(reason: string, number: number): string[] {
  return wrapped(reason, widthColumns - cellColumns).map(
    (line, at) => `${at === 0 ? `${number}`.padStart(3) : '   '}  ${line}`
  )
}

/** Lines of at most `width`, broken only where `between` stands. */
function wrapped(text: string, width: number, between = ' '): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(between)) {
    if (line !== '' && line.length + between.length + word.length > width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : between + word
  }
  return [...lines, line]
}
