// The attempts under way: how many, how to wait for them or give them up, and what waits behind one that takes long.

import type { StreamContext } from '../context.ts'
import type { PendingBatch } from './batch.ts'
import type { Load } from './pace/load.ts'

/** What waits longer gets bytes of its own. */
export const longWaitMs = 1_000

/** An attempt, or what comes before one. */
export interface Underway {
  abort(): void
}

interface Flight {
  readonly batch: PendingBatch
  readonly startedMs: number
  /** How full it was when it left. */
  readonly fullness: number
  readonly done: Promise<void>
}

export class InFlight {
  readonly #context: StreamContext
  readonly #load: Load
  readonly #flights = new Map<Underway, Flight>()
  #cancelLook: (() => void) | null = null

  constructor(context: StreamContext, load: Load) {
    this.#context = context
    this.#load = load
  }

  get size(): number {
    return this.#flights.size
  }

  /** `done` resolves when all that follows from the attempt is done. */
  add(attempt: Underway, batch: PendingBatch, done: Promise<void>): void {
    const fullness = this.#load.begin(batch)
    this.#flights.set(attempt, { batch, done, fullness, startedMs: this.#context.clock.now() })
    this.#look()
  }

  remove(attempt: Underway): void {
    const flight = this.#flights.get(attempt)
    if (flight !== undefined) this.#load.end(flight.fullness)
    this.#flights.delete(attempt)
  }

  /** Resolves when all have ended; past the deadline they are given up. Invariant 7 */
  async drain(deadlineMs: number): Promise<void> {
    if (this.size === 0) return
    const all = Promise.all([...this.#flights.values()].map(({ done }) => done))
    const cancel = this.#context.clock.after(deadlineMs, () => {
      this.#context.log('drain_overran', { stream: this.#context.stream, attempts: this.size })
      for (const attempt of this.#flights.keys()) attempt.abort()
    })
    await all
    cancel()
  }

  /** Gives up what is only of partitions that are assigned elsewhere. Invariant 4 */
  dropClosed(): void {
    for (const [attempt, { batch }] of this.#flights)
      if (batch.lanes.every(lane => lane.partition.closed)) attempt.abort()
  }

  close(): void {
    this.#cancelLook?.()
    this.#cancelLook = null
  }

  /** While anything is under way, lets what waits behind a slow attempt not retain whole fetches. Invariant 5 */
  #look(): void {
    this.#cancelLook ??= this.#context.clock.after(longWaitMs, () => {
      this.#cancelLook = null
      const before = this.#context.clock.now() - longWaitMs
      for (const { batch, startedMs } of this.#flights.values())
        if (startedMs <= before) for (const lane of batch.lanes) lane.detach()
      if (this.size > 0) this.#look()
    })
  }
}
