// Appends records with acks=all: chooses the partition of each, and leaves the rest to that partition's queue. It
// bounds the memory of what waits, and recovers by itself when Kafka comes back: no connection is kept for its own
// sake, and requests are repeated until the time of their records is up.

import { FaultError, messageOf } from '../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../schemas/events.ts'
import { type Clock, pauseFor } from '../../../clock.ts'
import type { AppendRecord, LogProducer } from '../log.ts'
import type { TopicPartition } from '../message.ts'
import { partitionOf } from '../partitioner.ts'
import { oversize, sizeOf } from '../record-size.ts'
import { judge, unavailable } from './append-faults.ts'
import { addTo, type Chunk, PartitionQueue, type QueueLimits } from './partition-queue.ts'
import type { Shipment } from './produce/sender.ts'
import { Tick } from './tick.ts'

export interface ProducerOptions extends QueueLimits {
  /** How long records wait for others to share a request with. */
  readonly lingerMs: number
  /** Of all records that wait or are on their way; more are refused at once. */
  readonly maxBufferedBytes: number
}

const producerDefaults: ProducerOptions = {
  lingerMs: 3,
  deadlineMs: 10_000,
  // Below Kafka's own default limit of about 1 MB for a batch, so that sharing a request never makes it too large.
  maxBytes: 524_288,
  // kafkajs groups the records of a request in quadratic time.
  maxRecords: 1_000,
  maxBufferedBytes: 33_554_432
}

export interface ProducerEnv {
  readonly clock: Clock
  readonly log: LogEvent
  /** Sends what partitions have (sender.ts). */
  readonly sender: {
    send(shipment: Shipment): Promise<number>
    close(deadlineMs: number): Promise<void>
  }
  /** How a topic is now. Rejects with a FaultError. */
  shapeOf(topic: string): Promise<TopicShape>
}

const shapeMaxAgeMs = 30_000
/** Before a record is refused, somebody may have raised the limit. */
const limitMaxAgeMs = 1_000

export interface TopicShape {
  readonly partitions: number
  /** Of one batch of records; infinite where it may not be asked. */
  readonly maxMessageBytes: number
}

interface Topic {
  readonly name: string
  shape: TopicShape
  /** A request has one batch for a partition, which must not be larger than the topic takes. */
  limits: QueueLimits
  checkedMs: number
  /** Where records without a key go until that partition's request leaves. */
  sticky: number
  readonly queues: PartitionQueue[]
}

export class KafkaProducer implements LogProducer {
  readonly #env: ProducerEnv
  readonly #options: ProducerOptions
  readonly #topics = new Map<string, Promise<Topic>>()
  /** Shared by all partitions, so that what they have leaves together and shares requests. */
  readonly #linger: Tick
  #bufferedBytes = 0
  #failing = false
  #closed = false
  #onEmpty: (() => void) | undefined

  constructor(env: ProducerEnv, options: Partial<ProducerOptions> = {}) {
    this.#env = env
    this.#options = { ...producerDefaults, ...options }
    this.#linger = new Tick(env.clock, this.#options.lingerMs)
  }

