// The shared Kafka as these tests see it: topics, plain producing, committed offsets, and waiting for a state.

import { type Clock, systemClock } from '../../../../../connectors/clock.js'
import { createKafka } from '../../../../../connectors/kafka/log/kafkajs/client.js'
import type { KafkaConfig } from '../../../../../schemas/config.js'
import { testBrokers } from '../../../../kafka.js'

/** Looks every 10 ms until `state` holds; rejects after `limitMs`. */
export async function until(state: () => boolean, limitMs = 30_000): Promise<void> {
  const endMs = Date.now() + limitMs
  while (!state()) {
    if (Date.now() > endMs) throw new Error(`not reached within ${limitMs} ms: ${state}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

export class Broker {
  readonly config: KafkaConfig = { brokers: testBrokers(), clientId: 'test' }
  readonly clock: Clock = systemClock
  readonly #kafka = createKafka(this.config, () => {})
  readonly #admin = this.#kafka.admin()
  readonly #producer = this.#kafka.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0
  })

  async open(): Promise<void> {
    await Promise.all([this.#admin.connect(), this.#producer.connect()])
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.disconnect(), this.#producer.disconnect()])
  }

  async createTopic(topic: string, numPartitions: number): Promise<void> {
    await this.#admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] })
  }

  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    await this.#admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
  }

  /** The committed offsets of a group by partition; null where there is none. */
  async committed(groupId: string, topic: string): Promise<(number | null)[]> {
    const [offsets] = await this.#admin.fetchOffsets({ groupId, topics: [topic] })
    const next: (number | null)[] = []
    for (const { partition, offset } of offsets?.partitions ?? [])
      next[partition] = offset === '-1' ? null : Number(offset)
    return next
  }

  /** One record batch with these values. */
  async send(topic: string, partition: number, values: readonly string[]): Promise<void> {
    const messages = values.map(value => ({ partition, key: 'k', value }))
    await this.#producer.send({ topic, acks: -1, messages })
  }
}
