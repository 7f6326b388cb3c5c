// Compares bearer tokens without telling by its duration how much of one was right: digests of equal length are
// compared in constant time, and all of them whichever matches.

import { createHash, timingSafeEqual } from 'node:crypto'

export class TokenCheck {
  readonly #digests: readonly Buffer[]

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digest)
  }

  /** Whether an Authorization header carries one of the tokens. Without tokens everyone is let in. */
  accepts(authorization: string | undefined): boolean {
    if (this.#digests.length === 0) return true
    const given = digest(/^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '')
    let accepted = false
    for (const expected of this.#digests) {
      if (timingSafeEqual(expected, given)) accepted = true
    }
    return accepted
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
