// When connections are opened: one client id not more often than the quota, and all of them one after the other, so that
// a target with many does not storm the service when it starts or when all were lost at once.

import type { Clock } from '../clock.ts'
import type { ConnectGate } from '../shared/publishing/connection-publisher.ts'

/** Fifty a second, of 500 that an account has. */
const betweenMs = 20
const maxTurnMs = 1_000 * betweenMs

export class Connects {
  readonly #clock: Clock
  readonly #intervalMs: number
  #nextMs = 0

  /** `intervalMs` is what must lie between two of one client id. */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  /** For the connections of one client id. */
  gate(): ConnectGate {
    let arrivedMs = Number.NEGATIVE_INFINITY
    return {
      waitMs: () => {
        const nowMs = this.#clock.now()
        const turnMs = within(this.#nextMs - nowMs, maxTurnMs)
        this.#nextMs = nowMs + turnMs + betweenMs
        return within(arrivedMs + this.#intervalMs - nowMs, this.#intervalMs) + turnMs
      },
      arrived: () => {
        arrivedMs = this.#clock.now()
      }
    }
  }
}

/** A clock that was put back makes nobody wait for longer. */
function within(waitMs: number, mostMs: number): number {
  return Math.min(Math.max(waitMs, 0), mostMs)
}
