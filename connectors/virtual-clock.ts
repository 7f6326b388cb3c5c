// A clock that stands still until somebody moves it, so that time-outs, back-offs and commit intervals pass in
// milliseconds and always alike: for tests, and for `tailrace test`. Chance comes from a seed, so a run can be repeated.

import { setImmediate } from 'node:timers/promises'
import type { Clock } from './clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly fn: () => void
}

/** Virtual time. Nothing happens by itself: call advance(). */
export class VirtualClock implements Clock {
  #nowMs: number
  #seed: number
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(options: { nowMs?: number; seed?: number } = {}) {
    this.#nowMs = options.nowMs ?? Date.UTC(2026, 0, 1)
    this.#seed = options.seed ?? 1
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Mulberry32: small, and the same on every machine. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Timers that have not run: a component that was closed should leave none. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Moves time by `ms`; timers run in the order in which they are due, each after all promises have settled. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.atMs)
      timer.fn()
      await settle()
    }
    this.#nowMs = untilMs
  }

  /** Moves time to the next timer, at most to `untilMs` (Unix ms), and lets it run. */
  async step(untilMs: number): Promise<void> {
    const timer = this.#next(untilMs)
    await this.advance((timer?.atMs ?? untilMs) - this.#nowMs)
  }

  /** Moves time in steps until `reached()` is true; throws when that has not happened within `limitMs`. */
  async until(reached: () => boolean, limitMs = 600_000): Promise<void> {
    const endMs = this.#nowMs + limitMs
    await settle()
    while (!reached()) {
      const timer = this.#next(endMs)
      if (timer === undefined) throw new Error(`not reached within ${limitMs} ms of virtual time`)
      await this.advance(timer.atMs - this.#nowMs)
    }
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue
      if (first === undefined || timer.atMs < first.atMs) first = timer
    }
    return first
  }
}

/** Resolves once every promise that can settle without time or I/O has settled. */
export async function settle(): Promise<void> {
  await setImmediate()
}
