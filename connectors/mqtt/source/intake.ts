// From PUBLISH to Kafka, for one connection: what has come is appended together, and acknowledged once Kafka has it. One
// append at a time, with all that came meanwhile in the next, so that a failure leaves nothing stored behind what is not:
// the broker sends again from the first message that was not acknowledged, and each device keeps its order.

import { setImmediate } from 'node:timers/promises'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Broken, Feed, Incoming, SourceEnv } from '../../connector.ts'
import type { Delivery } from '../../shared/mqtt/subscribe/delivery.ts'
import { appendFitting } from '../../shared/source/append-fitting.ts'
import { type PayloadRules, readPayload, workPerTurn } from './payload.ts'

/** What goes into one append; more waits for the next. Payloads of few bytes can have many entries. */
const roundDeliveries = 1_000
const roundBytes = 1_048_576
const roundRecords = 10_000

/** Where deliveries come from. */
export interface Origin {
  /** Acknowledges them, or gives back what they take where the connection has ended. */
  settle(deliveries: readonly Delivery[]): void
  fail(fault: FaultError): void
}

export interface IntakeParts {
  readonly env: Pick<SourceEnv, 'clock' | 'meter'>
  /** The feed of now: it may change while the connection stays. */
  readonly feed: () => Pick<Feed<unknown>, 'append' | 'channel' | 'setAside'>
  readonly rules: PayloadRules
  readonly takesRetained: boolean
  readonly origin: Origin
  /** Something was acknowledged. */
  readonly progressed: () => void
}

interface Taken {
  readonly message: Incoming
  readonly topic: string
}

/** What becomes of the deliveries of one append. */
interface Round {
  readonly deliveries: Delivery[]
  readonly taken: Taken[]
  readonly broken: Broken[]
  /** Why nothing of a delivery is stored, for each of those. */
  readonly dropped: ErrorCode[]
}

export class Intake {
  readonly #parts: IntakeParts
  #waiting: Delivery[] = []
  #isClosed = false
  #running: Promise<void> | null = null

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  receive(delivery: Delivery): void {
    if (this.#isClosed) {
      this.#release([delivery])
      return
    }
    this.#waiting.push(delivery)
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  /** Resolves once everything that was received is settled, or the connection has failed. */
  async finish(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** The connection has ended: what waits is given up, and comes again. What is being appended is appended. */
  close(): void {
    this.#isClosed = true
    const waiting = this.#waiting
    this.#waiting = []
    this.#release(waiting)
  }

  async #run(): Promise<void> {
    await Promise.resolve() // all that was read in one go is in the first append
    while (this.#waiting.length > 0) await this.#storeNext()
  }

  async #storeNext(): Promise<void> {
    const { origin, progressed } = this.#parts
    const round: Round = { deliveries: [], taken: [], broken: [], dropped: [] }
    const { deliveries } = round
    try {
      await this.#fill(round)
      await this.#store(round)
      if (this.#isClosed) this.#release(deliveries)
      else {
        origin.settle(deliveries) // Invariant 6
        this.#count(round)
        progressed()
      }
    } catch (error) {
      const fault = error instanceof FaultError ? error : new FaultError('internal', { cause: error })
      this.#parts.env.meter.refused(this.#parts.feed().channel, fault.code)
      origin.fail(fault) // the broker sends it again, and what follows
      this.#release(deliveries)
      this.close()
    }
  }

  /** Reads the oldest that wait into it, at least one. */
  async #fill(round: Round): Promise<void> {
    let [bytes, work] = [0, 0]
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      bytes += next.payload.length
      if (round.deliveries.length > 0 && (bytes > roundBytes || isFull(round))) return
      this.#waiting.shift()
      round.deliveries.push(next)
      work += await this.#read(next, round)
      if (work > workPerTurn) {
        await setImmediate()
        work = 0
      }
    }
  }

  /** Resolves with the work that it was. */
  async #read(delivery: Delivery, round: Round): Promise<number> {
    const { env, rules, takesRetained } = this.#parts
    const isUnwanted = delivery.retain && !takesRetained
    const read = isUnwanted ? null : await readPayload(delivery, rules, env.clock.now())
    if (read === null) round.dropped.push(isUnwanted ? 'mqtt_retained_ignored' : 'mqtt_topic_unwanted')
    for (const message of read?.messages ?? []) round.taken.push({ message, topic: delivery.topic })
    for (const one of read?.broken ?? []) round.broken.push(one)
    return read?.work ?? 0
  }

  /** Rejects only once nothing of it is under way any more, since what it takes is given back then. */
  async #store({ taken, broken }: Round): Promise<void> {
    const storing = [
      this.#append(taken),
      broken.length === 0 ? null : this.#parts.feed().setAside([...broken])
    ]
    for (const result of await Promise.allSettled(storing))
      if (result.status === 'rejected') throw result.reason
  }

  async #append(taken: readonly Taken[]): Promise<void> {
    await appendFitting(taken, this.#parts.feed(), ({ message, topic }, detail) => {
      const facts = { device: message.key.toString(), code: 'mqtt_payload_too_large', from: topic } as const
      return { ...facts, bytes: message.value, detail }
    })
  }

  #count({ taken, dropped }: Round): void {
    const { env, feed } = this.#parts
    const { channel } = feed()
    const bytes = taken.reduce((sum, { message }) => sum + message.value.length, 0)
    if (taken.length > 0) env.meter.accepted(channel, taken.length, bytes)
    for (const code of dropped) env.meter.refused(channel, code)
  }

  /** Gives back what they take, unacknowledged. With QoS 0 the broker does not send them again. */
  #release(deliveries: readonly Delivery[]): void {
    const { env, feed, origin } = this.#parts
    origin.settle(deliveries)
    for (const { messageId } of deliveries)
      if (messageId === undefined) env.meter.refused(feed().channel, 'mqtt_unconfirmed_lost')
  }
}

function isFull({ broken, deliveries, taken }: Round): boolean {
  return deliveries.length >= roundDeliveries || taken.length + broken.length >= roundRecords
}
