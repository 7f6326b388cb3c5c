// Whose fault it is that a message was given back. Where devices have places of their own it is the device's, as long as messages
// of others are taken; where many are given back one after the other the exchange has lost its bindings, most likely.

import type { Message, Outcome } from '../connector.ts'
import { RefusedInARow } from '../shared/publishing/refused-in-a-row.ts'

export class Unroutable {
  readonly #row = new RefusedInARow()

  /** Notes what became of a message, and says how to tell it. */
  note(message: Message, outcome: Outcome): Outcome {
    const device = message.key() ?? ''
    if (outcome.kind === 'delivered') this.#row.taken(device)
    if (outcome.kind === 'delivered' || outcome.code !== 'amqp_device_unroutable') return outcome
    this.#row.refused(device)
    return this.#row.isMany ? { kind: 'halt', code: 'amqp_unroutable', detail: outcome.detail } : outcome
  }
}
