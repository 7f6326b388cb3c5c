// What went wrong with messages before. A broker that takes offence at a message hangs up, or closes the channel, and takes down with it whatever
// else was on it; a message to which this happened twice running is sent alone from then on, so that only the
// culprit is hit a third time; so are those of a device that was refused that way. And of a device of which a message was passed over only one at a time is sent.

import { type ErrorCode, errors } from '../../../schemas/errors.ts'
import { maxIdentBytes } from '../../../schemas/message.ts'
import type { Message, Outcome } from '../../connector.ts'

const lossesOfSuspect = 2
const timeouts: ReadonlySet<ErrorCode> = new Set([
  'mqtt_ack_timeout',
  'aws_iot_ack_timeout',
  'amqp_ack_timeout'
])
/** What no message is blamed for until it happens to one that is alone, and how it is told then. */
const blamedAlone: ReadonlyMap<ErrorCode, ErrorCode> = new Map([
  ['amqp_broker_failed', 'amqp_broker_failed_alone']
])
/** It was lost to another message, which is named. */
const ofOthers: ReadonlySet<ErrorCode> = new Set(['amqp_channel_shared'])
/** The broker closes its channel over whatever a device sends. */
const refusals: ReadonlySet<ErrorCode> = new Set(['amqp_device_refused'])
/** More than any window, so that only messages that never come back are forgotten. */
const remembered = 200_000

export class Suspects {
  readonly #losses = new Map<string, number>()
  /** Devices of which a message was passed over, until one is answered. */
  readonly #passedOver = new Set<string | null>()
  /** Devices over which the other side ends what all travel on, until it takes something of them. */
  readonly #refused = new Set<string | null>()

  /** Whether to send it alone. */
  has(message: Message): boolean {
    if (this.#refused.size > 0 && this.#refused.has(message.key())) return true
    return this.#losses.size > 0 && (this.#losses.get(message.id()) ?? 0) >= lossesOfSuspect
  }

  /** Whether its device has to wait for its answer: what is passed over takes a place in the window for good. */
  mustBeAwaited(message: Message): boolean {
    return this.#passedOver.size > 0 && this.#passedOver.has(message.key())
  }

  /**
   * Notes what became of messages that travelled together, and says how to tell it; `wasAlone`: with nothing else in flight, so
   * that a loss concerns their devices only.
   */
  note(messages: readonly Message[], outcome: Outcome, wasAlone: boolean): Outcome {
    if (outcome.kind !== 'unknown') this.#answered(messages)
    if (outcome.kind !== 'delivered' && refusals.has(outcome.code)) this.#add(this.#refused, messages)
    if (outcome.kind !== 'unknown' || ofOthers.has(outcome.code)) return outcome
    if (outcome.scope === 'device') this.#add(this.#passedOver, messages)
    else if (!errors[outcome.code].isBlameless || blamedAlone.has(outcome.code)) {
      this.#lost(messages, wasAlone && timeouts.has(outcome.code))
      const code = blamedAlone.get(outcome.code) ?? outcome.code
      if (wasAlone) return { ...outcome, scope: 'device', code }
    }
    return outcome
  }

  #answered(messages: readonly Message[]): void {
    if (this.#losses.size + this.#passedOver.size + this.#refused.size === 0) return
    for (const message of messages) {
      this.#losses.delete(message.id())
      this.#passedOver.delete(message.key())
      this.#refused.delete(message.key())
    }
  }

  /** Remembers their devices. */
  #add(devices: Set<string | null>, messages: readonly Message[]): void {
    for (const message of messages) {
      const key = message.key()
      if (key === null || key.length <= maxIdentBytes) devices.add(key) // no source lets a longer one in
    }
    const [oldest = null] = devices
    if (devices.size > remembered) devices.delete(oldest)
  }

  /**
   * One that hung alone for its whole time holds up all others if it goes on to travel alone, while among others it may be
   * passed over: it gets another chance.
   */
  #lost(messages: readonly Message[], hungAlone: boolean): void {
    for (const message of messages) {
      const id = message.id()
      this.#remember(id, hungAlone ? lossesOfSuspect - 1 : (this.#losses.get(id) ?? 0) + 1)
    }
  }

  #remember(id: string, losses: number): void {
    this.#losses.delete(id)
    this.#losses.set(id, losses)
    const [oldest] = this.#losses.keys()
    if (this.#losses.size > remembered && oldest !== undefined) this.#losses.delete(oldest)
  }
}
