// Gives up bodies that do not come forward. They are looked at all together now and then: a timer for each would cost
// more than many a body does.

import type { Clock } from '../../../clock.ts'

export interface Awaited {
  /** It did not come in time. */
  expire(): void
}

export class Deadlines {
  readonly #clock: Clock
  readonly #intervalMs: number
  /** What is awaited, and how often it is looked at in all before it is too late: the time of day may jump. */
  readonly #awaited = new Map<Awaited, number>()
  #looks = 0
  #cancel: (() => void) | null = null

  /** A body may be late by `intervalMs` without being noticed. */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  add(awaited: Awaited, timeoutMs: number): void {
    this.#awaited.set(awaited, this.#looks + 1 + Math.ceil(timeoutMs / this.#intervalMs))
    this.#cancel ??= this.#clock.after(this.#intervalMs, () => this.#look())
  }

  delete(awaited: Awaited): void {
    this.#awaited.delete(awaited)
  }

  /** Looks no more, until something is added. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #look(): void {
    this.#looks++
    this.#cancel = null
    for (const [awaited, lastLook] of this.#awaited) if (lastLook <= this.#looks) awaited.expire()
    if (this.#awaited.size > 0) this.#cancel = this.#clock.after(this.#intervalMs, () => this.#look())
  }
}
