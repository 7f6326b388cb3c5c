/**
 * A copy in memory of its own. `Buffer.from` and `Buffer.concat` take what is small from a block that they share with
 * others, of 8 KiB or, in newer Node, 64: whoever keeps one of them keeps the whole block.
 */
export function ownBytes(pieces: readonly Buffer[]): Buffer {
  const own = Buffer.allocUnsafeSlow(pieces.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const piece of pieces) at += piece.copy(own, at)
  return own
}
