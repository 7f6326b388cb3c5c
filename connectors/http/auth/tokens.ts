// The token of a target, by OAuth 2 client credentials (RFC 6749, 4.4). There is one at a time, and one renewal at a
// time, for all requests:
//
//   none -> fetched -> in use -> (four fifths of its life) renewed beside its use -> in use
//                        |                                     at its end nobody waits for the one before
//                        +---- refused: dropped once; a new one that is refused as well is no matter of renewal

import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'

export interface Token {
  readonly value: string
  /** Unknown where the server does not say. */
  readonly lifetimeMs: number | null
}

interface Held {
  readonly value: string
  readonly renewAtMs: number
  readonly endsAtMs: number
}

export class Tokens {
  readonly #clock: Clock
  readonly #fetch: () => Promise<Token>
  #held: Held | null = null
  #renewal: Promise<string> | null = null
  /** A token was refused, and none accepted since. */
  #isSuspect = false
  /** The token that was dropped last, and whether a new one may be better. */
  #dropped: { readonly value: string; readonly mayRenew: boolean } | null = null

  /** `fetch` rejects with a FaultError when no token is to be had. */
  constructor(clock: Clock, fetch: () => Promise<Token>) {
    this.#clock = clock
    this.#fetch = fetch
  }

  /** A token that has not expired. Rejects as `fetch` does. */
  async get(): Promise<string> {
    const nowMs = this.#clock.now()
    const held = this.#held
    if (held === null || nowMs >= held.endsAtMs) return this.#renew()
    // Should that fail, the one in use is still good for a while.
    if (nowMs >= held.renewAtMs) void this.#renew().catch(() => {})
    return held.value
  }

  /** A request with it was taken. */
  accepted(): void {
    this.#isSuspect = false
  }

  /** A request with it was refused; false when a new one would be, too. */
  refused(value: string): boolean {
    if (this.#held?.value === value) {
      this.#held = null
      this.#dropped = { value, mayRenew: !this.#isSuspect }
      this.#isSuspect = true
    }
    // Requests under way with one that was dropped before tell nothing new.
    return this.#dropped?.value !== value || this.#dropped.mayRenew
  }

  #renew(): Promise<string> {
    this.#renewal ??= this.#fetchOne().finally(() => {
      this.#renewal = null
    })
    return this.#renewal
  }

  async #fetchOne(): Promise<string> {
    const startedMs = this.#clock.now()
    const { value, lifetimeMs } = await this.#fetch()
    if (!/^[\x21-\x7e]+$/.test(value))
      throw new FaultError('http_token_unavailable', {
        detail: 'the token holds blanks or control characters'
      })
    const life = lifetimeMs ?? Number.POSITIVE_INFINITY
    this.#held = { value, renewAtMs: startedMs + life * 0.8, endsAtMs: startedMs + life }
    return value
  }
}
