// The mean of something over about the last minute, each of its values counted for as long as it held (an exponentially
// weighted moving average in continuous time). A change costs one step, however many there are. It begins at 0: what has just
// begun says little.

import type { Clock } from '../../../connectors/clock.ts'

/** What is so old counts a third of what is new. */
const memoryMs = 60_000

export class Average {
  readonly #clock: Clock
  #mean = 0
  #value = 0
  #sinceMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.now()
  }

  /** Notes the value that holds from now on, or held since `sinceMs` (Unix ms) already. */
  note(value: number, sinceMs = this.#clock.now()): void {
    this.#advance(sinceMs)
    this.#value = value
  }

  get mean(): number {
    this.#advance(this.#clock.now())
    return this.#mean
  }

  /** What turns out to have been otherwise counts once more, as it was. A clock that was set back counts as no time. */
  #advance(nowMs: number): void {
    const ms = nowMs - this.#sinceMs
    if (ms > 0) this.#mean += (this.#value - this.#mean) * -Math.expm1(-ms / memoryMs)
    this.#sinceMs = nowMs
  }
}
