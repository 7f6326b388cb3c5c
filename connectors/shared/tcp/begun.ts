// What answers in another's place, by the first bytes that came of it, in words that let a person know it: a web server, a
// port that speaks TLS.

import type { Mask } from '../mask.ts'

/** How much of what came is looked at. */
const shownBytes = 64
const shownHexBytes = 12

/** A copy of the part that is looked at. */
export function beginningOf(chunk: Buffer) {
  return Buffer.from(chunk.subarray(0, shownBytes))
}

/** `begun` is not empty; its secrets are masked. */
export function wordsOf(begun: Buffer, mask: Mask): string {
  // The header of a record: 20 to 23, then version 3 (RFC 8446, 5.1).
  const [type = 0, version] = begun
  if (type >= 20 && type <= 23 && version === 3) return 'TLS'
  const [line = ''] = /^[\x20-\x7e]*/.exec(begun.toString('latin1')) ?? []
  if (line.length >= 3) return JSON.stringify(mask.applyToCut(line))
  return `the bytes ${begun.toString('hex', 0, shownHexBytes)}`
}
