// Bounds the bytes of request bodies that are in memory at once, over all requests of the process (Invariant 5). Who
// does not fit yet waits in line before anything of its body is read, and so its sender waits, too.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'

/**
 * Who asks for no more than this passes those who wait for more, and has a part of the room to itself: many small
 * messages do not wait for a few large bodies.
 */
export const smallBytes = 524_288
const shareOfLarge = 0.75
/** One request gets less than all large ones together, as others that wait hold a little each. */
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

  /** The most that a request can get. */
  get largestBytes(): number {
    return Math.max(Math.floor(this.#maxBytes * shareOfOne), Math.min(smallBytes, this.#maxBytes))
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A share for one request, which must release it. It waits for `waitMs` at most. */
  share(waitMs: number): BudgetShare {
    return new BudgetShare(this, waitMs)
  }

  /** Takes as many once they fit, in the order of asking. Rejects with `overloaded` when that takes too long. */
  async enter(bytes: number, waitMs: number): Promise<void> {
    if (!this.enterNow(bytes)) await this.#wait(bytes, waitMs)
  }

  /** Takes as many if they fit now. */
  enterNow(bytes: number): boolean {
    const fits = this.#fits(bytes) && (this.#line.length === 0 || bytes <= smallBytes)
    if (fits) this.#usedBytes += bytes
    return fits
  }

  #wait(bytes: number, waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#line = this.#line.filter(other => other !== waiting)
        reject(new FaultError('overloaded'))
        this.#admit()
      }
      const cancel = this.#clock.after(waitMs, giveUp)
      const enter = () => {
        cancel()
        resolve()
      }
      const waiting = { bytes, enter }
      this.#line = [...this.#line, waiting]
    })
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

/** What one request may take. */
export class BudgetShare {
  readonly #budget: ByteBudget
  readonly #waitMs: number
  #reservedBytes = 0
  #takenBytes = 0
  /** How often it was released: what is granted to a request that has gone is given back. */
  #releases = 0

  constructor(budget: ByteBudget, waitMs: number) {
    this.#budget = budget
    this.#waitMs = waitMs
  }

  get takenBytes(): number {
    return this.#takenBytes
  }

  /** Waits until there is room for so many bytes in all. Rejects with `overloaded` when that takes too long. */
  async reserve(bytes: number): Promise<void> {
    const missing = bytes - this.#reservedBytes
    if (missing <= 0) return
    const releases = this.#releases
    await this.#budget.enter(missing, this.#waitMs)
    if (releases === this.#releases) this.#reservedBytes += missing
    else this.#budget.give(missing)
  }

  /** The same without waiting: whether there is room now. */
  reserveNow(bytes: number): boolean {
    const missing = bytes - this.#reservedBytes
    if (missing > 0 && !this.#budget.enterNow(missing)) return false
    this.#reservedBytes += Math.max(0, missing)
    return true
  }

  /** Counts bytes that are in memory. False when they are more than what is reserved: then the rest must wait for reserve(). */
  take(bytes: number): boolean {
    this.#takenBytes += bytes
    return this.#takenBytes <= this.#reservedBytes
  }

  /** No more than what was taken is needed from now on. */
  settle(): void {
    const spare = this.#reservedBytes - this.#takenBytes
    if (spare <= 0) return
    this.#reservedBytes -= spare
    this.#budget.give(spare)
  }

  release(): void {
    this.#releases++
    this.#budget.give(this.#reservedBytes)
    this.#reservedBytes = 0
    this.#takenBytes = 0
  }
}
