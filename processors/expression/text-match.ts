// Matches a text against a pattern whose only wildcard is *, for any characters. The pieces between the stars are found
// one after the other, the earliest place each, so that it takes no longer than length of text times length of pattern.

/** Does the text consist of these pieces with anything between them? One piece must be the whole text. */
export function matchesPieces(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return text === first
  const last = pieces[pieces.length - 1] ?? ''
  const end = text.length - last.length
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] ?? ''
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
