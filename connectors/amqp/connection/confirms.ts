// What was published on a channel and not confirmed yet, by its delivery tag: the broker counts messages from 1 and names
// them by their number (confirms of RabbitMQ). A message that it passes over, confirming later ones, is given up alone after
// its time: it may go to a queue that is stuck. It goes on taking its place in the window until it is answered all the same.

import type { Failure, Outcome } from '../../connector.ts'
import type { Place } from '../outcome.ts'

export interface Sent {
  readonly tag: number
  readonly atMs: number
  readonly place: Place
  readonly messageId: string
  readonly answer: (outcome: Outcome) => void
}

type Open = Sent & {
  /** Why the broker gave it back. */
  returned?: Failure
}

export class Confirms {
  /** Those that somebody waits for, the oldest first. */
  readonly #waiting = new Map<number, Open>()
  readonly #givenUp = new Map<number, Open>()
  #lastTag = 0
  #lastConfirmed = 0
  #bytes = 0

  /** How many there are, with those that were given up. */
  get size(): number {
    return this.#waiting.size + this.#givenUp.size
  }

  /** The sum of their contents. */
  get bytes(): number {
    return this.#bytes
  }

  get oldest(): Sent | undefined {
    const [oldest] = this.#waiting.values()
    return oldest
  }

  add(sent: Omit<Sent, 'tag'>): void {
    const tag = ++this.#lastTag
    this.#waiting.set(tag, { ...sent, tag })
    this.#bytes += sent.place.bodyBytes
  }

  /**
   * The broker has given back a message with this id. Where it was published twice, the first one given up, all of them count
   * as given back. False when there is none, so that nobody knows which one it was.
   */
  markReturned(messageId: string, failureFor: (place: Place) => Failure): boolean {
    let isKnown = false
    for (const open of [...this.#waiting.values(), ...this.#givenUp.values()]) {
      if (open.messageId !== messageId) continue
      open.returned = failureFor(open.place)
      isKnown = true
    }
    return isKnown
  }

  /**
   * The broker has answered a message, or all up to it; `outcomeOf` says what that means for one that it has not given back. A
   * tag that was answered before says nothing. Throws an Error for one that was never given.
   */
  answer(tag: number, multiple: boolean, outcome: Outcome): void {
    if (tag > this.#lastTag) throw new Error(`a confirmation of message ${tag}, of ${this.#lastTag}`)
    const upTo = multiple && tag === 0 ? this.#lastTag : tag
    this.#lastConfirmed = Math.max(this.#lastConfirmed, upTo)
    for (const open of multiple ? this.#upTo(upTo) : this.#at(tag)) {
      this.#forget(open)
      open.answer(outcome.kind === 'delivered' ? (open.returned ?? outcome) : outcome)
    }
  }

  /**
   * Settles the oldest by itself if the broker has confirmed later ones, or whenever it is told that it `mayWait`. False if
   * not, or when half of `window` is taken by such messages.
   */
  giveUpOldest(outcome: Outcome, { window, mayWait }: { window: number; mayWait: boolean }): boolean {
    const [oldest] = this.#waiting.values()
    if (oldest === undefined) return false
    const isPassedOver = oldest.tag < this.#lastConfirmed && 2 * (this.#givenUp.size + 1) <= window
    if (!isPassedOver && !mayWait) return false
    this.#waiting.delete(oldest.tag)
    this.#givenUp.set(oldest.tag, oldest)
    oldest.answer(outcome)
    return true
  }

  /** The channel has ended; `outcomesOf` says what that means for each, in their order. */
  end(outcomesOf: (places: readonly Place[]) => readonly Outcome[]): void {
    const all = [...this.#waiting.values(), ...this.#givenUp.values()].sort((a, b) => a.tag - b.tag)
    const outcomes = outcomesOf(all.map(({ place }) => place))
    for (const [at, open] of all.entries()) {
      const [isWaiting, outcome] = [this.#waiting.has(open.tag), outcomes[at]]
      this.#forget(open)
      if (isWaiting && outcome !== undefined) open.answer(outcome)
    }
  }

  /** `answer` of one that was given up is heard by nobody. */
  #forget({ tag, place }: Open): void {
    if (this.#waiting.delete(tag) || this.#givenUp.delete(tag)) this.#bytes -= place.bodyBytes
  }

  #at(tag: number): Open[] {
    const open = this.#waiting.get(tag) ?? this.#givenUp.get(tag)
    return open === undefined ? [] : [open]
  }

  #upTo(tag: number): Open[] {
    const found: Open[] = []
    for (const open of this.#givenUp.values()) if (open.tag <= tag) found.push(open)
    for (const open of this.#waiting.values()) {
      if (open.tag > tag) break
      found.push(open)
    }
    return found
  }
}
