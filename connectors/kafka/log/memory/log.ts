// A log in memory with the interface of the real one: for tests that need faults at chosen moments and time that stands
// still, for `tailrace test`, and as what a replay reads into. All its delays go through the injected clock; nothing of it
// survives the process.

import type { Clock } from '../../../clock.ts'
import type {
  Log,
  LogAdmin,
  LogConsumer,
  LogConsumerOptions,
  LogProducer,
  LogRecord,
  TopicSpec
} from '../log.ts'
import type { TopicPartition } from '../message.ts'
import { MemoryAdmin } from './admin.ts'
import { MemoryConsumer } from './consumer.ts'
import { MemoryFaults } from './faults.ts'
import { MemoryGroup } from './group.ts'
import { MemoryProducer } from './producer.ts'
import { MemoryPartition, MemoryTopics } from './topics.ts'

export interface MemoryLogOptions {
  readonly clock: Clock
  /** How long a member takes to hear of a rebalance. */
  readonly heartbeatMs?: number
}

export class MemoryLog implements Log {
  readonly faults = new MemoryFaults()
  readonly #options: MemoryLogOptions
  readonly #topics = new MemoryTopics()
  readonly #groups = new Map<string, MemoryGroup>()
  readonly #consumers: MemoryConsumer[] = []
  #members = 0

  constructor(options: MemoryLogOptions) {
    this.#options = options
  }

  consumer(options: LogConsumerOptions): LogConsumer {
    const { clock } = this.#options
    const group = this.#group(options.group)
    const nextMemberId = () => `member-${++this.#members}`
    const env = { clock, topics: this.#topics, faults: this.faults, group, nextMemberId }
    const consumer = new MemoryConsumer(options, env)
    this.#consumers.push(consumer)
    return consumer
  }

  producer(): LogProducer {
    const stored = () => this.#wake()
    return new MemoryProducer({
      clock: this.#options.clock,
      topics: this.#topics,
      faults: this.faults,
      stored
    })
  }

  admin(): LogAdmin {
    return new MemoryAdmin({
      topics: this.#topics,
      faults: this.faults,
      group: name => this.#group(name),
      raisePartitions: (name, partitions) => this.raisePartitions(name, partitions)
    })
  }

  /** Creates a topic without waiting. */
  create(name: string, partitions: number, settings: TopicSpec['settings'] = {}): void {
    this.#topics.create({ name, partitions, replication: 1, settings })
  }

  /** Deletes a topic with all that it holds. What groups have committed there stays. */
  delete(name: string): void {
    this.#topics.delete(name)
  }

  /** Adds partitions, which makes every group join again. */
  raisePartitions(name: string, partitions: number): void {
    const topic = this.#topics.get(name)
    if (topic.partitions.length >= partitions) return
    while (topic.partitions.length < partitions) topic.partitions.push(new MemoryPartition())
    for (const group of this.#groups.values()) group.rejoin()
  }

  /** Has an empty partition begin at an offset. */
  startAt({ topic, partition }: TopicPartition, offset: number): void {
    this.#topics.partition(topic, partition).startAt(offset)
  }

  /** Keeps records of another log, in order, under the offsets that they have there. */
  put({ topic, partition }: TopicPartition, records: readonly LogRecord[]): void {
    for (const record of records) this.#topics.partition(topic, partition).put(record)
    this.#wake()
  }

  /** What retention does. */
  deleteBefore(topic: string, partition: number, offset: number): void {
    this.#topics.partition(topic, partition).deleteBefore(offset)
    this.#wake()
  }

  /** What compaction does with all partitions of a topic. */
  compact(topic: string): void {
    for (const partition of this.#topics.find(topic)?.partitions ?? []) partition.compact()
  }

  /** Makes the members of a group join again, as a change of leaders does. */
  rejoin(group: string): void {
    this.#group(group).rejoin()
  }

  /** Expires the sessions of a group's members: Kafka forgets them, and they hear of it later. */
  expireMembers(group: string): void {
    this.#group(group).expireAll()
  }

  #wake(): void {
    for (const consumer of this.#consumers) consumer.wake()
  }

  #group(name: string): MemoryGroup {
    const { clock, heartbeatMs = 100 } = this.#options
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group = new MemoryGroup({ clock, topics: this.#topics, faults: this.faults, heartbeatMs })
    this.#groups.set(name, group)
    return group
  }
}
