// What is written on a connection and not answered yet. A message that the broker passes over, confirming later ones in
// its stead, is given up alone after its time: it says nothing about the others. Until it is answered all the same, or the
// connection ends, it goes on taking its place in the window, where the broker counts it.

import type { Outcome } from '../../connector.ts'

export interface Sent {
  /** Counts the messages of the connection. */
  readonly number: number
  readonly atMs: number
  answer(outcome: Outcome): void
}

export class InFlight {
  /** The oldest first. */
  readonly #unanswered = new Set<Sent>()
  readonly #givenUp = new Set<Sent>()
  #count = 0
  /** The number of the last message that was answered. */
  #answered = 0

  add(atMs: number, answer: (outcome: Outcome) => void): Sent {
    this.#count++
    const sent = { number: this.#count, atMs, answer }
    this.#unanswered.add(sent)
    return sent
  }

  /** How much of the window they take. */
  get size(): number {
    return this.#unanswered.size + this.#givenUp.size
  }

  /** Whether nobody waits for an answer. */
  get isIdle(): boolean {
    return this.#unanswered.size === 0
  }

  get oldest(): Sent | undefined {
    const [oldest] = this.#unanswered
    return oldest
  }

  /** The broker has answered. */
  answer(sent: Sent, outcome: Outcome): void {
    this.#answered = Math.max(this.#answered, sent.number)
    this.#givenUp.delete(sent)
    this.#settle(sent, outcome)
  }

  /**
   * Settles the oldest by itself if the broker has answered later ones. False if not, or when that has taken half of a window
   * of this size.
   */
  giveUpOldest(outcome: Outcome, window: number): boolean {
    const { oldest } = this
    const isPassedOver = oldest !== undefined && oldest.number < this.#answered
    if (!isPassedOver || 2 * (this.#givenUp.size + 1) > window) return false
    this.#givenUp.add(oldest)
    this.#settle(oldest, outcome)
    return true
  }

  /** The connection has ended. */
  end(outcome: Outcome): void {
    for (const sent of [...this.#unanswered]) this.#settle(sent, outcome)
  }

  #settle(sent: Sent, outcome: Outcome): void {
    if (this.#unanswered.delete(sent)) sent.answer(outcome)
  }
}
