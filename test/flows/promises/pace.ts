// How fast something goes: counts, and takes the time between the first and the last, and the longest between any two.

export class Pace {
  count = 0
  longestGapMs = 0
  #firstMs = 0
  #lastMs = 0

  note(): void {
    const nowMs = performance.now()
    if (this.count++ === 0) this.#firstMs = nowMs
    else this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
  }

  /** Begins anew. */
  reset(): void {
    this.count = 0
    this.longestGapMs = 0
  }

  get perSecond(): number {
    return Math.round((this.count * 1000) / (this.#lastMs - this.#firstMs))
  }
}
