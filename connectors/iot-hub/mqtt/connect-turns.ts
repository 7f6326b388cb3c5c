// When connections are opened: evenly, below what the hub takes in a second, so that a fleet that starts, or was cut off as a
// whole, does not storm it. What exceeds its quota is delayed there, and then refused. A turn is taken when it comes, so whoever
// gives up while waiting leaves it to those behind.

import type { Clock } from '../../clock.ts'

/** What a timer is late by is made up for, up to so much. */
const madeUpMs = 50

export class ConnectTurns {
  readonly #clock: Clock
  readonly #betweenMs: number
  /** Those that wait, in line. */
  readonly #waiting = new Set<() => void>()
  #cancelTimer: (() => void) | undefined
  #nextMs = 0
  #clockMs = 0

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#betweenMs = 1_000 / perSecond
  }

  /** Resolves when it is one's turn, or at once when the signal fires. */
  take(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal.aborted) return resolve()
      const go = () => {
        this.#waiting.delete(go)
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        go()
        if (this.#waiting.size === 0) this.#stopTimer()
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.add(go)
      if (this.#cancelTimer === undefined) this.#callNext(0)
    })
  }

  /** All that are due; turns that were missed less than `missedMs` ago are, too. */
  #callNext(missedMs: number): void {
    this.#cancelTimer = undefined
    for (const go of this.#waiting) {
      const leftMs = this.#leftMs()
      if (leftMs > 0) {
        this.#cancelTimer = this.#clock.after(leftMs, () => this.#callNext(madeUpMs))
        return
      }
      this.#nextMs = Math.max(this.#nextMs, this.#clockMs - missedMs) + this.#betweenMs
      go()
    }
  }

  /** Until the next turn. A clock that was put back makes nobody wait for longer. */
  #leftMs(): number {
    const nowMs = this.#clock.now()
    this.#nextMs += Math.min(0, nowMs - this.#clockMs)
    this.#clockMs = nowMs
    return this.#nextMs - nowMs
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
