// Between the sources and the producer: until Kafka was reached and the topics of the channels are there, nothing is
// appended, since a broker may create a missing topic, and not as configured. Sources that listen send their senders away
// meanwhile, those that connect to somebody wait. It knows of each topic whether Kafka took what was appended last.

import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import type { Trouble } from '../../connectors/trouble.ts'
import { FaultError } from '../../schemas/errors.ts'

export class AppendGate {
  /** Resolves once it is open; it may never be. */
  readonly opened: Promise<void>
  readonly #producer: Pick<LogProducer, 'append'>
  /** By topic: why Kafka took nothing, the last time it was asked. */
  readonly #troubles = new Map<string, Trouble>()
  #isOpen = false
  #onOpened: () => void = () => {}

  constructor(producer: Pick<LogProducer, 'append'>) {
    this.#producer = producer
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
    try {
      await this.#producer.append(topic, records)
      this.#troubles.delete(topic)
    } catch (error) {
      this.#note(topic, error)
      throw error
    }
  }

  /** Why Kafka takes nothing for a topic; null where it does, as far as is known. */
  trouble(topic: string): Trouble | null {
    return this.#troubles.get(topic) ?? null
  }

  /** What is wrong with the messages is none of Kafka's troubles. */
  #note(topic: string, error: unknown): void {
    if (!(error instanceof FaultError) || error.code !== 'kafka_unavailable') return
    const attempt = (this.trouble(topic)?.attempt ?? 0) + 1
    this.#troubles.set(topic, { code: error.code, detail: error.message, untilMs: null, attempt })
  }
}
