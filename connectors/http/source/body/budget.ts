// Bounds the bytes of request bodies that are in memory at once, over all requests of the process (Invariant 5). Who
// does not fit yet waits in line before anything of its body is read, and so its sender waits, too.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'

interface Waiting {
  readonly bytes: number
  enter(): void
}

export class ByteBudget {
  readonly #maxBytes: number
  readonly #clock: Clock
  readonly #line: Waiting[] = []
  #usedBytes = 0

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#clock = clock
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A share for one request, which must release it. */
  share(): BudgetShare {
    return new BudgetShare(this)
  }

  /** Takes as many once they fit, in the order of asking. Rejects with `overloaded` when that takes too long. */
  async enter(bytes: number, waitMs: number): Promise<void> {
    if (this.#line.length === 0 && this.#fits(bytes)) this.#usedBytes += bytes
    else await this.#wait(bytes, waitMs)
  }

  /** Takes as many at once. Throws `overloaded` when they do not fit. */
  take(bytes: number): void {
    if (!this.#fits(bytes)) throw new FaultError('overloaded')
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    for (let [first] = this.#line; first !== undefined && this.#fits(first.bytes); [first] = this.#line) {
      this.#line.shift()
      this.#usedBytes += first.bytes
      first.enter()
    }
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#maxBytes
  }

  #wait(bytes: number, waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(waitMs, () => {
        this.#line.splice(this.#line.indexOf(waiting), 1)
        reject(new FaultError('overloaded'))
        this.give(0) // whoever stood behind it may be smaller
      })
      const waiting = {
        bytes,
        enter: () => {
          cancel()
          resolve()
        }
      }
      this.#line.push(waiting)
    })
  }
}

export class BudgetShare {
  readonly #budget: ByteBudget
  #reservedBytes = 0
  #takenBytes = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** Sees to it that as many can be taken. Rejects with `overloaded`. */
  async reserve(bytes: number, waitMs: number): Promise<void> {
    await this.#budget.enter(bytes, waitMs)
    this.#reservedBytes += bytes
  }

  /** Throws `overloaded` when the bytes exceed what was reserved and do not fit. */
  take(bytes: number): void {
    const missing = this.#takenBytes + bytes - this.#reservedBytes
    if (missing > 0) {
      this.#budget.take(missing)
      this.#reservedBytes += missing
    }
    this.#takenBytes += bytes
  }

  release(): void {
    this.#budget.give(this.#reservedBytes)
    this.#reservedBytes = 0
    this.#takenBytes = 0
  }
}
