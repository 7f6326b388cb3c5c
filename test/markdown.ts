// Reads what tests check of our pages: tables by their heads, and blocks of code.

/** The cells of every row of the tables with this head, without the marks of code around them. */
export function rowsUnder(page: string, head: readonly string[]): string[][] {
  return tables(page)
    .filter(([first]) => first?.join('|') === head.join('|'))
    .flatMap(([, , ...rows]) => rows)
}

/** A block of code: its text, and the number of the line that it begins in, from 1. */
export interface CodeBlock {
  readonly text: string
  readonly line: number
}

export function codeBlocks(page: string, language: string): CodeBlock[] {
  const fences = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')
  return Array.from(page.matchAll(fences), ({ 1: text = '', index }) => ({
    text,
    line: page.slice(0, index).split('\n').length + 1
  }))
}

/** Every table as lines of cells: the head, the dashes, the rows. */
function tables(page: string): string[][][] {
  const found: string[][][] = []
  let isInside = false
  for (const line of page.split('\n')) {
    const isRow = line.startsWith('|')
    if (isRow && !isInside) found.push([])
    if (isRow) found.at(-1)?.push(cellsOf(line))
    isInside = isRow
  }
  return found
}

/** A bar inside of a cell is written \|. */
function cellsOf(line: string): string[] {
  return line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map(cell => plain(cell.trim().replaceAll('\\|', '|')))
}

/** What stands in the code that a cell consists of, or the cell. */
function plain(cell: string): string {
  return /^`` (.*) ``$/.exec(cell)?.[1] ?? /^`(.*)`$/.exec(cell)?.[1] ?? cell
}
