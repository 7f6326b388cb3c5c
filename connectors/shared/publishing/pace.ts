// How fast a connection publishes to a platform that counts and discards, without a word, what exceeds its quota. Two
// rules together. Publications are spread evenly, below the quota, each taking as long as its size and its share of the
// rate say. And whatever the network does in between, the quota is not exceeded: the platform counts a publication some
// time between its being sent and its being answered, so that two can fall into one second only if the first was
// answered less than a second before the second is sent. Those that could are never more than the quota.

export interface PaceOptions {
  /** What the other side takes in any one second, and unanswered, at most. */
  readonly maxPerSecond: number
  /** What is sent; less than that. */
  readonly publishesPerSecond: number
  readonly bytesPerSecond: number
}

/** How far it may run ahead: what a timer is late by is made up for, and a timer serves several publications. */
const burstMs = 50
/** A second of theirs, by a clock of whole milliseconds that may be a little faster. */
const secondMs = 1_005

export class Pace {
  readonly #options: PaceOptions
  /** Counts on only, when the clock is put back. */
  #nowMs = 0
  #clockMs: number | undefined
  /** When all that was sent has had its time. */
  #freeAtMs = 0
  #unanswered = 0
  /** Of the last second, the oldest first. */
  readonly #answeredMs: number[] = []

  constructor(options: PaceOptions) {
    this.#options = options
  }

  /** 0: a publication of this size goes now, and is counted. Otherwise in how many ms, or Infinity: after an answer. */
  take(clockMs: number, bytes: number): number {
    this.#pass(clockMs)
    const { maxPerSecond, publishesPerSecond, bytesPerSecond } = this.#options
    if (this.#unanswered + this.#answeredMs.length >= maxPerSecond) {
      const [oldestMs = Number.POSITIVE_INFINITY] = this.#answeredMs
      return oldestMs + secondMs - this.#nowMs
    }
    const aheadMs = this.#freeAtMs - this.#nowMs
    if (aheadMs > burstMs) return Math.ceil(aheadMs - burstMs / 2)
    const ownMs = 1_000 * Math.max(1 / publishesPerSecond, bytes / bytesPerSecond)
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#nowMs) + ownMs
    this.#unanswered++
    return 0
  }

  /** One that was taken has its answer, or its connection has ended. */
  answered(clockMs: number): void {
    this.#pass(clockMs)
    this.#unanswered--
    this.#answeredMs.push(this.#nowMs)
  }

  #pass(clockMs: number): void {
    this.#nowMs += Math.max(0, clockMs - (this.#clockMs ?? clockMs))
    this.#clockMs = clockMs
    while ((this.#answeredMs[0] ?? this.#nowMs) <= this.#nowMs - secondMs) this.#answeredMs.shift()
  }
}
