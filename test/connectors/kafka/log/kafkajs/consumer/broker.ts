// The shared Kafka as these tests see it: topics, plain producing, committed offsets, and waiting for a state.

import type { Cluster, PartitionAssigner } from 'kafkajs'
import { type Clock, systemClock } from '../../../../../../connectors/clock.ts'
import { KafkaAdmin } from '../../../../../../connectors/kafka/log/kafkajs/admin.ts'
import { createKafka } from '../../../../../../connectors/kafka/log/kafkajs/client.ts'
import type { KafkaConfig } from '../../../../../../schemas/config.ts'
import { testBrokers } from '../../../../../kafka.ts'

const empty = Buffer.alloc(0)

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
  readonly #log = new KafkaAdmin({ kafka: this.#kafka, clock: this.clock })
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
    await Promise.all([this.#admin.disconnect(), this.#producer.disconnect(), this.#log.close()])
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    await this.#log.createTopic({ name, partitions, replication: 1, settings: {} })
    await this.#log.ranges(name) // waits until every partition has a leader that knows of it
  }

  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    await this.#admin.fetchTopicOffsets(topic) // else kafkajs does not know who leads the partition
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

  /** Takes every member out of a group behind its back, as an expired session does. */
  async removeMembers(groupId: string): Promise<void> {
    const { groups } = await this.#admin.describeGroups([groupId])
    const cluster = this.#cluster(groupId)
    await cluster.connect()
    // kafkajs' types leave the call out.
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as {
      leaveGroup(request: { groupId: string; memberId: string }): Promise<void>
    }
    for (const { memberId } of groups[0]?.members ?? []) await coordinator.leaveGroup({ groupId, memberId })
    await cluster.disconnect()
  }

  /** kafkajs shows its cluster only to the factories of assigners. */
  #cluster(groupId: string): Cluster {
    const clusters: Cluster[] = []
    const keep: PartitionAssigner = ({ cluster }) => {
      clusters.push(cluster)
      return {
        name: 'none',
        version: 1,
        assign: async () => [],
        protocol: () => ({ name: 'none', metadata: empty })
      }
    }
    this.#kafka.consumer({ groupId, partitionAssigners: [keep] })
    const [cluster] = clusters
    if (cluster === undefined) throw new Error('kafkajs made no assigner')
    return cluster
  }

  /** One record batch with these values. */
  async send(topic: string, partition: number, values: readonly string[]): Promise<void> {
    const messages = values.map(value => ({ partition, key: 'k', value }))
    await this.#producer.send({ topic, acks: -1, messages })
  }
}

/** Produces to all partitions of a topic at a steady rate until it is stopped. */
export class Production {
  produced = 0
  readonly #broker: Broker
  readonly #topic: string
  readonly #partitions: number
  #running: Promise<void> | undefined
  #stopped = false

  constructor(broker: Broker, topic: string, partitions: number) {
    this.#broker = broker
    this.#topic = topic
    this.#partitions = partitions
  }

  /** About 1,500 messages a second over 12 partitions. */
  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    const values = Array.from({ length: 6 }, (_, index) => String(index))
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => partition)
    while (!this.#stopped) {
      await Promise.all(partitions.map(partition => this.#broker.send(this.#topic, partition, values)))
      this.produced += partitions.length * values.length
      await new Promise(resolve => setTimeout(resolve, 40))
    }
  }
}