  async append(name: string, records: readonly AppendRecord[]): Promise<void> {
    const bytes = this.#admit(name, records)
    let pushed = false
    try {
      const topic = await this.#topic(name)
      await this.#checkSizes(topic, records)
      const parts = await this.#partition(topic, records)
      pushed = true // from here on the queues give the bytes back
      await Promise.all([...parts].flatMap(([partition, chunks]) => this.#push(topic, partition, chunks)))
    } catch (error) {
      throw this.#refused(name, error)
    } finally {
      if (!pushed) this.#freed(bytes)
    }
  }

  async appendOnce(place: TopicPartition, records: readonly AppendRecord[]): Promise<number> {
    const { sender, clock } = this.#env
    const bytes = this.#admit(place.topic, records)
    try {
      const topic = await this.#topic(place.topic)
      await this.#checkSizes(topic, records)
      return await sender.send({ ...place, records, sinceMs: clock.now() }).catch(error => {
        throw judge(place.topic, error).fault
      })
    } catch (error) {
      throw this.#refused(place.topic, error)
    } finally {
      this.#freed(bytes)
    }
  }

  async close(deadlineMs: number): Promise<void> {
    const { clock, sender } = this.#env
    const endMs = clock.now() + deadlineMs
    this.#closed = true
    const topics = await Promise.all([...this.#topics.values()].map(topic => topic.catch(() => undefined)))
    const queues = topics.flatMap(topic => topic?.queues.filter(queue => queue !== undefined) ?? [])
    for (const queue of queues) queue.flush()
    if (this.#bufferedBytes > 0) {
      const empty = new AbortController()
      this.#onEmpty = () => empty.abort()
      await pauseFor(clock, deadlineMs, empty.signal)
    }
    for (const queue of queues) queue.close(unavailable('', 'this process was shut down'))
    await sender.close(Math.max(0, endMs - clock.now()))
  }

  /** Counts what waits; returns the bytes of the records. */
  #admit(name: string, records: readonly AppendRecord[]): number {
    const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
    if (this.#closed) throw unavailable(name, 'this process is shutting down')
    // Invariant 5. An append larger than the whole buffer is let in alone.
    if (this.#bufferedBytes > 0 && this.#bufferedBytes + bytes > this.#options.maxBufferedBytes) {
      throw unavailable(name, `${this.#bufferedBytes} bytes are waiting already`)
    }
    this.#bufferedBytes += bytes
    return bytes
  }

  /** The topic with the partitions it has; their number is looked up again now and then, without waiting. */
  #topic(name: string): Promise<Topic> {
    const known = this.#topics.get(name)
    if (known !== undefined) {
      return known.then(topic => {
        const oldMs = this.#env.clock.now() - topic.checkedMs
        if (oldMs > shapeMaxAgeMs) void this.#recheck(topic).catch(() => undefined) // tried again in 30 s
        return topic
      })
    }
    const found = this.#env.shapeOf(name).then(shape => {
      const limits = this.#limitsOf(shape)
      return { name, shape, limits, checkedMs: this.#env.clock.now(), sticky: 0, queues: [] }
    })
    this.#topics.set(name, found)
    found.catch(() => this.#topics.delete(name))
    return found
  }

  async #recheck(topic: Topic): Promise<void> {
    topic.checkedMs = this.#env.clock.now()
    topic.shape = await this.#env.shapeOf(topic.name)
    topic.limits = this.#limitsOf(topic.shape)
  }

  /** All records of an append are stored, or none because of its size. */
  async #checkSizes(topic: Topic, records: readonly AppendRecord[]): Promise<void> {
    const isTooLarge = () => oversize(topic.name, records, topic.shape.maxMessageBytes)
    if (isTooLarge() === undefined) return
    if (this.#env.clock.now() - topic.checkedMs >= limitMaxAgeMs) await this.#recheck(topic)
    const fault = isTooLarge()
    if (fault !== undefined) throw fault
  }

  /** The records by partition, in their order, cut into requests. */
  async #partition(topic: Topic, records: readonly AppendRecord[]): Promise<Map<number, Chunk[]>> {
    const highest = records.reduce((most, record) => Math.max(most, record.partition ?? 0), 0)
    if (highest >= topic.shape.partitions) await this.#recheck(topic)
    if (highest >= topic.shape.partitions) throw unavailable(topic.name, `there is no partition ${highest}`)
    const keyless = this.#stickyPartition(topic)
    const parts = new Map<number, Chunk[]>()
    for (const record of records) {
      const chosen = record.key === null ? keyless : partitionOf(record.key, topic.shape.partitions)
      const partition = record.partition ?? chosen
      const chunks = parts.get(partition) ?? []
      parts.set(partition, chunks)
      addTo(chunks, record, topic.limits)
    }
    return parts
  }

  #limitsOf({ maxMessageBytes }: TopicShape): QueueLimits {
    return { ...this.#options, maxBytes: Math.min(this.#options.maxBytes, maxMessageBytes) }
  }

  /** Stays with a partition as long as records wait for it, so that requests become full. */
  #stickyPartition(topic: Topic): number {
    if (topic.queues[topic.sticky]?.empty ?? true) topic.sticky = (topic.sticky + 1) % topic.shape.partitions
    return topic.sticky
  }

  #push(topic: Topic, partition: number, chunks: readonly Chunk[]): Promise<void>[] {
    topic.queues[partition] ??= this.#queue(topic, partition)
    const queue = topic.queues[partition]
    return chunks.map(chunk => queue.push(chunk.records, chunk.bytes))
  }

  #queue(topic: Topic, partition: number): PartitionQueue {
    const { clock, sender } = this.#env
    return new PartitionQueue({
      clock,
      limits: () => topic.limits,
      linger: fn => this.#linger.join(fn),
      send: async (records, sinceMs) => {
        await sender.send({ topic: topic.name, partition, records, sinceMs })
        this.#failing = false
      },
      judge: error => judge(topic.name, error),
      freed: bytes => this.#freed(bytes)
    })
  }

  #freed(bytes: number): void {
    this.#bufferedBytes -= bytes
    if (this.#bufferedBytes === 0) this.#onEmpty?.()
  }

  /** Logs the first refusal of an outage, not each. */
  #refused(topic: string, error: unknown): FaultError {
    const fault = error instanceof FaultError ? error : unavailable(topic, messageOf(error), error)
    const told = fault.code === 'kafka_unavailable' || fault.code === 'body_too_large'
    const refusal = told ? fault : unavailable(topic, fault.message, fault)
    if (!this.#failing && refusal.code === 'kafka_unavailable') {
      this.#failing = true
      this.#env.log('append_failed', { topic, reason: refusal.detail })
    }
    return refusal
  }
}
