// Takes newline-delimited JSON from its body in pieces of whole lines, so that a body of any length needs the memory
// of one piece.

import type { Body } from './body.ts'
import { entryTooLarge } from './messages.ts'
import { chunkBytes } from './request.ts'

/** About what is read, checked and appended at once; a longer line makes a longer piece. */
const pieceBytes = 262_144

/** What a piece takes in memory as long as no line is longer than it. */
export const mostPieceBytes = pieceBytes + chunkBytes

const lineFeed = 0x0a

export class LinePieces {
  readonly #body: Body
  readonly #maxLineBytes: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(body: Body, maxLineBytes: number) {
    this.#body = body
    this.#maxLineBytes = maxLineBytes
  }

  /** Whether there is nothing left. */
  get isAtEnd(): boolean {
    return this.#body.isAtEnd && this.#rest.length === 0
  }

  /** How much of the body is kept for the next piece. */
  get keptBytes(): number {
    return this.#rest.length
  }

  /**
   * The next whole lines, possibly none, and at the end whatever is left. `index` is the number of the entries that stand before
   * them. Rejects as the body does, or with `body_too_large` for a line that does not end.
   */
  async next(index: number): Promise<Buffer> {
    const piece = await this.#body.next(pieceBytes)
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    const end = this.#body.isAtEnd ? bytes.length : bytes.lastIndexOf(lineFeed) + 1
    const rest = bytes.subarray(end)
    if (end === 0 && rest.length > this.#maxLineBytes) throw entryTooLarge(index, this.#maxLineBytes)
    this.#rest = Buffer.from(rest) // a copy, or it would keep the whole piece in memory
    return bytes.subarray(0, end)
  }
}
