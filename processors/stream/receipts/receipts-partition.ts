// Writes the receipts of the partitions of one number, as their one writer, and settles a message once its receipt is there.
// What waits keeps its place in the books of its partition, so that a Kafka that takes no receipts stops the reading.

import type {
  AppendRecord,
  LogAdmin,
  LogProducer,
  LogRecord,
  PartitionRange
} from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Health } from '../health/health.ts'
import { persist } from '../health/persist.ts'
import { isoTime } from '../settlement/dead-letter.ts'
import { checkGroup, ownerName, SoleWriter } from '../sole-writer.ts'
import { beginning, decodeReceipt, type Ending, encodeReceipt } from './receipt.ts'

/** Of one append. */
const maxRecords = 200
const maxBytes = 65_536
/** Records behind which the last that counts is looked for at first; then always eight times as many. */
const tailRecords = 64

/** A message that has ended, and waits for its receipt. */
export interface Entry {
  readonly message: Pending
  readonly ending: Ending
}

export interface ReceiptsPartitionPort {
  readonly topic: string
  readonly group: string
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly health: Health
  /** Resolves once the group confirms that the partition is ours. */
  confirm(): Promise<void>
  /** Kafka has their receipts. */
  stored(entries: readonly Entry[]): void
}

export class ReceiptsPartition {
  readonly #context: StreamContext
  readonly #port: ReceiptsPartitionPort
  readonly #place: TopicPartition
  readonly #writer: SoleWriter
  readonly #closing = new AbortController()
  /** In order. */
  readonly #waiting = new Set<Entry>()
  /** Receipts that are on their way, or were, by their hash. */
  readonly #sent = new Map<string, Entry>()
  /** The hash of the last receipt. */
  #previous = beginning
  /** Records of one append: fewer while Kafka finds so many too large. */
  #most = maxRecords
  #running: Promise<void> | null = null

  constructor(context: StreamContext, partition: number, port: ReceiptsPartitionPort) {
    this.#context = context
    this.#port = port
    this.#place = { topic: port.topic, partition }
    const { admin, producer } = port
    this.#writer = new SoleWriter(
      ownerName(() => context.clock.random()),
      {
        ...{ admin, producer, place: this.#place },
        begin: range => this.#begin(range),
        claim: (owner, at) => this.#claim(owner, at),
        take: record => this.#take(record),
        confirm: () => port.confirm()
      }
    )
  }

  /** Learns where the chain goes on. Rejects with a FaultError; call it again then. */
  open(): Promise<void> {
    return this.#writer.open()
  }

  put(entry: Entry): void {
    if (this.#closing.signal.aborted) return
    this.#waiting.add(entry)
    this.#start()
  }

  /** Resolves once nothing waits, or it is closed. */
  async written(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Writes nothing more: what has no receipt is still owed. */
  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
    this.#sent.clear()
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#waiting.size > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const name = `receipts ${this.#place.partition}`
    const attempt = () => this.#fitting()
    while (this.#waiting.size > 0 && !signal.aborted)
      await persist(this.#context, this.#port.health, { name, signal, attempt })
  }

  /** Writes some of those that wait; where Kafka takes no record batch of their size, half as many. */
  async #fitting(): Promise<void> {
    try {
      await this.#round()
      this.#most = Math.min(maxRecords, this.#most * 2)
    } catch (error) {
      const isTooLarge = error instanceof FaultError && error.code === 'body_too_large'
      if (!isTooLarge || this.#sent.size <= 1) throw error
      this.#most = Math.ceil(this.#sent.size / 2)
    }
  }

  /** Writes the first of those that wait. */
  async #round(): Promise<void> {
    let last = this.#previous
    await this.#writer.append(at => {
      const { records, hash } = this.#records(at)
      last = hash
      return records
    })
    if (this.#closing.signal.aborted) return // Invariant 4
    this.#previous = last
    this.#stored([...this.#sent.values()])
    this.#sent.clear()
  }

  /** As many as one append takes, at least one where any waits, and the hash of the last. */
  #records(at: number): { readonly records: AppendRecord[]; readonly hash: string } {
    const records: AppendRecord[] = []
    let previous = this.#previous
    let bytes = 0
    this.#sent.clear()
    for (const entry of this.#waiting) {
      const { record, hash } = encodeReceipt(entry.ending, { at: at + records.length, previous })
      bytes += record.value?.length ?? 0
      if (records.length > 0 && (records.length >= this.#most || bytes > maxBytes)) break
      records.push(record)
      entry.message.letGo()
      this.#sent.set(hash, entry)
      previous = hash
    }
    return { records, hash: previous }
  }

  /** Invariant 1 */
  #stored(entries: readonly Entry[]): void {
    for (const entry of entries) this.#waiting.delete(entry)
    this.#context.reached('receipts_written')
    this.#port.stored(entries)
  }

  #claim(owner: string, at: number) {
    const { partition } = this.#place
    const opened = isoTime(this.#context.clock.now())
    const { group } = this.#port
    const facts = { kind: 'opened', stream: this.#context.stream, partition, owner, group, opened } as const
    return encodeReceipt(facts, { at, previous: this.#previous }).record
  }

  #take({ value, offset }: LogRecord): string | null {
    const receipt = decodeReceipt(value)
    if (receipt?.kind === 'opened') checkGroup(this.#place, this.#port.group, receipt)
    if (receipt === null || receipt.at !== offset) return null
    this.#previous = receipt.hash
    const entry = this.#sent.get(receipt.hash)
    if (entry !== undefined && this.#waiting.has(entry)) this.#stored([entry]) // of an append that got no answer
    return receipt.kind === 'opened' ? receipt.owner : null
  }

  /** The place of the last receipt that counts, so that not all of them have to be read. */
  async #begin({ start, end }: PartitionRange): Promise<number> {
    for (let records = tailRecords; ; records *= 8) {
      const from = Math.max(start, end - records)
      let last = -1
      for await (const { value, offset } of this.#port.admin.read({ ...this.#place, from, to: end }))
        if (decodeReceipt(value)?.at === offset) last = offset
      if (last >= 0) return last
      if (from === start) return start
    }
  }
}
