// When messages arrived, and how many of them within any span of time.

export class Arrivals {
  readonly #atMs: number[] = []

  /** Must be called in the order of time. */
  note(atMs: number): void {
    this.#atMs.push(atMs)
  }

  get count(): number {
    return this.#atMs.length
  }

  /** From the first to the last. */
  get durationMs(): number {
    return (this.#atMs.at(-1) ?? 0) - (this.#atMs[0] ?? 0)
  }

  /** The most in any span that ends with an arrival. */
  most(spanMs: number): number {
    let [first, most] = [0, 0]
    for (const [at, ms] of this.#atMs.entries()) {
      while ((this.#atMs[first] ?? ms) <= ms - spanMs) first++
      most = Math.max(most, at - first + 1)
    }
    return most
  }

  /** The least in any span that begins behind an arrival and ends before the last; those of all, if it is shorter. */
  least(spanMs: number): number {
    const lastMs = this.#atMs.at(-1) ?? 0
    let [next, least] = [0, this.count]
    for (const [at, ms] of this.#atMs.entries()) {
      if (ms + spanMs > lastMs) break
      while ((this.#atMs[next] ?? lastMs) <= ms + spanMs && next < this.count) next++
      least = Math.min(least, next - at - 1)
    }
    return least
  }
}
