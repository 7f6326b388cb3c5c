// How many messages a sender may send a second. How many a request holds is known only once it was read, so it is let
// in while the sender owes nothing, and what it took is owed from then on: over time the rate holds, and a request is
// refused, if it is, before its body was read.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'

/** `rate_limited`, with the time after which the sender may come again. */
export class RateLimited extends FaultError {
  readonly retryAfterSeconds: number

  constructor(perSecond: number, waitMs: number) {
    const retryAfterSeconds = Math.ceil(waitMs / 1000)
    super('rate_limited', { detail: `${perSecond} messages a second; come again in ${retryAfterSeconds} s` })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** That of one sender. */
export class Pace {
  readonly #perSecond: number
  readonly #clock: Clock
  /** When all that was taken is paid for; at most a second of it may be saved up. */
  #paidMs = 0

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
  }

  /** Throws RateLimited while more was taken than the rate and one second's saving allow. */
  check(): void {
    const waitMs = this.#paidMs - this.#clock.now()
    if (waitMs > 0) throw new RateLimited(this.#perSecond, waitMs)
  }

  /** Counts messages that were stored. */
  take(messages: number): void {
    const saved = this.#clock.now() - 1_000
    this.#paidMs = Math.max(this.#paidMs, saved) + (messages * 1_000) / this.#perSecond
  }
}

/** The paces of all senders, which outlive a change of the configuration that is not about them. */
export class Paces {
  readonly #clock: Clock
  readonly #known = new Map<string, Pace>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `sender` is its place in the configuration. */
  of(sender: string, perSecond: number): Pace {
    const key = `${sender} ${perSecond}`
    const pace = this.#known.get(key) ?? new Pace(perSecond, this.#clock)
    this.#known.set(key, pace)
    return pace
  }
}
