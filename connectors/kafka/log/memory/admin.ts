// The LogAdmin of a memory log.

import { FaultError } from '../../../../schemas/errors.ts'
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
import { RecordChunk } from '../record-chunk.ts'
import type { MemoryFaults } from './faults.ts'
import type { MemoryGroup } from './group.ts'
import type { MemoryTopics } from './topics.ts'

export interface MemoryAdminEnv {
  readonly topics: MemoryTopics
  readonly faults: MemoryFaults
  group(name: string): MemoryGroup
  raisePartitions(topic: string, partitions: number): void
}

export class MemoryAdmin implements LogAdmin {
  readonly #env: MemoryAdminEnv

  constructor(env: MemoryAdminEnv) {
    this.#env = env
  }

  async topic(name: string): Promise<TopicSpec | null> {
    const topic = this.#reach().find(name)
    return topic === undefined ? null : { ...topic.spec, partitions: topic.partitions.length }
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    this.#reach().create(spec)
  }

  async raisePartitions(topic: string, partitions: number): Promise<void> {
    this.#reach()
    this.#env.raisePartitions(topic, partitions)
  }

  async brokers(): Promise<number> {
    this.#reach()
    return 1
  }

  async ranges(topic: string): Promise<PartitionRange[]> {
    const { partitions } = this.#reach().get(topic)
    return partitions.map(({ start, end }, partition) => ({ partition, start, end }))
  }

  async rangesWithLeader(topic: string): Promise<TopicRanges> {
    const ranges = await this.ranges(topic)
    return { partitions: ranges.length, ranges, leaderless: [] }
  }

  async offsetsAt(topic: string, timeMs: number): Promise<number[]> {
    return this.#reach()
      .get(topic)
      .partitions.map(partition => partition.offsetAt(timeMs))
  }

  async committed(group: string, topics: readonly string[]): Promise<CommittedPosition[]> {
    const stored = this.#reach()
    return topics.flatMap(topic =>
      stored.get(topic).partitions.map((_, partition) => {
        const committed = this.#env.group(group).committed({ topic, partition })
        return { topic, partition, next: committed?.next ?? null, metadata: committed?.metadata ?? '' }
      })
    )
  }

  async members(group: string): Promise<GroupMember[]> {
    this.#reach()
    return this.#env.group(group).memberIds.map(id => ({ id, clientId: 'memory', host: 'localhost' }))
  }

  async moveOffsets(group: string, entries: readonly CommitEntry[]): Promise<void> {
    const stored = this.#reach()
    for (const { topic, partition } of entries) stored.partition(topic, partition)
    this.#env.group(group).move(group, entries)
  }

  async *read({ topic, partition, from, to }: ReadRange): AsyncGenerator<LogRecord> {
    for (let next = from; next < to; ) {
      const stored = this.#reach().partition(topic, partition)
      if (next < stored.start || next > stored.end) {
        throw new FaultError('position_lost', {
          path: `${topic}/${partition}`,
          detail: `position ${next}`
        })
      }
      const source = stored.read(next)
      if (source === undefined) return
      const cursor = new RecordChunk({ topic, partition }, source, stored.end)
      while (cursor.next() && cursor.offset < to) yield cursor.record()
      next = source.lastOffset + 1
    }
  }

  async close(): Promise<void> {}

  #reach(): MemoryTopics {
    if (this.#env.faults.takeFailedAdminCall()) {
      throw new FaultError('kafka_unreachable', { detail: 'ordered by a test' })
    }
    return this.#env.topics
  }
}
