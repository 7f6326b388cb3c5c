// Compares bearer tokens without telling by its duration how much of one was right: digests of equal length are
// compared in constant time, and all of them whichever matches.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Pace } from './pace.ts'
import type { Sender } from './senders.ts'

/** Senders with a name, as they are configured. */
export type NamedSenders = Readonly<
  Record<string, { readonly tokenSha256: string; readonly messagesPerSecond?: number }>
>

interface Known {
  readonly digest: Buffer
  readonly sender: Sender
}

export class Tokens {
  readonly #known: readonly Known[]

  /** `paceOf` gives a named sender its pace. */
  constructor(
    tokens: readonly string[],
    named: NamedSenders,
    paceOf: (name: string, perSecond: number) => Pace
  ) {
    this.#known = [
      ...tokens.map(token => ({ digest: digestOf(token), sender: { pace: null } })),
      ...Object.entries(named).map(([name, { tokenSha256, messagesPerSecond: perSecond }]) => ({
        digest: Buffer.from(tokenSha256, 'hex'),
        sender: { pace: perSecond === undefined ? null : paceOf(name, perSecond) }
      }))
    ]
  }

  get count(): number {
    return this.#known.length
  }

  /** Whose token it is; null when it is nobody's. */
  senderOf(token: string): Sender | null {
    const given = digestOf(token)
    let found: Sender | null = null
    for (const { digest, sender } of this.#known) {
      if (timingSafeEqual(digest, given)) found = sender
    }
    return found
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
