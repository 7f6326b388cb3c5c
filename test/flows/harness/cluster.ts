// Kafka as the harness sees it, beside the product and independent of its reading: topics, what a group has committed,
// who leads a partition, and which copies of a message a topic holds.

import { type Admin, Partitioners } from 'kafkajs'
import { systemClock } from '../../../connectors/clock.ts'
import { createKafka } from '../../../connectors/kafka/log/kafkajs/client.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import type { LogRecord, TopicSpec } from '../../../connectors/kafka/log/log.ts'
import { decodeMetadata } from '../../../processors/stream/settlement/commit-metadata.ts'
import type { Run } from '../../../processors/stream/settlement/settled-set.ts'
import { uniqueName } from '../../kafka.ts'
import { identify } from './fleet.ts'
import { until } from './until.ts'

export interface Place {
  readonly partition: number
  readonly offset: number
}

/** What a group has committed of one partition. */
export interface Commit {
  readonly next: number
  /** What is settled above it, as the metadata of the commit tells. */
  readonly settled: readonly Run[]
}

/** Where the copies of each message lie, by device, the index being its number. */
export type Copies = ReadonlyMap<string, readonly Place[][]>

/** A group's commits lie in the partition of this topic that the hash of the group's name gives. */
const offsetsTopic = '__consumer_offsets'

/** ConfigResourceTypes.TOPIC, which an ES module cannot import by name. */
const topicResource = 2

export class Cluster {
  readonly #kafka
  readonly #log
  readonly #admin
  readonly producer

  constructor(brokers: readonly string[]) {
    const config = { brokers, clientId: 'flows' }
    this.#kafka = createKafka(config, () => {})
    this.#log = kafkaLog(config, { log: () => {}, clock: systemClock })
    this.#admin = this.#log.admin()
    this.producer = this.#log.producer()
  }

  async createTopic(name: string, partitions: number, replication: number): Promise<void> {
    const settings = { 'message.timestamp.type': 'LogAppendTime' }
    await this.#createTopic({ name, partitions, replication }, settings)
  }

  /** A topic whose messages have the times of their producers, and are not deleted for being old. */
  async createPastTopic(name: string, partitions: number): Promise<void> {
    const settings = { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' }
    await this.#createTopic({ name, partitions, replication: 1 }, settings)
  }

  async #createTopic(spec: Omit<TopicSpec, 'settings'>, settings: TopicSpec['settings']): Promise<void> {
    await this.#admin.createTopic({ ...spec, settings })
  }

  /** Appends messages of other times, in order. */
  async appendPast(
    topic: string,
    messages: readonly { key: Buffer; value: Buffer; timeMs: number }[]
  ): Promise<void> {
    const producer = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    for (let at = 0; at < messages.length; at += 5_000) {
      const some = messages.slice(at, at + 5_000)
      await producer.send({
        topic,
        acks: -1,
        messages: some.map(({ key, value, timeMs }) => ({ key, value, timestamp: String(timeMs) }))
      })
    }
    await producer.disconnect()
  }

  /** Makes a group one that has delivered the topic up to these offsets. */
  async skipTo(group: string, topic: string, offsets: readonly number[]): Promise<void> {
    const entries = offsets.map((next, partition) => ({ topic, partition, next, metadata: '' }))
    await this.#admin.moveOffsets(group, entries)
  }

  /** What a group has committed by partition; 0 where there is nothing. */
  async committed(group: string, topic: string): Promise<Commit[]> {
    const commits: Commit[] = []
    for (const { partition, next, metadata } of await this.#admin.committed(group, [topic])) {
      const settled = next === null ? [] : (decodeMetadata(next, metadata)?.settled ?? [])
      commits[partition] = { next: next ?? 0, settled }
    }
    return commits
  }

