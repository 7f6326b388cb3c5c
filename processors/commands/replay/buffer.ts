// What a replay reads from Kafka until it is delivered: a log in memory with the very offsets of the real one, so that a
// stream can run on it as it runs on Kafka, with the same ids, settled set and dead letters. It holds a bounded part.

import type { Clock } from '../../../connectors/clock.ts'
import type { LogAdmin, LogProducer, LogRecord } from '../../../connectors/kafka/log/log.ts'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { Part, ResumedPart } from './range.ts'

/** Messages and bytes that are in memory at most and not delivered. */
const maxMessages = 5_000
const maxBytes = 16_777_216
/** Records that are looked at between two turns of the event loop. */
const turnRecords = 500

export interface BufferParts {
  readonly clock: Clock
  /** Of the real Kafka. */
  readonly admin: LogAdmin
  readonly parts: readonly ResumedPart[]
  readonly group: string
  matches(record: LogRecord): boolean
}

export class ReplayBuffer {
  readonly log: MemoryLog
  /** Messages that were handed to the stream. */
  fed = 0
  /** Records that were looked at. */
  looked = 0
  /** Everything was handed over. */
  isComplete = false
  readonly #parts: BufferParts
  /** Who waits for room. */
  #waiting: (() => void)[] = []
  #isStopped = false
  /** What was fed and has not ended, and its bytes. */
  #ended = 0
  #bytes = 0

  constructor(parts: BufferParts) {
    this.#parts = parts
    this.log = new MemoryLog({ clock: parts.clock })
  }

  /** Makes the topics as the real ones are; a part begins where the replay goes on. */
  async open(topics: readonly string[], others: readonly string[]): Promise<void> {
    const { admin, group, parts } = this.#parts
    for (const topic of topics) this.log.create(topic, (await admin.ranges(topic)).length)
    for (const topic of others) this.log.create(topic, 1)
    for (const part of parts) this.log.startAt(part, part.from)
    // With a commit each partition is one that goes on: nothing is looked up by time, and nothing taken for lost.
    const entries = topics.flatMap(topic => this.#positions(topic))
    await this.log.admin().moveOffsets(group, entries)
  }

  /** Reads all parts, each in order, as fast as there is room. Resolves when everything was read, or stop() was called. */
  async fill(): Promise<void> {
    await Promise.all(this.#parts.parts.map(part => this.#fillOne(part)))
    this.isComplete = !this.#isStopped
  }

  /** So many of the messages that were fed have ended. */
  noteEnded(messages: number): void {
    if (messages === this.#ended) return
    this.#ended = messages
    if (this.fed === this.#ended) this.#bytes = 0
    this.#wake()
  }

  /** Drops what lies below the commit points: it is not needed again. */
  async trim(topics: readonly string[]): Promise<void> {
    const committed = await this.log.admin().committed(this.#parts.group, topics)
    for (const { topic, partition, next } of committed)
      if (next !== null) this.log.deleteBefore(topic, partition, next)
  }

  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  #positions(topic: string) {
    const { parts } = this.#parts
    const ours = parts.filter(part => part.topic === topic)
    return ours.map(({ partition, from, metadata }) => ({ topic, partition, next: from, metadata }))
  }

  async #fillOne(part: Part): Promise<void> {
    const { admin, matches } = this.#parts
    for await (const record of admin.read(part)) {
      if (++this.looked % turnRecords === 0) await new Promise(resolve => setImmediate(resolve))
      if (!matches(record)) continue
      while (this.#isFull && !this.#isStopped) await this.#hasRoom()
      if (this.#isStopped) return
      this.#put(part, record)
    }
  }

  get #isFull(): boolean {
    return this.fed - this.#ended >= maxMessages || this.#bytes >= maxBytes
  }

  #hasRoom(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #put(origin: TopicPartition, record: LogRecord): void {
    const { key, value } = record
    // Copies, or one message would keep a whole fetch in memory.
    const copy = { ...record, key: key && Buffer.from(key), value: value && Buffer.from(value) }
    this.fed++
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0)
    this.log.put(origin, [copy])
  }
}

/** Dead letters go to Kafka, everything else into the memory. `ensure` is called before the first of them. */
export function replayProducer(
  memory: LogProducer,
  real: LogProducer,
  { deadLetters, ensure }: { readonly deadLetters: string; ensure(): Promise<void> }
): LogProducer {
  let ensured: Promise<void> | null = null
  return {
    async append(topic, records) {
      if (topic !== deadLetters) return memory.append(topic, records)
      ensured ??= ensure().catch(error => {
        ensured = null
        throw error
      })
      await ensured
      await real.append(topic, records)
    },
    appendOnce: (place, records) => memory.appendOnce(place, records),
    close: deadlineMs => memory.close(deadlineMs)
  }
}
