// Makes tables of the notes that the suites leave. What is not known to have passed has failed: a test that left no
// note, a behaviour that a suite did not declare, a connector that has no suite.

import type { Note, Suite } from './declare.ts'

export type Cell =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail' }
  /** It does not apply. */
  | { readonly kind: 'lacks'; readonly reason: string }

export interface Row {
  /** The behaviour. */
  readonly title: string
  /** One for each column. */
  readonly cells: readonly Cell[]
}

export interface Table {
  readonly side: Suite['side']
  /** The suites by name. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** Connectors of the registry that no suite is of. */
  readonly missing: readonly string[]
}

/** The kinds of the registry. */
export type Connectors = Readonly<Record<Suite['side'], readonly string[]>>

/** One table for each side; columns stand in the order of the registry. */
export function tally(notes: readonly Note[], connectors: Connectors): Table[] {
  return (['targets', 'sources'] as const).map(side => {
    const own = notes.filter(({ suite }) => suite.side === side)
    const kinds = connectors[side]
    const suites = new Map(own.map(({ suite }) => [suite.name, suite.connector]))
    const missing = kinds.filter(kind => ![...suites.values()].includes(kind))
    const place = (name: string) => kinds.indexOf(suites.get(name) ?? '')
    const columns = [...suites.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    const rows = [...new Set(own.map(({ title }) => title))].map(title => {
      const of = own.filter(note => note.title === title)
      return { title, cells: columns.map(name => cellOf(of.filter(({ suite }) => suite.name === name))) }
    })
    return { side, columns, rows, missing }
  })
}

export function countOf(tables: readonly Table[], kind: Cell['kind']): number {
  const cells = tables.flatMap(({ rows }) => rows.flatMap(row => row.cells))
  return cells.filter(cell => cell.kind === kind).length
}

/** Of the notes on one behaviour in suites of one name, of which there should be one. */
function cellOf(notes: readonly Note[]): Cell {
  const count = (happened: Note['happened']) => notes.filter(note => note.happened === happened).length
  const declared = count('declared')
  if (declared === 0 || declared !== count('passed') + count('lacks')) return { kind: 'fail' }
  const reasons = notes.flatMap(({ reason }) => reason ?? [])
  return reasons.length === 0 ? { kind: 'pass' } : { kind: 'lacks', reason: reasons.join('; ') }
}
