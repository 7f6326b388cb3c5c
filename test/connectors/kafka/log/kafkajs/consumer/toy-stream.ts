// The least stream that behaves: a queue per partition, several batches in flight with random latency, contiguous
// commits, a drain before every join, kept partitions kept. It writes down every delivery in a ledger, so that loss
// and repetition show. For tests of the consumer only.

import { Allowance } from '../../../../../../connectors/kafka/log/kafkajs/arriving/allowance.ts'
import { KafkajsConsumer } from '../../../../../../connectors/kafka/log/kafkajs/consumer/consumer.ts'
import type { Assignment, LogConsumer } from '../../../../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../../../../connectors/kafka/log/record-chunk.ts'
import { type Broker, until } from './broker.ts'

/** What arrived, by topic/partition/offset, and how often. */
export class Ledger {
  readonly seen = new Map<string, number>()
  duplicates = 0

  deliver(id: string): void {
    const times = (this.seen.get(id) ?? 0) + 1
    if (times > 1) this.duplicates++
    this.seen.set(id, times)
  }
}

interface Place {
  readonly origin: TopicPartition
  base: number
  committed: number
  queue: number[]
  inFlight: number
  readonly done: Set<number>
}

export interface ToyOptions {
  readonly broker: Broker
  readonly ledger: Ledger
  readonly group: string
  readonly topic: string
  readonly birthMs?: number
}

const maxBatch = 50
const maxBatchesInFlight = 4

export class ToyStream {
  readonly consumer: LogConsumer
  readonly assignments: Assignment[] = []
  readonly #options: ToyOptions
  readonly #places = new Map<number, Place>()
  #dispatching = true
  #timer: NodeJS.Timeout | undefined

  constructor(options: ToyOptions) {
    this.#options = options
    const { broker, group, topic, birthMs = 0 } = options
    this.consumer = new KafkajsConsumer(
      broker.config,
      { group, topics: [topic], birthMs: () => birthMs, maxFetchBytes: () => 4 << 20 },
      { log: () => {}, clock: broker.clock, arriving: new Allowance(8 << 20, broker.clock) }
    )
  }

  get partitions(): number[] {
    return [...this.#places.keys()].toSorted((a, b) => a - b)
  }

  async start(): Promise<void> {
    await this.consumer.start({
      onAssigned: assignment => this.#onAssigned(assignment),
      onRevoking: () => this.#drain(),
      onRecords: chunk => this.#onRecords(chunk),
      onPositionLost() {},
      onFault() {},
      onRecovered() {}
    })
    this.#timer = setInterval(() => void this.#commit().catch(() => {}), 200)
  }

  /** Drains, commits, leaves. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.consumer.pause([...this.#places.values()].map(place => place.origin))
    await this.#drain()
    this.#places.clear()
    await this.consumer.stop()
  }

  #onAssigned(assignment: Assignment): void {
    this.assignments.push(assignment)
    for (const { partition } of assignment.lost) this.#places.delete(partition)
    this.#dispatching = true
    for (const { partition } of assignment.kept) this.#pump(partition)
    if (assignment.added.length > 0) void this.#open(assignment)
  }

  async #open({ added }: Assignment): Promise<void> {
    const committed = await this.#options.broker.committed(this.#options.group, this.#options.topic)
    if (this.assignments.at(-1)?.lost.length && !this.#isCurrent(added)) return
    for (const origin of added) {
      const base = committed[origin.partition] ?? 0
      const place = { origin, base, committed: base, queue: [], inFlight: 0, done: new Set<number>() }
      this.#places.set(origin.partition, place)
      this.consumer.seek(origin, base)
    }
    this.consumer.resume(added)
  }

  #isCurrent(added: readonly TopicPartition[]): boolean {
    const { added: now, kept } = this.assignments.at(-1) ?? { added: [], kept: [] }
    return added.every(mine => [...now, ...kept].some(other => other.partition === mine.partition))
  }

  #onRecords(chunk: RecordChunk): void {
    const place = this.#places.get(chunk.origin.partition)
    if (place === undefined) return
    while (chunk.next()) place.queue.push(chunk.offset)
    this.#pump(chunk.origin.partition)
  }

  #pump(partition: number): void {
    const place = this.#places.get(partition)
    while (place && this.#dispatching && place.inFlight < maxBatchesInFlight && place.queue.length > 0) {
      const batch = place.queue.splice(0, maxBatch)
      place.inFlight++
      setTimeout(() => this.#deliver(place, batch), 50 + Math.random() * 250)
    }
  }

  #deliver(place: Place, batch: readonly number[]): void {
    const { topic, partition } = place.origin
    for (const offset of batch) {
      this.#options.ledger.deliver(`${topic}/${partition}/${offset}`)
      place.done.add(offset)
    }
    while (place.done.delete(place.base)) place.base++
    place.inFlight--
    if (this.#places.get(partition) === place) this.#pump(partition)
  }

  async #drain(): Promise<void> {
    this.#dispatching = false
    await until(() => [...this.#places.values()].every(place => place.inFlight === 0))
    await this.#commit()
  }

  async #commit(): Promise<void> {
    const due = [...this.#places.values()].filter(place => place.base > place.committed)
    const entries = due.map(place => ({ ...place.origin, next: place.base, metadata: '' }))
    await this.consumer.commit(entries)
    for (const [index, place] of due.entries()) place.committed = entries[index]?.next ?? place.committed
  }
}
