// Between the sources and the producer: until Kafka was reached and the topics of the channels are there, nothing is
// appended, since a broker may create a missing topic, and not as configured. Sources that listen send their senders away
// meanwhile, those that connect to somebody wait.

import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import { FaultError } from '../../schemas/errors.ts'

export class AppendGate {
  /** Resolves once it is open; it may never be. */
  readonly opened: Promise<void>
  readonly #producer: Pick<LogProducer, 'append'>
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
    await this.#producer.append(topic, records)
  }
}
