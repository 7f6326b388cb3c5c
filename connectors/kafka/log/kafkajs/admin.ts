// Administrative calls over one kafkajs admin, shared by the process.

import type { Admin, Kafka } from 'kafkajs'
import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import type {
  CommitEntry,
  CommittedPosition,
  GroupMember,
  LogAdmin,
  LogRecord,
  PartitionRange,
  ReadRange,
  TopicRanges,
  TopicSpec
} from '../log.ts'
import { noLeader } from '../ranges.ts'
import { AdminConnection } from './admin-connection.ts'
import { type Clients, protocolType } from './client.ts'
import { commitFromOutside } from './direct/commit.ts'
import { readRange } from './direct/read.ts'
import { ReadConnections } from './direct/read-connections.ts'
import type { TopicShape } from './producer.ts'

const maxMessageBytes = 'max.message.bytes'

/** Settings of a topic that Tailrace reads, by Kafka's own names. */
const settingNames = [
  'retention.ms',
  'segment.ms',
  'segment.bytes',
  'min.cleanable.dirty.ratio',
  'delete.retention.ms',
  'retention.bytes',
  'cleanup.policy',
  'message.timestamp.type',
  maxMessageBytes
]

/** ConfigResourceTypes.TOPIC, which an ES module cannot import by name. */
const topicResource = 2

export interface AdminEnv {
  readonly kafka: Kafka
  /** What the connection is made from, in turn. Default: `kafka`. */
  readonly clients?: Clients
  readonly clock: Clock
  /** How long a call is repeated before it rejects. */
  readonly patienceMs?: number
}

export class KafkaAdmin implements LogAdmin {
  readonly #env: AdminEnv
  readonly #connection: AdminConnection
  readonly #reads: ReadConnections
  readonly #patienceMs: number

  constructor(env: AdminEnv) {
    this.#env = env
    this.#patienceMs = env.patienceMs ?? 10_000
    this.#connection = new AdminConnection({ ...env, patienceMs: this.#patienceMs })
    this.#reads = new ReadConnections(env.kafka, env.clock)
  }

  async topic(name: string): Promise<TopicSpec | null> {
    const partitions = await this.#partitions(name)
    if (partitions === null) return null
    const settings = await this.#settings(name)
    return { name, partitions: partitions.length, replication: partitions[0]?.replicas.length ?? 0, settings }
  }

  /** How many partitions a topic has; cheaper than topic(). */
  async partitionsOf(name: string): Promise<number> {
    const partitions = await this.#partitions(name)
    if (partitions === null) throw new FaultError('topic_missing', { path: name })
    return partitions.length
  }

