// When connections are opened: evenly, below what the hub takes in a second, so that a fleet that starts, or was cut off as a
// whole, does not storm it. What exceeds its quota is delayed there, and then refused.

import type { Clock } from '../../clock.ts'

export class ConnectTurns {
  readonly #clock: Clock
  readonly #betweenMs: number
  #nextMs = 0
  #clockMs = 0

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#betweenMs = 1_000 / perSecond
  }

  /** Takes the next turn; in how many ms it is. */
  take(): number {
    const nowMs = this.#clock.now()
    // A clock that was put back makes nobody wait for longer.
    this.#nextMs += Math.min(0, nowMs - this.#clockMs)
    this.#clockMs = nowMs
    const turnMs = Math.max(this.#nextMs, nowMs)
    this.#nextMs = turnMs + this.#betweenMs
    return turnMs - nowMs
  }
}
