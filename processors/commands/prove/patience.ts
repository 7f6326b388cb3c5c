// Gives up once nothing has happened for some time. How long the whole takes is of no interest: a slow machine, or a larger
// proof, is no failure.

import type { Clock } from '../../../connectors/clock.ts'

export class Patience {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #lost = new AbortController()
  #atMs: number
  #cancel: () => void = () => {}

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#atMs = clock.now()
    this.#wait(limitMs)
  }

  /** Fires when nothing has happened for so long. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Something has happened. */
  renew(): void {
    this.#atMs = this.#clock.now()
  }

  /** Ends the watch. */
  close(): void {
    this.#cancel()
  }

  #wait(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const leftMs = this.#atMs + this.#limitMs - this.#clock.now()
      if (leftMs > 0) this.#wait(leftMs)
      else this.#lost.abort()
    })
  }
}
