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
  /** What it takes in the window: its content and its header. */
  readonly bytes: number
  readonly answer: (outcome: Outcome) => void
}

type Open = Sent & {
  /** Why the broker gave it back. */
  returned?: Failure
}

/** How much may be unanswered. */
export interface Window {
  readonly maxInFlight: number
  readonly maxInFlightBytes: number
}

export class Confirms {
  readonly #window: Window
  /** Those that somebody waits for, the oldest first. */
  readonly #waiting = new Map<number, Open>()
  readonly #givenUp = new Map<number, Open>()
  #lastTag = 0
  #lastConfirmed = 0
  /** Of all of them. */
  #bytes = 0
  #givenUpBytes = 0

  constructor(window: Window) {
    this.#window = window
  }

  /** Whether none is left, not even one that was given up. */
  get isEmpty(): boolean {
    return this.#waiting.size + this.#givenUp.size === 0
  }

  /** Whether somebody waits for one. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0
  }

  /** Whether those that were given up take more than half of the window. */
  get isClogged(): boolean {
    return this.#wouldClog(0, 0)
  }

  /** Whether one more with so many bytes may be in flight. One that is larger than what is left goes when nobody waits. */
  hasRoomFor(bytes: number): boolean {
    const { maxInFlight, maxInFlightBytes } = this.#window
    if (!this.isAwaited && !this.isClogged) return true
    const size = this.#waiting.size + this.#givenUp.size
    return size < maxInFlight && this.#bytes + bytes <= maxInFlightBytes
  }

  get oldest(): Sent | undefined {
    const [oldest] = this.#waiting.values()
    return oldest
  }

  add(sent: Omit<Sent, 'tag'>): void {
    const tag = ++this.#lastTag
    this.#waiting.set(tag, { ...sent, tag })
    this.#bytes += sent.bytes
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
      const told = outcome.kind === 'delivered' ? (open.returned ?? outcome) : outcome
      if (this.#forget(open)) open.answer(told)
    }
  }

  /**
   * Settles the oldest by itself if the broker has confirmed later ones, or whenever it is told that it `mayWait`. False if
   * not, or when such messages would take more than half of the window, in number or in bytes.
   */
  giveUpOldest(outcome: Outcome, mayWait: boolean): boolean {
    const [oldest] = this.#waiting.values()
    if (oldest === undefined) return false
    const isPassedOver = oldest.tag < this.#lastConfirmed && !this.#wouldClog(1, oldest.bytes)
    if (!isPassedOver && !mayWait) return false
    this.#waiting.delete(oldest.tag)
    this.#givenUp.set(oldest.tag, oldest)
    this.#givenUpBytes += oldest.bytes
    oldest.answer(outcome)
    return true
  }

  /** The channel has ended; `outcomesOf` says what that means for each, in their order. */
  end(outcomesOf: (places: readonly Place[]) => readonly Outcome[]): void {
    const all = [...this.#waiting.values(), ...this.#givenUp.values()].sort((a, b) => a.tag - b.tag)
    const outcomes = outcomesOf(all.map(({ place }) => place))
    for (const [at, open] of all.entries()) {
      const outcome = outcomes[at]
      if (this.#forget(open) && outcome !== undefined) open.answer(outcome)
    }
  }

  /** Whether somebody waits for its answer: one that was given up has been told already. */
  #forget({ tag, bytes }: Open): boolean {
    this.#bytes -= bytes
    if (this.#givenUp.delete(tag)) this.#givenUpBytes -= bytes
    return this.#waiting.delete(tag)
  }

  #wouldClog(more: number, moreBytes: number): boolean {
    const { maxInFlight, maxInFlightBytes } = this.#window
    const isMany = 2 * (this.#givenUp.size + more) > maxInFlight
    return isMany || 2 * (this.#givenUpBytes + moreBytes) > maxInFlightBytes
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
