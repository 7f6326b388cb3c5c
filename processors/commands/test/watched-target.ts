// The target of a case: passes every batch on to the rehearsed one, which is told what to answer, and notes it.

import type { Batch, Message, Outcome, Target } from '../../../connectors/connector.ts'
import type { Request } from './suite/lines.ts'

export interface WatchParts {
  /** Since the start of the case, in ms. */
  readonly atMs: () => number
  readonly nameOf: (message: Message) => string
  /** What a request with these messages is answered. */
  readonly answer: (names: readonly string[]) => string
}

/** What came of all requests of a case; it outlives a target. */
export interface Requests {
  readonly made: Request[]
  readonly delivered: string[]
  /** What the target got last of each message, by its name: its text. */
  readonly sent: Map<string, string>
}

export class WatchedTarget implements Target {
  readonly limits: Target['limits']
  readonly destination: (message: Message) => string
  readonly #inner: Target
  readonly #parts: WatchParts
  readonly #requests: Requests

  constructor(inner: Target, parts: WatchParts, requests: Requests) {
    this.#inner = inner
    this.#parts = parts
    this.#requests = requests
    this.limits = inner.limits
    this.destination = message => inner.destination?.(message) ?? ''
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#inner.open(signal)
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    const names = batch.messages.map(this.#parts.nameOf)
    const atMs = this.#parts.atMs()
    batch.messages.forEach((message, at) => {
      this.#requests.sent.set(names[at] ?? '', message.value().toString())
    })
    this.#requests.made.push({ fromMs: atMs, toMs: atMs, names, answer: this.#parts.answer(names) })
    const outcome = await this.#inner.deliver(batch, signal)
    names.forEach((name, at) => {
      const one = Array.isArray(outcome) ? outcome[at] : outcome
      if (one?.kind === 'delivered') this.#requests.delivered.push(name)
    })
    return outcome
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
