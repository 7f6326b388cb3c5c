// A link to the hub as the service treats it: so many transfers may be unanswered, and credit is renewed in steps as they are answered.

import type { Delivery, Receiver } from 'rhea'

/** The service gives as many, and 100 more once 100 are answered. */
const serviceCredit = 300
const stepShare = 3

export class HubLink {
  readonly #receiver: Receiver
  readonly #step: number
  #answered = 0
  /** Answers that wait for their turn. */
  #waiting: (() => void)[] = []
  #isDue = false

  constructor(receiver: Receiver, credit = serviceCredit) {
    this.#receiver = receiver
    this.#step = Math.max(1, Math.floor(credit / stepShare))
    receiver.add_credit(credit)
  }

  close(error: Parameters<Receiver['close']>[0]): void {
    this.#receiver.close(error)
  }

  accept(delivery: Delivery): void {
    this.#answer(() => delivery.accept(), false)
  }

  /**
   * In a turn of its own: of what is answered in one turn the package writes the first two as one disposition, even where they
   * differ.
   */
  reject(delivery: Delivery, error: Parameters<Delivery['reject']>[0]): void {
    this.#answer(() => delivery.reject(error), true)
  }

  #answer(answer: () => void, isAlone: boolean): void {
    if (!isAlone && this.#waiting.length === 0) this.#give(answer)
    else {
      this.#waiting.push(answer)
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      const answer = this.#waiting.shift()
      if (answer !== undefined) this.#give(answer)
      if (this.#waiting.length > 0) this.#schedule()
    })
  }

  #give(answer: () => void): void {
    if (!this.#receiver.is_open()) return
    answer()
    this.#answered++
    if (this.#answered % this.#step === 0) this.#receiver.add_credit(this.#step)
  }
}
