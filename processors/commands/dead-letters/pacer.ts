// Keeps a rate: whoever takes more than has come due waits for it.

import { type Clock, pauseFor } from '../../../connectors/clock.ts'

export class Pacer {
  readonly #clock: Clock
  readonly #perSecond: number
  /** When the next may be taken. */
  #dueMs: number

  /** `perSecond` may be infinite. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#dueMs = clock.now()
  }

  async take(count: number): Promise<void> {
    const nowMs = this.#clock.now()
    const startMs = Math.max(nowMs, this.#dueMs)
    this.#dueMs = startMs + (count * 1000) / this.#perSecond
    if (startMs > nowMs) await pauseFor(this.#clock, startMs - nowMs)
  }
}
