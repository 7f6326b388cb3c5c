// Whose fault it is that a message was given back. Where devices have places of their own it is the device's, as long as messages
// of others are taken; where many are given back one after the other the exchange has lost its bindings, most likely.
//
// A broker gives back at once, and confirms later what it has to write to a disk first. So those that are given back seem to
// come in a row, whatever becomes of the others, and nothing is concluded before all that was in flight by then is answered:
//
//   few ──so many devices in a row──> in doubt ──what was in flight is answered──> all ──something is taken──> few
//                                        └──something is taken──> few

import type { Failure, Message, Outcome } from '../connector.ts'
import { RefusedInARow } from '../shared/publishing/refused-in-a-row.ts'

/** What it means where it is nobody's in particular. */
const codesOfMany = {
  amqp_device_unroutable: 'amqp_unroutable',
  amqp_device_queue_missing: 'amqp_queue_missing'
} as const

export class Unroutable {
  readonly #row = new RefusedInARow()
  #inFlight = 0
  /** How often there was doubt. */
  #doubts = 0
  /** Messages without an answer that were in flight when the doubt began. */
  #owed = 0

  /** A message is published; gives what answered() has to know of it. */
  published(): number {
    this.#inFlight++
    return this.#doubts
  }

  /** It is answered, once in whatever way. */
  answered(published: number): void {
    this.#inFlight--
    if (published < this.#doubts) this.#owed--
  }

  /** Notes what became of a message that was answered just now, and says how to tell it. */
  note(message: Message, outcome: Outcome): Outcome {
    const { kind } = outcome
    if (kind !== 'delivered' && isOfDevice(outcome.code))
      return this.#givenBack(message, outcome, outcome.code)
    if (this.#row.isClean) return outcome
    if (kind === 'delivered') this.#row.taken(deviceOf(message))
    // A queue that has no room for it is bound; and of what is lost with its connection nobody knows.
    else if (kind === 'retry' || kind === 'unknown') this.#row.end()
    return outcome
  }

  #givenBack(message: Message, outcome: Failure, code: keyof typeof codesOfMany): Outcome {
    const { detail } = outcome
    const wasMany = this.#row.isMany
    this.#row.refused(deviceOf(message))
    if (!this.#row.isMany) return outcome
    if (!wasMany) {
      this.#doubts++
      this.#owed = this.#inFlight
    }
    if (this.#owed === 0) return { kind: 'halt', code: codesOfMany[code], detail }
    return { ...outcome, kind: 'retry' }
  }
}

function deviceOf(message: Message): string {
  return message.key() ?? ''
}

function isOfDevice(code: Failure['code']): code is keyof typeof codesOfMany {
  return Object.hasOwn(codesOfMany, code)
}
