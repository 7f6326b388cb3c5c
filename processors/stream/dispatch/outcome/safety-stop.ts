// Halts a stream whose target refuses too much: more than `rejected` of the last `of` messages. Then not the messages
// are at fault but the configuration or the target, and setting all of them aside would only hide it.

import type { Failure, Outcome } from '../../../../connectors/connector.ts'
import type { SafetyStopConfig } from '../../../../schemas/stream.ts'
import { isList, scopeOf } from './verdict.ts'

export class SafetyStop {
  readonly #limit: SafetyStopConfig
  /** The last messages: 1 where one was rejected. */
  readonly #recent: Uint8Array
  #at = 0
  #rejected = 0

  constructor(limit: SafetyStopConfig) {
    this.#limit = limit
    this.#recent = new Uint8Array(limit.of)
  }

  /** The outcome with every rejected message that would be one too many turned into a halt. */
  guard(outcome: Outcome | readonly Outcome[]): Outcome | readonly Outcome[] {
    let room = this.#limit.rejected - this.#rejected
    if (room >= this.#limit.rejected && !isList(outcome)) return outcome
    const check = (one: Outcome): Outcome =>
      one.kind === 'reject' && scopeOf(one) === 'message' && room-- <= 0 ? this.#halted(one) : one
    return isList(outcome) ? outcome.map(check) : check(outcome)
  }

  /** The halt in place of one rejection, or one device refused, more; null while there is room for it. */
  refusal(failure: Failure): Failure | null {
    return this.#rejected < this.#limit.rejected ? null : this.#halted(failure)
  }

  delivered(messages: number): void {
    if (this.#rejected === 0) return
    for (let left = Math.min(messages, this.#limit.of); left > 0; left--) this.#note(0)
  }

  /** A message was rejected, or a device refused for the first time. */
  rejected(): void {
    this.#note(1)
  }

  /** The stream has begun to deliver again: what was rejected before counts no longer. */
  reset(): void {
    this.#recent.fill(0)
    this.#rejected = 0
  }

  #halted({ code, detail }: Failure): Failure {
    const { rejected, of } = this.#limit
    return {
      kind: 'halt',
      code: 'too_many_rejected',
      detail: `more than ${rejected} of the last ${of}, the last with ${code}: ${detail}`
    }
  }

  #note(value: 0 | 1): void {
    this.#rejected += value - (this.#recent[this.#at] ?? 0)
    this.#recent[this.#at] = value
    this.#at = (this.#at + 1) % this.#limit.of
  }
}
