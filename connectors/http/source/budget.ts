// Bounds the bytes of request bodies that are in memory at once, over all requests of the process (Invariant 5).

import { FaultError } from '../../../schemas/errors.ts'

export class ByteBudget {
  readonly #maxBytes: number
  #usedBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A share for one request, which must release it. */
  share(): BudgetShare {
    return new BudgetShare(this)
  }

  /** Throws `overloaded` when the bytes do not fit. */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#maxBytes) throw new FaultError('overloaded')
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
  }
}

export class BudgetShare {
  readonly #budget: ByteBudget
  #bytes = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** Throws `overloaded` when the bytes do not fit. */
  take(bytes: number): void {
    this.#budget.take(bytes)
    this.#bytes += bytes
  }

  release(): void {
    this.#budget.give(this.#bytes)
    this.#bytes = 0
  }
}
