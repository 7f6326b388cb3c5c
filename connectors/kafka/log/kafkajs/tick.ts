// One timer for many that would each wait a little: the first to come starts it, and all go on together.

import type { Clock } from '../../../clock.ts'

export class Tick {
  readonly #clock: Clock
  readonly #periodMs: number
  #waiting = new Set<() => void>()
  #cancel: (() => void) | undefined

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock
    this.#periodMs = periodMs
  }

  /** Calls `fn` at the next tick, at most one period from now; the returned function takes it back. */
  join(fn: () => void): () => void {
    this.#waiting.add(fn)
    this.#cancel ??= this.#clock.after(this.#periodMs, () => this.#strike())
    return () => this.#leave(fn)
  }

  #leave(fn: () => void): void {
    if (!this.#waiting.delete(fn) || this.#waiting.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  #strike(): void {
    this.#cancel = undefined
    const due = this.#waiting
    this.#waiting = new Set()
    for (const fn of due) fn()
  }
}
