// Bounds the bytes of messages that the sources of a process have in memory until Kafka has them, all sources together
// (Invariant 5): there is one budget, and SourceEnv has it. A source takes a share for each request, packet or message
// and reserves room before it reads, so that who does not fit yet waits in line and its sender waits, too:
//
//   const share = env.budget.share(waitMs)     // without waitMs it waits as long as it takes
//   try {
//     await share.reserve(bytes)               // before they are read; a socket is paused meanwhile
//     ...                                      // read, take them apart, append
//   } finally {
//     share.release()
//   }
//
// leave() ends a reserve() that still waits: call it when the sender goes away, or at stop(), so that no timer is left.
// Who knows the length reserves all of it at once. Who does not, reserves `smallBytes` or less first and then the most
// that it can become: if several went on step by step, each could come to wait for what the others hold. Nothing that is
// larger than `largestBytes` ever fits, and must be refused.

import { FaultError } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'

/**
 * Who asks for no more than this passes those who wait for more, and has a part of the room to itself: many small
 * messages do not wait for a few large bodies.
 */
export const smallBytes = 524_288
const shareOfLarge = 0.75
/** One share gets less than all large ones together, as others that wait hold a little each. */
const shareOfOne = 0.5

interface Waiting {
  readonly bytes: number
  enter(): void
}

export class ByteBudget {
  readonly #maxBytes: number
  readonly #clock: Clock
  #line: readonly Waiting[] = []
  #usedBytes = 0

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#clock = clock
  }

  /** The most that a share can get. */
  get largestBytes(): number {
    return Math.max(Math.floor(this.#maxBytes * shareOfOne), Math.min(smallBytes, this.#maxBytes))
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A share for one request, packet or message, which must release it. It waits for `waitMs` at most, if that is given. */
  share(waitMs?: number): BudgetShare {
    return new BudgetShare(this, waitMs)
  }

  /** Takes as many if they fit now. */
  enterNow(bytes: number): boolean {
    const fits = this.#fits(bytes) && (this.#line.length === 0 || bytes <= smallBytes)
    if (fits) this.#usedBytes += bytes
    return fits
  }

  /** Takes as many once they fit, in the order of asking; `done` hears whether. The returned function leaves the line. */
  enterLater(bytes: number, waitMs: number | undefined, done: (entered: boolean) => void): () => void {
    const leave = () => {
      cancel()
      this.#line = this.#line.filter(other => other !== waiting)
      done(false)
      this.#admit()
    }
    const cancel = waitMs === undefined ? () => {} : this.#clock.after(waitMs, leave)
    const enter = () => {
      cancel()
      done(true)
    }
    const waiting = { bytes, enter }
    this.#line = [...this.#line, waiting]
    return leave
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#line.length > 0) this.#admit()
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#maxBytes * (bytes > smallBytes ? shareOfLarge : 1)
  }

  #admit(): void {
    let isHeldUp = false
    this.#line = this.#line.filter(({ bytes, enter }) => {
      if (!this.#fits(bytes) || (isHeldUp && bytes > smallBytes)) {
        isHeldUp = true
        return true
      }
      this.#usedBytes += bytes
      enter()
      return false
    })
  }
}

/** What one request, packet or message may take. */
export class BudgetShare {
  readonly #budget: ByteBudget
  readonly #waitMs: number | undefined
  #reservedBytes = 0
  #takenBytes = 0
  /** Ends the reserve() that waits. */
  #leave: (() => void) | null = null

  constructor(budget: ByteBudget, waitMs?: number) {
    this.#budget = budget
    this.#waitMs = waitMs
  }

  get takenBytes(): number {
    return this.#takenBytes
  }

  /**
   * Waits until there is room for so many bytes in all; one at a time. Rejects with `overloaded` when that takes too long,
   * or when it leaves the line.
   */
  async reserve(bytes: number): Promise<void> {
    if (this.reserveNow(bytes)) return
    const missing = bytes - this.#reservedBytes
    await new Promise<void>((resolve, reject) => {
      this.#leave = this.#budget.enterLater(missing, this.#waitMs, entered => {
        this.#leave = null
        if (entered) this.#reservedBytes += missing
        entered ? resolve() : reject(new FaultError('overloaded'))
      })
    })
  }

  /** The same without waiting: whether there is room now. */
  reserveNow(bytes: number): boolean {
    const missing = bytes - this.#reservedBytes
    if (missing > 0 && !this.#budget.enterNow(missing)) return false
    this.#reservedBytes += Math.max(0, missing)
    return true
  }

  /** What is reserved and not taken. Below 0, more was taken than there was room for. */
  get roomBytes(): number {
    return this.#reservedBytes - this.#takenBytes
  }

  /** Counts bytes that are in memory. */
  take(bytes: number): void {
    this.#takenBytes += bytes
  }

  /** Of what was taken only so much is still in memory; the rest is given back. */
  keep(bytes: number): void {
    this.#takenBytes = bytes
    this.settle()
  }

  /** No more than what was taken is needed from now on. */
  settle(): void {
    const spare = this.#reservedBytes - this.#takenBytes
    if (spare <= 0) return
    this.#reservedBytes -= spare
    this.#budget.give(spare)
  }

  /** Waits no longer: who goes away need not be in the line. */
  leave(): void {
    this.#leave?.()
  }

  /** Gives everything back, and waits no longer; it may be used again. */
  release(): void {
    this.leave()
    this.#budget.give(this.#reservedBytes)
    this.#reservedBytes = 0
    this.#takenBytes = 0
  }
}
