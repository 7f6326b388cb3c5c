// Remembers which messages were in flight when a connection was lost. A broker that takes offence at a message hangs
// up, and takes down with it whatever else was on the connection; a message to which this happened twice running is
// sent alone from then on, so that only the culprit is hit a third time.

import type { ErrorCode } from '../../../../schemas/errors.ts'
import type { Message, Outcome } from '../../../connector.ts'

const lossesOfSuspect = 2
const timeouts: ReadonlySet<ErrorCode> = new Set(['mqtt_ack_timeout', 'aws_iot_ack_timeout'])
/** More than any window, so that only messages that never come back are forgotten. */
const remembered = 200_000

export class Suspects {
  readonly #losses = new Map<string, number>()

  /** Whether to send it alone. */
  has(message: Message): boolean {
    return this.#losses.size > 0 && (this.#losses.get(message.id()) ?? 0) >= lossesOfSuspect
  }

  /**
   * What became of messages that travelled together; `wasAlone`: with nothing else in flight. One that was given up while its
   * connection went on (scope device) took nothing down. One that hung alone for its whole time holds up all others if it
   * goes on to travel alone, while among others it may be given up as that one: it gets another chance.
   */
  note(messages: readonly Message[], outcome: Outcome, wasAlone: boolean): void {
    const isLost = outcome.kind === 'unknown'
    if (isLost ? outcome.scope === 'device' : this.#losses.size === 0) return
    const hung = isLost && wasAlone && timeouts.has(outcome.code)
    for (const message of messages) {
      const id = message.id()
      if (!isLost) this.#losses.delete(id)
      else this.#remember(id, hung ? lossesOfSuspect - 1 : (this.#losses.get(id) ?? 0) + 1)
    }
  }

  #remember(id: string, losses: number): void {
    this.#losses.delete(id)
    this.#losses.set(id, losses)
    const [oldest] = this.#losses.keys()
    if (this.#losses.size > remembered && oldest !== undefined) this.#losses.delete(oldest)
  }
}
