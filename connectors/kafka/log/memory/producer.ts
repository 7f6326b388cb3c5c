// The LogProducer of a memory log: the same partitions as on Kafka, one batch per append and partition.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import { batchHeaderBytes, encodeRecords } from '../encode-records.ts'
import type { AppendRecord, LogProducer } from '../log.ts'
import type { TopicPartition } from '../message.ts'
import { partitionOf } from '../partitioner.ts'
import { oversize } from '../record-size.ts'
import type { MemoryFaults } from './faults.ts'
import type { MemoryTopics } from './topics.ts'

export interface MemoryProducerEnv {
  readonly clock: Clock
  readonly topics: MemoryTopics
  readonly faults: MemoryFaults
  /** Called when records were stored. */
  stored(): void
}

export class MemoryProducer implements LogProducer {
  readonly #env: MemoryProducerEnv
  #keyless = 0
  #closed = false

  constructor(env: MemoryProducerEnv) {
    this.#env = env
  }

  async append(topic: string, records: readonly AppendRecord[]): Promise<void> {
    await this.#faulty(topic, () => this.#store(topic, records))
  }

  async appendOnce({ topic, partition }: TopicPartition, records: readonly AppendRecord[]): Promise<number> {
    return this.#faulty(topic, () => {
      this.#checkBatch(topic, records)
      const base = this.#env.topics.find(topic)?.partitions[partition]?.end ?? 0
      this.#store(
        topic,
        records.map(record => ({ ...record, partition }))
      )
      return base
    })
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** What goes out as one record batch is refused as one. */
  #checkBatch(topic: string, records: readonly AppendRecord[]): void {
    const limit = this.#env.topics.find(topic)?.spec.settings['max.message.bytes']
    const bytes = batchHeaderBytes + encodeRecords(records).length
    if (limit !== undefined && bytes > Number(limit))
      throw new FaultError('body_too_large', { path: topic, detail: `${bytes} bytes, at most ${limit}` })
  }

  async #faulty<T>(topic: string, store: () => T): Promise<T> {
    const { faults } = this.#env
    await faults.appends.pass()
    const failed = faults.takeFailedAppend()
    if (failed === 'before') throw unavailable(topic, 'ordered by a test, nothing was stored')
    const stored = store()
    if (failed === 'after') throw unavailable(topic, 'ordered by a test, all was stored')
    return stored
  }

  #store(name: string, records: readonly AppendRecord[]): void {
    if (this.#closed) throw unavailable(name, 'this process is shutting down')
    const topic = this.#env.topics.find(name)
    if (topic === undefined) throw unavailable(name, 'there is no such topic')
    const limit = Number(topic.spec.settings['max.message.bytes'] ?? Number.POSITIVE_INFINITY)
    const fault = oversize(name, records, limit)
    if (fault !== undefined) throw fault
    const count = topic.partitions.length
    const keyless = this.#keyless++ % count
    const parts: AppendRecord[][] = []
    for (const record of records) {
      const chosen = record.key === null ? keyless : partitionOf(record.key, count)
      const number = record.partition ?? chosen
      if (number >= count) throw unavailable(name, `there is no partition ${number}`)
      parts[number] ??= []
      parts[number].push(record)
    }
    const nowMs = this.#env.clock.now()
    topic.partitions.forEach((partition, number) => {
      const part = parts[number]
      if (part !== undefined) partition.append(part, nowMs)
    })
    this.#env.stored()
  }
}

function unavailable(path: string, detail: string): FaultError {
  return new FaultError('kafka_unavailable', { path, detail })
}
