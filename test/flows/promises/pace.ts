// How fast something goes: counts, and takes the time between the first and the last.

export class Pace {
  count = 0
  #firstMs = 0
  #lastMs = 0

  note(): void {
    this.#lastMs = performance.now()
    if (this.count++ === 0) this.#firstMs = this.#lastMs
  }

  /** Begins anew. */
  reset(): void {
    this.count = 0
  }

  get perSecond(): number {
    return Math.round((this.count * 1000) / (this.#lastMs - this.#firstMs))
  }
}