  /** What a producer must know of a topic; its limit is infinite where it may not be asked. */
  async shapeOf(name: string): Promise<TopicShape> {
    const partitions = await this.partitionsOf(name)
    const settings = await this.#settings(name).catch((error): Record<string, string> => {
      if (error instanceof FaultError && error.code === 'kafka_unauthorized') return {}
      throw error
    })
    return { partitions, maxMessageBytes: Number(settings[maxMessageBytes] ?? Number.POSITIVE_INFINITY) }
  }

  /** Resolves when every partition has a leader. Does nothing but wait when the topic exists. */
  async createTopic(spec: TopicSpec): Promise<void> {
    const configEntries = Object.entries(spec.settings).map(([name, value]) => ({ name, value }))
    const topic = {
      topic: spec.name,
      numPartitions: spec.partitions,
      replicationFactor: spec.replication,
      configEntries
    }
    await this.#connection.call(admin => admin.createTopics({ topics: [topic], waitForLeaders: false }))
    // A broker may need a moment until it knows of the topic.
    await this.#connection.call(async admin => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [spec.name] }).catch(notYet)
      if (!topics[0]?.partitions.every(partition => partition.leader >= 0))
        throw new FaultError('kafka_no_leader', { path: spec.name })
    })
  }

  async raisePartitions(topic: string, partitions: number): Promise<void> {
    if ((await this.partitionsOf(topic)) >= partitions) return
    await this.#connection.call(admin =>
      admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
    )
  }

  async brokers(): Promise<number> {
    const { brokers } = await this.#connection.call(admin => admin.describeCluster())
    return brokers.length
  }

  async ranges(topic: string): Promise<PartitionRange[]> {
    const partitions = await this.partitionsOf(topic)
    return this.#connection.callForOffsets(async admin => {
      const { ranges, leaderless } = await rangesOf(admin, topic, partitions)
      if (leaderless.length > 0) throw noLeader(topic, leaderless)
      return [...ranges]
    })
  }

  async rangesWithLeader(topic: string): Promise<TopicRanges> {
    const partitions = await this.partitionsOf(topic)
    return this.#connection.callForOffsets(admin => rangesOf(admin, topic, partitions))
  }

  /**
   * kafkajs reads the ends before it looks up the time and takes them where it finds no record, so a record that
   * arrives between the two is not passed over.
   */
  async offsetsAt(topic: string, timeMs: number, partitions?: readonly number[]): Promise<number[]> {
    const wanted = partitions ?? numbersTo(await this.partitionsOf(topic))
    return this.#connection.callForOffsets(async admin => {
      const offsets: number[] = []
      for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, timeMs))
        offsets[partition] = Number(offset)
      const missing = wanted.filter(partition => offsets[partition] === undefined)
      if (missing.length > 0) throw noLeader(topic, missing)
      return offsets
    })
  }

  async committed(group: string, topics: readonly string[]): Promise<CommittedPosition[]> {
    for (const topic of topics) await this.partitionsOf(topic)
    const found = await this.#connection.call(admin =>
      admin.fetchOffsets({ groupId: group, topics: [...topics] })
    )
    return found.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset, metadata }) => {
        const next = Number(offset)
        return { topic, partition, next: next < 0 ? null : next, metadata: metadata ?? '' }
      })
    )
  }

  async members(group: string): Promise<GroupMember[]> {
    const { groups } = await this.#connection.call(admin => admin.describeGroups([group]))
    return (groups[0]?.members ?? []).map(({ memberId, clientId, clientHost }) => ({
      id: memberId,
      clientId,
      host: clientHost.replace(/^\//, '')
    }))
  }

  moveOffsets(group: string, entries: readonly CommitEntry[]): Promise<void> {
    return this.#connection.patiently(() => commitFromOutside(this.#env.kafka, group, entries))
  }

  read(range: ReadRange): AsyncIterable<LogRecord> {
    const { clock } = this.#env
    return readRange({ connections: this.#reads, clock, patienceMs: this.#patienceMs }, range)
  }

  async close(): Promise<void> {
    await Promise.all([this.#connection.close(), this.#reads.close()])
  }

  /** Of a topic that is there: a broker may need a moment until it knows of it. */
  async #settings(name: string): Promise<Record<string, string>> {
    const resource = { type: topicResource, name, configNames: settingNames }
    const { resources } = await this.#connection.call(admin =>
      admin.describeConfigs({ includeSynonyms: false, resources: [resource] }).catch(notYet)
    )
    const entries = resources[0]?.configEntries ?? []
    return Object.fromEntries(entries.map(entry => [entry.configName, entry.configValue]))
  }

  async #partitions(name: string) {
    try {
      const { topics } = await this.#connection.call(admin => admin.fetchTopicMetadata({ topics: [name] }))
      return topics[0]?.partitions ?? null
    } catch (error) {
      if (error instanceof FaultError && error.code === 'topic_missing') return null
      throw error
    }
  }
}

async function rangesOf(admin: Admin, topic: string, partitions: number): Promise<TopicRanges> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const ranges = offsets
    .map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
    .sort((a, b) => a.partition - b.partition)
  const led = new Set(ranges.map(({ partition }) => partition))
  return { partitions, ranges, leaderless: numbersTo(partitions).filter(one => !led.has(one)) }
}

/** 0, 1, ... */
function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function notYet(error: unknown): never {
  if (protocolType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
  throw new Error('not every broker knows the topic')
}
