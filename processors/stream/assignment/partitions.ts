// The partitions that are assigned to a stream now, and what is asked of all of them together.

import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { Order } from '../dispatch/lanes.ts'
import { Partition, partitionKey } from './partition.ts'

export class Partitions {
  readonly #byKey = new Map<string, Partition>()
  readonly #order: Order

  constructor(order: Order) {
    this.#order = order
  }

  get size(): number {
    return this.#byKey.size
  }

  get origins(): TopicPartition[] {
    return [...this].map(partition => partition.origin)
  }

  [Symbol.iterator](): IterableIterator<Partition> {
    return this.#byKey.values()
  }

  get(origin: TopicPartition): Partition | undefined {
    return this.#byKey.get(partitionKey(origin))
  }

  add(origin: TopicPartition): Partition {
    const partition = new Partition(origin, this.#order)
    this.#byKey.set(partitionKey(origin), partition)
    return partition
  }

  /** Ends the assignment of `origin`; undefined when it was not assigned. Invariant 4 */
  remove(origin: TopicPartition): Partition | undefined {
    const partition = this.get(origin)
    this.#byKey.delete(partitionKey(origin))
    partition?.close()
    return partition
  }

  /** The commit points that Kafka does not have yet. */
  due(): CommitEntry[] {
    return [...this].flatMap(partition => partition.due() ?? [])
  }

  /** Kafka has these very `entries` of due(). */
  committed(entries: readonly CommitEntry[]): void {
    for (const entry of entries) this.get(entry)?.committed(entry)
  }

  /** Messages read that have not ended. */
  get pending(): number {
    let pending = 0
    for (const partition of this) pending += partition.pending
    return pending
  }

  /** Those of which Kafka holds something that should be fetched now. */
  behind(): Partition[] {
    return [...this].filter(partition => partition.isBehind)
  }

  /** Some topic is there no more: a consumer that is built anew could not join until it is again. */
  get lackTopic(): boolean {
    return [...this].some(({ missing }) => missing !== null)
  }

  topics(): Set<string> {
    return new Set(this.origins.map(({ topic }) => topic))
  }

  /** Tells the end of a partition that was learnt otherwise. */
  noteEnd(origin: TopicPartition, end: number): void {
    const partition = this.get(origin)
    if (partition !== undefined && end > partition.end) partition.end = end
  }
}
