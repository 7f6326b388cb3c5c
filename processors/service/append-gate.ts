// Between the sources and the producer: until Kafka was reached and the topics of the channels are there, nothing is
// appended, since a broker may create a missing topic, and not as configured. Sources that listen send their senders away
// meanwhile, those that connect to somebody wait. It knows of each topic whether Kafka took what was appended last.

import type { Clock } from '../../connectors/clock.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import type { Trouble } from '../../connectors/trouble.ts'
import { FaultError } from '../../schemas/errors.ts'

/** What takes so long is told before it is given up. */
const slowMs = 5_000
/** For how long the last refusal of a topic for which nothing comes any more is told. */
const staleMs = 300_000

export class AppendGate {
  /** Resolves once it is open; it may never be. */
  readonly opened: Promise<void>
  readonly #producer: Pick<LogProducer, 'append'>
  readonly #clock: Clock
  /** That Kafka has not answered yet. */
  readonly #calls = new Set<{ readonly topic: string; readonly sinceMs: number }>()
  /** By topic: why Kafka took nothing, the last time it was asked. */
  readonly #troubles = new Map<string, { readonly trouble: Trouble; readonly atMs: number }>()
  #isOpen = false
  #onOpened: () => void = () => {}

  constructor(producer: Pick<LogProducer, 'append'>, clock: Clock) {
    this.#producer = producer
    this.#clock = clock
    this.opened = new Promise(resolve => {
      this.#onOpened = resolve
    })
  }

  open(): void {
    this.#isOpen = true
    this.#onOpened()
  }

  readonly append: LogProducer['append'] = async (topic, records) => {
    if (!this.#isOpen) throw new FaultError('kafka_unavailable', { detail: 'it was not reached yet' })
    const call = { topic, sinceMs: this.#clock.now() }
    this.#calls.add(call)
    try {
      await this.#producer.append(topic, records)
      this.#troubles.delete(topic)
    } catch (error) {
      this.#note(topic, error)
      throw error
    } finally {
      this.#calls.delete(call)
    }
  }

  /** Why Kafka takes nothing for a topic, or not since long; null where it does, as far as is known. */
  trouble(topic: string): Trouble | null {
    const known = this.#known(topic)
    const waitsMs = this.waitsMs(topic)
    if (known !== null || waitsMs < slowMs) return known
    const { message: detail } = new FaultError('kafka_unavailable', {
      detail: `nothing for ${waitsMs / 1_000} s`
    })
    return { code: 'kafka_unavailable', detail, untilMs: null, attempt: 1 }
  }

  /** How long what was appended first has waited to be acknowledged. */
  waitsMs(topic: string): number {
    // In the order in which they began.
    for (const call of this.#calls) if (call.topic === topic) return this.#clock.now() - call.sinceMs
    return 0
  }

  /** Where nothing was appended for long, nobody knows whether it would be taken by now. */
  #known(topic: string): Trouble | null {
    const { trouble, atMs } = this.#troubles.get(topic) ?? {}
    if (trouble === undefined || atMs === undefined) return null
    if (this.#clock.now() - atMs < staleMs) return trouble
    this.#troubles.delete(topic)
    return null
  }

  /** What is wrong with the messages is none of Kafka's troubles. */
  #note(topic: string, error: unknown): void {
    if (!(error instanceof FaultError) || error.code !== 'kafka_unavailable') return
    const attempt = (this.#known(topic)?.attempt ?? 0) + 1
    const trouble = { code: error.code, detail: error.message, untilMs: null, attempt }
    this.#troubles.set(topic, { trouble, atMs: this.#clock.now() })
  }
}
