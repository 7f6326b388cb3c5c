// Compares bearer tokens without telling by its duration how much of one was right: digests of equal length are
// compared in constant time, and all of them whichever matches.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../../clock.ts'
import { Pace } from './pace.ts'
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

  constructor(tokens: readonly string[], named: NamedSenders, clock: Clock) {
    this.#known = [
      ...tokens.map(token => ({ digest: digestOf(token), sender: { pace: null } })),
      ...Object.values(named).map(({ tokenSha256, messagesPerSecond: perSecond }) => ({
        digest: Buffer.from(tokenSha256, 'hex'),
        sender: { pace: perSecond === undefined ? null : new Pace(perSecond, clock) }
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