  /** The end of the topic by partition. */
  async ends(topic: string): Promise<number[]> {
    const ends: number[] = []
    for (const { partition, end } of await this.#admin.ranges(topic)) ends[partition] = end
    return ends
  }

  /** The node that leads a partition. */
  async leader(topic: string, partition: number): Promise<number> {
    const found = (await this.#partitions([topic])).find(one => one.partitionId === partition)
    return found?.leader ?? -1
  }

  /** The node that keeps what a group commits: its coordinator. */
  async coordinator(group: string): Promise<number> {
    const partitions = await this.#partitions([offsetsTopic])
    const place = Math.abs(javaHash(group)) % partitions.length
    return partitions.find(({ partitionId }) => partitionId === place)?.leader ?? -1
  }

  /** A name of no group yet, whose commits will lie where those of `group` do. */
  async groupBeside(group: string): Promise<string> {
    const { length } = await this.#partitions([offsetsTopic])
    const placeOf = (name: string) => Math.abs(javaHash(name)) % length
    for (;;) {
      const name = uniqueName('flow-beside')
      if (placeOf(name) === placeOf(group)) return name
    }
  }

  /** Resolves once every replica of the topic, and of the groups' own topic, is in sync. */
  async inSync(topic: string): Promise<void> {
    const isInSync = async () => {
      const partitions = await this.#partitions([topic, offsetsTopic]).catch(() => [])
      return partitions.length > 0 && partitions.every(({ isr, replicas }) => isr.length === replicas.length)
    }
    await until('all replicas are in sync', isInSync, 120_000)
  }

  /** Changes settings of a topic, by Kafka's own names. */
  async alter(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
    const resource = { type: topicResource, name: topic, configEntries }
    await this.#ask(raw => raw.alterConfigs({ validateOnly: false, resources: [resource] }))
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#ask(raw => raw.deleteTopics({ topics: [topic] }))
  }

  /** Deletes what is below these offsets, by partition. */
  async deleteRecords(topic: string, below: readonly number[]): Promise<void> {
    const partitions = below.map((offset, partition) => ({ partition, offset: String(offset) }))
    await this.#ask(async raw => {
      await raw.fetchTopicOffsets(topic) // kafkajs deletes only from topics that it has looked up before
      await raw.deleteTopicRecords({ topic, partitions })
    })
  }

  /** The ids of a group's members. */
  async members(group: string): Promise<string[]> {
    return this.#ask(async raw => {
      const { groups } = await raw.describeGroups([group])
      return groups.flatMap(one => one.members.map(member => member.memberId))
    })
  }

  /** Every record of a topic, by partition; none where there is no such topic. */
  async records(topic: string): Promise<LogRecord[][]> {
    if ((await this.#admin.topic(topic)) === null) return []
    const partitions: LogRecord[][] = []
    for (const { partition, start, end } of await this.#admin.ranges(topic)) {
      const records: LogRecord[] = []
      for await (const record of this.#admin.read({ topic, partition, from: start, to: end }))
        records.push(record)
      partitions[partition] = records
    }
    return partitions
  }

  /** Reads the whole topic with a plain kafkajs consumer. */
  async copies(topic: string): Promise<Copies> {
    const left = new Map((await this.ends(topic)).flatMap((end, at) => (end > 0 ? [[at, end] as const] : [])))
    const copies = new Map<string, Place[][]>()
    const consumer = this.#kafka.consumer({ groupId: uniqueName('flows-judge'), maxWaitTimeInMs: 200 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const { device, seq } = identify(JSON.parse(message.value?.toString() ?? ''))
        const offset = Number(message.offset)
        const places = copies.get(device) ?? []
        copies.set(device, places)
        places[seq] = [...(places[seq] ?? []), { partition, offset }]
        if (offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition)
      }
    })
    await until('the judge has read the whole topic', () => left.size === 0, 120_000)
    await consumer.disconnect()
    return copies
  }

  async close(): Promise<void> {
    await Promise.all([this.producer.close(5_000), this.#admin.close()])
  }

  async #partitions(topics: string[]) {
    return this.#ask(async raw => {
      const metadata = await raw.fetchTopicMetadata({ topics })
      return metadata.topics.flatMap(one => one.partitions)
    })
  }

  /** A connection of its own for each call: brokers come and go in these cases. */
  async #ask<T>(call: (raw: Admin) => Promise<T>): Promise<T> {
    const raw = this.#kafka.admin()
    await raw.connect()
    try {
      return await call(raw)
    } finally {
      await raw.disconnect()
    }
  }
}

/** String.hashCode() of Java. */
function javaHash(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0
  return hash
}
