// Tables of text. Columns are as wide as their widest cell; on a terminal a row is cut at its edge, elsewhere nothing
// is cut. What came from outside is shown without control characters, which could do anything to a terminal.

import { type Paint, painter } from '../output.ts'

export interface TableOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Columns of numbers are set to the right. */
export interface Column {
  readonly title: string
  readonly isNumber?: true
  /** In which style its cell has the whole row printed; null leaves it as it is. */
  readonly style?: (cell: string) => Parameters<Paint>[0] | null
}

export function writeTable(
  out: TableOutput,
  columns: readonly Column[],
  rows: readonly (readonly string[])[]
): void {
  const cells = rows.map(row => row.map(cell => printable(cell)))
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map(row => (row[at] ?? '').length))
  )
  const line = (row: readonly string[]) =>
    columns
      .map(({ isNumber }, at) => {
        const text = row[at] ?? ''
        return isNumber ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)
      })
      .join('  ')
      .trimEnd()
      .slice(0, out.isTTY ? out.columns || 80 : undefined)
  const paint = painter(out)
  out.write(`${paint('bold', line(columns.map(({ title }) => title)))}\n`)
  for (const row of cells) {
    const [style] = columns.flatMap(({ style }, at) => style?.(row[at] ?? '') ?? [])
    out.write(`${style === undefined ? line(row) : paint(style, line(row))}\n`)
  }
}

/** Control characters as \\u00XX; line breaks and tabs too, unless `keep` says that the text may have lines. */
export function printable(text: string, keep: 'lines' | 'nothing' = 'nothing'): string {
  return text.replace(/\p{Cc}/gu, character => {
    if (keep === 'lines' && (character === '\n' || character === '\t')) return character
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
