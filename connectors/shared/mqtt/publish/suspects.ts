// What went wrong with messages before. A broker that takes offence at a message hangs up, and takes down with it whatever
// else was on the connection; a message to which this happened twice running is sent alone from then on, so that only the
// culprit is hit a third time. And of a device of which a message was passed over only one at a time is sent.

import type { ErrorCode } from '../../../../schemas/errors.ts'
import type { Message, Outcome } from '../../../connector.ts'

const lossesOfSuspect = 2
const timeouts: ReadonlySet<ErrorCode> = new Set(['mqtt_ack_timeout', 'aws_iot_ack_timeout'])
/** More than any window, so that only messages that never come back are forgotten. */
const remembered = 200_000

export class Suspects {
  readonly #losses = new Map<string, number>()
  /** Devices of which a message was passed over, until one is answered. */
  readonly #passedOver = new Set<string | null>()

  /** Whether to send it alone. */
  has(message: Message): boolean {
    return this.#losses.size > 0 && (this.#losses.get(message.id()) ?? 0) >= lossesOfSuspect
  }

  /** Whether its device has to wait for its answer: what is passed over takes a place in the window for good. */
  mustBeAwaited(message: Message): boolean {
    return this.#passedOver.size > 0 && this.#passedOver.has(message.key())
  }

  /**
   * What became of messages that travelled together; `wasAlone`: with nothing else in flight. One that was given up while its
   * connection went on (scope device) took nothing down. One that hung alone for its whole time holds up all others if it
   * goes on to travel alone, while among others it may be given up as that one: it gets another chance.
   */
  note(messages: readonly Message[], outcome: Outcome, wasAlone: boolean): void {
    const isLost = outcome.kind === 'unknown'
    if (isLost && outcome.scope === 'device') this.#passOver(messages)
    else if (isLost || this.#losses.size + this.#passedOver.size > 0) this.#count(messages, outcome, wasAlone)
  }

  #passOver(messages: readonly Message[]): void {
    for (const message of messages) this.#passedOver.add(message.key())
    const [oldest = null] = this.#passedOver
    if (this.#passedOver.size > remembered) this.#passedOver.delete(oldest)
  }

  #count(messages: readonly Message[], outcome: Outcome, wasAlone: boolean): void {
    const isLost = outcome.kind === 'unknown'
    const hung = isLost && wasAlone && timeouts.has(outcome.code)
    for (const message of messages) {
      const id = message.id()
      if (!isLost) {
        this.#losses.delete(id)
        this.#passedOver.delete(message.key())
      } else this.#remember(id, hung ? lossesOfSuspect - 1 : (this.#losses.get(id) ?? 0) + 1)
    }
  }

  #remember(id: string, losses: number): void {
    this.#losses.delete(id)
    this.#losses.set(id, losses)
    const [oldest] = this.#losses.keys()
    if (this.#losses.size > remembered && oldest !== undefined) this.#losses.delete(oldest)
  }
}
