// The pending messages of one partition in order. Today a partition is one lane with at most one batch in flight,
// so its order, and with it every device's, is kept; lanes per device will take its place behind the same methods.
// A message leaves the lane only when it is settled.

import type { Message } from '../../../connectors/connector.ts'

/** What a message costs in memory beside its key and value. */
export const overheadBytes = 160

/** Limits of a batch, and the destination of a message. */
export interface BatchRule {
  readonly maxMessages: number
  readonly maxBytes: number
  destination(message: Message): string
}

export class Lane {
  /** Bytes that the pending messages take, overhead included. Invariant 5 */
  bytes = 0
  #messages: (Message | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#messages.length - this.#head
  }

  get oldest(): Message | undefined {
    return this.#messages[this.#head]
  }

  get newest(): Message | undefined {
    return this.#messages[this.#messages.length - 1]
  }

  push(message: Message): void {
    this.#messages.push(message)
    this.bytes += cost(message)
  }

  /** The longest run from the head that fits the limits and has one destination; at least one message if any. */
  peek(rule: BatchRule): Message[] {
    const batch: Message[] = []
    let bytes = 0
    let destination: string | undefined
    for (let at = this.#head; at < this.#messages.length && batch.length < rule.maxMessages; at++) {
      const message = this.#messages[at]
      if (message === undefined) break
      bytes += message.size
      if (batch.length > 0 && (bytes > rule.maxBytes || rule.destination(message) !== destination)) break
      if (batch.length === 0) destination = rule.destination(message)
      batch.push(message)
    }
    return batch
  }

  /** Removes the first `count` messages. */
  drop(count: number): void {
    const end = this.#head + count
    for (; this.#head < end; this.#head++) {
      const message = this.#messages[this.#head]
      if (message !== undefined) this.bytes -= cost(message)
      this.#messages[this.#head] = undefined // or it would retain the fetched bytes until the array is cut
    }
    if (this.#head > 1024 && this.#head * 2 > this.#messages.length) this.#cut()
  }

  /** Replaces the first `count` messages by `kept`, those of them that are not settled. */
  replaceHead(count: number, kept: readonly Message[]): void {
    this.drop(count)
    this.#messages.splice(0, this.#head, ...kept)
    this.#head = 0
    for (const message of kept) this.bytes += cost(message)
  }

  #cut(): void {
    this.#messages = this.#messages.slice(this.#head)
    this.#head = 0
  }
}

function cost(message: Message): number {
  return message.size + Math.max(0, message.keyEnd - message.keyStart) + overheadBytes
}
