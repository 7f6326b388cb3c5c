// A mistake in an expression, with its place. It is shown with the line it stands in and a caret under the place.

const shownBefore = 40
const shownBehind = 30

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** What is wrong, as a sentence without a full stop. */
  readonly sentence: string
  readonly source: string
  /** Where, in UTF-16 units of the source. */
  readonly at: number

  constructor(sentence: string, source: string, at: number) {
    super(`${sentence}\n${excerpt(source, at)}`)
    this.sentence = sentence
    this.source = source
    this.at = at
  }
}

/** Two lines: that of the source, cut around the place, and a caret under the place. */
export function excerpt(source: string, at: number): string {
  const lineStart = source.lastIndexOf('\n', at - 1) + 1
  const newline = source.indexOf('\n', at)
  const lineEnd = newline < 0 ? source.length : newline
  const from = Math.max(lineStart, at - shownBefore)
  const to = Math.min(lineEnd, at + shownBehind)
  const before = `${from > lineStart ? '...' : ''}${shown(source.slice(from, at))}`
  const behind = `${shown(source.slice(at, to))}${to < lineEnd ? '...' : ''}`
  return `  ${before}${behind}\n  ${' '.repeat([...before].length)}^`
}

/** A tab or another control character would move the caret. */
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ')
}
