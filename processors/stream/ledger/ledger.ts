// The ledger of a stream: for each device what was delivered last, when, and how many of its messages ended how, in a
// compacted topic, so that "was it delivered?" can be answered also when nobody runs the stream. It is information only:
// nothing waits for it, and what it misses (the last seconds before a process dies) is missing in the counts, nowhere else.

import { pauseFor, settledWithin } from '../../../connectors/clock.ts'
import type { LogAdmin, LogProducer } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { rangeOf } from '../../../connectors/kafka/log/ranges.ts'
import { ensureCompacted } from '../../../connectors/kafka/topics.ts'
import { messageOf } from '../../../schemas/errors.ts'
import { type Partition, partitionKey } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Pending } from '../dispatch/lane.ts'
import { LedgerPartition } from './ledger-partition.ts'
import { type DeviceLedger, decodeLedger, type LedgerRecord } from './ledger-record.ts'

/** How often it is written: far less often than committed, as a busy device changes with every batch. */
const writeMs = 5_000
const retryMs = 5_000
const maxRecords = 1_000

export interface LedgerOptions {
  readonly topic: string
  /** Devices that are remembered at most, over all partitions. */
  readonly maxDevices: number
}

export interface LedgerParts {
  readonly options: LedgerOptions
  /** The topics of the stream's channels. */
  readonly topics: readonly string[]
  readonly admin: LogAdmin
  readonly producer: LogProducer
}

export class Ledger {
  readonly #context: StreamContext
  readonly #parts: LedgerParts
  readonly #partitions = new Map<string, LedgerPartition>()
  readonly #closing = new AbortController()
  #ensured: Promise<void> | null = null
  #cancelTimer: (() => void) | null = null
  #writing: Promise<void> | null = null
  #devices = 0
  #isFull = false
  #isFailing = false

  constructor(context: StreamContext, parts: LedgerParts) {
    this.#context = context
    this.#parts = parts
  }

  /** The partition is assigned now: reads in the background what is known of its devices. */
  open({ origin }: Partition): void {
    const partition = new LedgerPartition(origin)
    this.#partitions.set(partitionKey(origin), partition)
    void this.#know(partition)
  }

  /** The partition is assigned elsewhere. Write before. */
  release(origin: TopicPartition): void {
    const partition = this.#partitions.get(partitionKey(origin))
    if (partition === undefined) return
    partition.closed = true
    this.#devices -= partition.size
    this.#partitions.delete(partitionKey(origin))
  }

  /** `last` was confirmed, and with it so many messages of its device. */
  readonly delivered = (last: Pending, messages: number, answer: string): void => {
    const ledger = this.#change(last)
    if (ledger === null) return
    ledger.delivered += messages
    if (last.offset < ledger.offset) return // a dead letter that was resent
    ledger.offset = last.offset
    ledger.messageMs = last.timestampMs
    ledger.confirmedMs = this.#context.clock.now()
    ledger.answer = answer
  }

  ended(message: Pending, end: 'deadLettered' | 'expired'): void {
    const ledger = this.#change(message)
    if (ledger !== null) ledger[end]++
  }

  /** Writes what has changed, within `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    const { signal } = this.#closing // a stop may come amid a rejoin
    await settledWithin(this.#context.clock, this.#write(), { limitMs: deadlineMs, signal })
  }

  close(): void {
    this.#closing.abort()
    this.#cancelTimer?.()
  }

  #change(message: Pending): DeviceLedger | null {
    const partition = this.#partitions.get(partitionKey(message.origin))
    const device = message.key()
    if (partition === undefined || device === null) return null
    const before = partition.size
    const ledger = partition.change(device, this.#devices < this.#parts.options.maxDevices)
    this.#devices += partition.size - before
    if (ledger === null) this.#tellFull()
    else this.#schedule()
    return ledger
  }

  #tellFull(): void {
    if (this.#isFull) return
    this.#isFull = true
    const { maxDevices } = this.#parts.options
    this.#context.log('ledger_full', { stream: this.#context.stream, maxDevices })
  }

  /** Tried until it succeeds: until then nothing of the partition is written. */
  async #know(partition: LedgerPartition): Promise<void> {
    const { signal } = this.#closing
    while (!partition.closed && !signal.aborted) {
      try {
        await this.#ensure()
        const known = await this.#read(partition)
        if (partition.closed) return
        const before = partition.size
        partition.know(known.values(), this.#parts.options.maxDevices - this.#devices)
        this.#devices += partition.size - before
        this.#schedule()
        return
      } catch (error) {
        this.#tellFailure(error)
        await pauseFor(this.#context.clock, retryMs, signal)
      }
    }
  }

  /** The newest record of each device. */
  async #read({ origin }: LedgerPartition): Promise<Map<string, LedgerRecord>> {
    const { admin, options } = this.#parts
    const known = new Map<string, LedgerRecord>()
    const range = await rangeOf(admin, { topic: options.topic, partition: origin.partition })
    if (range === undefined) return known
    const { start: from, end: to } = range
    for await (const record of admin.read({ topic: options.topic, partition: origin.partition, from, to })) {
      const ledger = decodeLedger(record)
      if (ledger !== null && ledger.topic === origin.topic) known.set(ledger.device, ledger)
    }
    return known
  }

  #ensure(): Promise<void> {
    const { admin, options, topics } = this.#parts
    this.#ensured ??= ensureCompacted(admin, { topic: options.topic, beside: topics }, this.#context.log)
    return this.#ensured.catch(error => {
      this.#ensured = null
      throw error
    })
  }

  #schedule(): void {
    if (this.#closing.signal.aborted || this.#writing !== null) return
    this.#cancelTimer ??= this.#context.clock.after(writeMs, () => {
      this.#cancelTimer = null
      void this.#write()
    })
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
      if ([...this.#partitions.values()].some(({ due }) => due > 0)) this.#schedule()
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    for (const partition of this.#partitions.values())
      while (partition.due > 0 && !partition.closed) {
        const records = partition.take(maxRecords)
        try {
          await this.#parts.producer.append(this.#parts.options.topic, records)
          this.#isFailing = false
        } catch (error) {
          partition.takeBack(records)
          this.#tellFailure(error)
          return
        }
      }
  }

  #tellFailure(error: unknown): void {
    if (!this.#isFailing)
      this.#context.log('ledger_failed', { stream: this.#context.stream, reason: messageOf(error) })
    this.#isFailing = true
  }
}
