// The LogConsumer of a memory log. Delivery is a loop of fetches without timers: one round takes a batch of every
// partition that may be read, and hands them on a moment later, so that a pause still lets one fetch through.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import { Positions } from '../kafkajs/consumer/positions.ts'
import { gateLimitMs } from '../kafkajs/consumer/settings.ts'
import type { CommitEntry, LogConsumer, LogConsumerHandlers, LogConsumerOptions } from '../log.ts'
import type { TopicPartition } from '../message.ts'
import { RecordChunk } from '../record-chunk.ts'
import type { MemoryFaults } from './faults.ts'
import type { GroupMember, JoinResult, MemoryGroup } from './group.ts'
import type { MemoryTopics } from './topics.ts'

export interface MemoryConsumerEnv {
  readonly clock: Clock
  readonly topics: MemoryTopics
  readonly group: MemoryGroup
  readonly faults: MemoryFaults
  /** Unique in the log. */
  nextMemberId(): string
}

const missingTopicRetryMs = 1_000

export class MemoryConsumer implements LogConsumer {
  readonly #options: LogConsumerOptions
  readonly #env: MemoryConsumerEnv
  readonly #positions = new Positions()
  #handlers: LogConsumerHandlers | undefined
  #state: 'idle' | 'joining' | 'joined' | 'stopped' = 'idle'
  #memberId = ''
  #joinedAs = ''
  #generation = -1
  #owned: readonly TopicPartition[] = []
  #fetching = false
  /** Something changed since the last round of fetches began. */
  #isDue = false

  constructor(options: LogConsumerOptions, env: MemoryConsumerEnv) {
    this.#options = options
    this.#env = env
  }

  async start(handlers: LogConsumerHandlers): Promise<void> {
    this.#handlers = handlers
    this.#state = 'joining'
    this.#join()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const place of partitions.map(origin => this.#positions.get(origin))) {
      if (place !== undefined) place.paused = true
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const place of partitions.map(origin => this.#positions.get(origin))) {
      if (place !== undefined) place.paused = false
    }
    this.wake()
  }

  seek(partition: TopicPartition, offset: number): void {
    const place = this.#positions.get(partition)
    if (place !== undefined) place.next = offset
    this.wake()
  }

  async commit(entries: readonly CommitEntry[]): Promise<void> {
    const { faults, group } = this.#env
    const foreign = entries.find(entry => this.#positions.get(entry) === undefined)
    if (foreign !== undefined) {
      throw new FaultError('commit_refused', {
        detail: `${foreign.topic}/${foreign.partition} is not assigned`
      })
    }
    // What it had belongs to the membership it had, also while it joins anew under another id.
    const member = this.#joinedAs
    await faults.commits.pass()
    if (this.#state === 'stopped')
      throw new FaultError('commit_refused', { detail: 'the consumer was stopped' })
    if (faults.takeFailedCommit()) throw new FaultError('kafka_unreachable', { detail: 'ordered by a test' })
    group.commit(member, entries)
  }

  rebuild(): void {
    if (this.#state !== 'joined') return
    void this.#rejoining().then(() => {
      this.#env.group.leave(this.#memberId)
      this.#join()
    })
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#env.group.leave(this.#memberId)
  }

  /** Looks for records; called when some may have come. */
  wake(): void {
    this.#isDue = true
    if (this.#fetching || this.#state !== 'joined') return
    this.#fetching = true
    void this.#fetch()
  }

  #join(): void {
    if (this.#state === 'stopped') return
    const { topics, clock, group, nextMemberId } = this.#env
    const missing = this.#options.topics.find(name => topics.find(name) === undefined)
    if (missing !== undefined) {
      this.#handlers?.onFault(new FaultError('topic_missing', { path: missing }))
      clock.after(missingTopicRetryMs, () => this.#join())
      return
    }
    this.#memberId = nextMemberId()
    group.join(this.#member(this.#memberId))
  }

  #member(id: string): GroupMember {
    const consumer = this
    return {
      id,
      topics: this.#options.topics,
      get owned() {
        return consumer.#owned
      },
      get generation() {
        return consumer.#generation
      },
      get birthMs() {
        return consumer.#options.birthMs()
      },
      rejoining: () => this.#rejoining(),
      joined: result => this.#joined(id, result),
      expired: () => void this.#rejoining().then(() => this.#join())
    }
  }

  async #rejoining(): Promise<void> {
    if (this.#state !== 'joined') return
    this.#state = 'joining'
    await this.#handlers?.onRevoking(gateLimitMs)
  }

  #joined(id: string, { generation, assigned, ...group }: JoinResult): void {
    if (this.#state === 'stopped') return
    const change = this.#positions.assign(assigned, id === this.#joinedAs ? 'same' : 'new')
    this.#joinedAs = id
    this.#generation = generation
    this.#owned = assigned
    for (const origin of change.added) this.#resetToCommitted(origin)
    this.#state = 'joined'
    this.#handlers?.onAssigned({ ...change, ...group })
    this.wake()
  }

  #resetToCommitted(origin: TopicPartition): void {
    const place = this.#positions.get(origin)
    const { start } = this.#env.topics.partition(origin.topic, origin.partition)
    if (place !== undefined) place.next = this.#env.group.committed(origin)?.next ?? start
  }

  /** Rounds of fetches until there is nothing to read. */
  async #fetch(): Promise<void> {
    for (let found = true; found || this.#isDue; ) {
      this.#isDue = false
      const fetched = this.#take()
      found = fetched.length > 0
      await Promise.resolve()
      for (const { chunk, hand } of fetched) hand(chunk)
    }
    this.#fetching = false
  }

  /** One batch of every partition that may be read; each is handed on unless it was moved meanwhile. */
  #take() {
    if (this.#state !== 'joined') return []
    const { topics } = this.#env
    return this.#positions.all().flatMap(place => {
      const { origin, next, paused } = place
      if (paused || next === null) return []
      const partition = topics.partition(origin.topic, origin.partition)
      if (next < partition.start || next > partition.end) {
        place.paused = true
        this.#handlers?.onPositionLost(origin, next)
        return []
      }
      const source = partition.read(next)
      if (source === undefined) return []
      const hand = (chunk: RecordChunk) => {
        const current = this.#state === 'joined' && this.#positions.get(origin) === place
        if (!current || place.next !== next) return
        place.next = chunk.lastOffset + 1
        this.#handlers?.onRecords(chunk)
      }
      return [{ chunk: new RecordChunk(origin, source, partition.end), hand }]
    })
  }
}
