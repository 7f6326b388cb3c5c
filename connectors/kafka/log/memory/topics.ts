// What a memory log stores: topics, their partitions, and record batches in them. Batches keep their time, as
// LogAppendTime does, and are encoded when they are read, so that a chunk walks the same bytes as on Kafka.

import { FaultError } from '../../../../schemas/errors.ts'
import { encodeRecords } from '../encode-records.ts'
import type { AppendRecord, LogRecord, TopicSpec } from '../log.ts'
import type { ChunkSource } from '../record-chunk.ts'

interface StoredBatch {
  readonly baseOffset: number
  readonly timestampMs: number
  readonly records: readonly AppendRecord[]
}

export class MemoryPartition {
  #batches: StoredBatch[] = []
  /** The smallest offset that is kept. */
  start = 0
  /** The offset that the next record will get. */
  end = 0
  /** Of tombstones that outlasted a compaction. */
  #tombstones: ReadonlySet<number> = new Set()

  append(records: readonly AppendRecord[], timestampMs: number): void {
    this.#batches.push({ baseOffset: this.end, timestampMs, records })
    this.end += records.length
  }

  /** Begins at `offset`, while it is empty. */
  startAt(offset: number): void {
    this.start = offset
    this.end = offset
  }

  /** Keeps a record under the offset and the time that it has; what lies between it and the one before is a hole. */
  put({ offset, timestampMs, key, value, headers }: LogRecord): void {
    const named = Object.fromEntries(headers.map(header => [header.key, header.value ?? Buffer.alloc(0)]))
    this.#batches.push({ baseOffset: offset, timestampMs, records: [{ key, value, headers: named }] })
    this.end = offset + 1
  }

  /** The rest of the batch that holds `offset`, or undefined at the end. */
  read(offset: number): ChunkSource | undefined {
    const batch = this.#batches[this.#indexOf(offset)]
    if (batch === undefined) return undefined
    const from = Math.max(offset, batch.baseOffset)
    const records = batch.records.slice(from - batch.baseOffset)
    const bytes = encodeRecords(records)
    return {
      bytes,
      start: 0,
      end: bytes.length,
      count: records.length,
      baseOffset: from,
      lastOffset: from + records.length - 1,
      baseTimestampMs: batch.timestampMs,
      appendTimestampMs: batch.timestampMs
    }
  }

  /** The first offset at or after a time; the end where there is none. */
  offsetAt(timeMs: number): number {
    const batch = this.#batches.find(one => one.timestampMs >= timeMs)
    return Math.max(this.start, batch?.baseOffset ?? this.end)
  }

  /** What retention does: records before `offset` are gone. */
  deleteBefore(offset: number): void {
    this.start = Math.min(Math.max(offset, this.start), this.end)
    this.#batches.splice(0, this.#indexOf(this.start))
  }

  /**
   * What compaction does: of each key the newest record stays, a tombstone only until the next time. The last record of a
   * partition always stays, since the segment that is written to is left alone.
   */
  compact(): void {
    const records = this.#batches.flatMap(({ baseOffset, timestampMs, records }) =>
      records.map((record, at) => ({ baseOffset: baseOffset + at, timestampMs, records: [record], record }))
    )
    const newest = new Map<string, number>()
    for (const { record, baseOffset } of records)
      if (record.key !== null) newest.set(record.key.toString('latin1'), baseOffset)
    this.#batches = records.filter(({ record: { key, value }, baseOffset }) => {
      if (key === null || baseOffset === this.end - 1) return true
      const isNewest = newest.get(key.toString('latin1')) === baseOffset
      return isNewest && (value !== null || !this.#tombstones.has(baseOffset))
    })
    const left = this.#batches.filter(({ records: [record] }) => record?.value === null)
    this.#tombstones = new Set(left.map(({ baseOffset }) => baseOffset))
  }

  /** The index of the first batch that ends after `offset`. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const batch = this.#batches[middle]
      if (batch !== undefined && batch.baseOffset + batch.records.length <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

export interface MemoryTopic {
  readonly spec: TopicSpec
  readonly partitions: MemoryPartition[]
}

export class MemoryTopics {
  readonly #topics = new Map<string, MemoryTopic>()

  /** Does nothing when the topic exists. */
  create(spec: TopicSpec): void {
    if (this.#topics.has(spec.name)) return
    const partitions = Array.from({ length: spec.partitions }, () => new MemoryPartition())
    this.#topics.set(spec.name, { spec, partitions })
  }

  delete(name: string): void {
    this.#topics.delete(name)
  }

  find(name: string): MemoryTopic | undefined {
    return this.#topics.get(name)
  }

  /** Throws `topic_missing`. */
  get(name: string): MemoryTopic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new FaultError('topic_missing', { path: name })
    return topic
  }

  /** Throws `topic_missing`, also for a partition that does not exist. */
  partition(name: string, number: number): MemoryPartition {
    const partition = this.get(name).partitions[number]
    if (partition === undefined) throw new FaultError('topic_missing', { path: `${name}/${number}` })
    return partition
  }
}
