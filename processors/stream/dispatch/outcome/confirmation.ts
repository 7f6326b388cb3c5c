// What follows when messages were confirmed: they are settled or, where the stream keeps receipts, once theirs is written;
// and whoever wants to know of each device is told.

import type { Outcome } from '../../../../connectors/connector.ts'
import type { StreamContext } from '../../context.ts'
import type { PendingBatch } from '../batch.ts'
import type { Lane, Pending } from '../lane.ts'
import type { AftermathPort } from './aftermath.ts'
import type { SafetyStop } from './safety-stop.ts'
import { answerIn, tellDevices } from './tell-devices.ts'
import { isList } from './verdict.ts'

type ConfirmationPort = Pick<AftermathPort, 'ended' | 'relieved' | 'delivered' | 'receipts'>

export class Confirmation {
  readonly #context: StreamContext
  readonly #safety: SafetyStop
  readonly #port: ConfirmationPort

  constructor(context: StreamContext, safety: SafetyStop, port: ConfirmationPort) {
    this.#context = context
    this.#safety = safety
    this.#port = port
  }

  /** `messages` of the batch were confirmed, as the outcome of its attempt says. */
  of(batch: PendingBatch, messages: readonly Pending[], outcome: Outcome | readonly Outcome[]): void {
    const answerOf = this.#port.receipts === null ? null : answersOf(batch.messages, outcome)
    let oldestMs = Number.POSITIVE_INFINITY
    let settled = 0
    let lane: Lane | null = null
    for (const message of messages) {
      if (message.timestampMs < oldestMs) oldestMs = message.timestampMs
      if (message.lane !== lane) {
        if (lane !== null) this.#port.relieved(lane.partition)
        lane = message.lane
        lane.tries = null
      }
      if (lane.partition.closed) continue // Invariant 4
      lane.partition.passed(message)
      if (message.trace !== null) this.#context.trace?.ended('delivered', message)
      if (answerOf !== null) this.#receipt(batch, message, answerOf(message))
      else {
        lane.partition.settle(message)
        settled++
      }
    }
    if (lane === null) return
    this.#port.relieved(lane.partition)
    this.#port.ended('delivered', settled)
    batch.destination.confirmed += messages.length
    this.#safety.delivered(messages.length)
    this.#context.meter.confirmed(Math.max(0, this.#context.clock.now() - oldestMs) / 1000)
    if (this.#port.delivered !== null) tellDevices(messages, answerIn(outcome), this.#port.delivered)
  }

  #receipt({ destination, tries }: PendingBatch, message: Pending, answer: string): void {
    const attempts = tries.failures + 1
    message.leave()
    this.#port.receipts?.put(message, { destination: destination.name, attempts, answer, code: null })
  }
}

/** What the target said of each message. */
function answersOf(
  messages: readonly Pending[],
  outcome: Outcome | readonly Outcome[]
): (message: Pending) => string {
  if (!isList(outcome)) return () => answerIn(outcome)
  const answers = new Map(messages.map((message, at) => [message, outcome[at]]))
  return message => {
    const one = answers.get(message)
    return one === undefined ? '' : answerIn(one)
  }
}
