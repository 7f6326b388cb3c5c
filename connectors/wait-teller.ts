// Tells why something waits, of a stream or of a source: at once, but not more often than every ten seconds, and then with what
// it waits for by that time. What comes and goes must not fill the log.

import type { Clock } from './clock.ts'

const quietMs = 10_000

export class WaitTeller {
  readonly #clock: Clock
  readonly #tell: () => void
  #toldMs = Number.NEGATIVE_INFINITY
  /** Set while a wait is untold. */
  #cancel: (() => void) | null = null

  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** A wait has to be told and was not yet. */
  get isDue(): boolean {
    return this.#cancel !== null
  }

  tell(): void {
    this.cancel()
    const quietLeftMs = this.#toldMs + quietMs - this.#clock.now()
    if (quietLeftMs > 0) {
      this.#cancel = this.#clock.after(quietLeftMs, () => this.tell())
      return
    }
    this.#toldMs = this.#clock.now()
    this.#tell()
  }

  /** What it waited for is over. Leaves no timer. */
  cancel(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}
