// Something that may happen many times a second and is told once in a while, with how often it happened.

import type { Clock } from '../../connectors/clock.ts'

const intervalMs = 10_000

export class OccasionalEvent<Latest> {
  readonly #clock: Clock
  readonly #tell: (count: number, latest: Latest) => void
  #count = 0
  #latest: Latest | null = null
  #toldMs = Number.NEGATIVE_INFINITY

  /** `tell` is given how often it happened since it was last told, and what came with the last time. */
  constructor(clock: Clock, tell: (count: number, latest: Latest) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  happened(latest: Latest): void {
    this.#count++
    this.#latest = latest
  }

  /** Tells what has happened, if there is anything and it is not too early. To be called again and again. */
  tellIfDue(): void {
    const nowMs = this.#clock.now()
    // A clock that was set back makes nobody wait for the time that it has shown before.
    if (this.#latest === null || Math.abs(nowMs - this.#toldMs) < intervalMs) return
    const [count, latest] = [this.#count, this.#latest]
    this.#count = 0
    this.#latest = null
    this.#toldMs = nowMs
    this.#tell(count, latest)
  }
}
