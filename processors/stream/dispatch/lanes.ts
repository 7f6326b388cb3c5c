// The lanes of one partition by key. A lane exists as long as it has messages. What shares a lane keeps its order:
// the messages of a device, those of the whole partition, or none.

import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Partition } from '../assignment/partition.ts'
import { Lane } from './lane.ts'

export type Order = 'device' | 'partition' | 'none'

export class Lanes {
  readonly #partition: Partition
  readonly #order: Order
  readonly #byKey = new Map<string, Lane>()

  constructor(partition: Partition, order: Order) {
    this.#partition = partition
    this.#order = order
  }

  [Symbol.iterator](): IterableIterator<Lane> {
    return this.#byKey.values()
  }

  /** The lane of the record on which the cursor stands. */
  of(chunk: RecordChunk): Lane {
    const key = this.#keyOf(chunk)
    let lane = this.#byKey.get(key)
    if (lane === undefined) {
      lane = new Lane(key, this.#partition)
      this.#byKey.set(key, lane)
    }
    return lane
  }

  remove(lane: Lane): void {
    this.#byKey.delete(lane.key)
  }

  /** latin1 keeps every byte of a key apart from every other, and is the cheapest decoding. */
  #keyOf(chunk: RecordChunk): string {
    if (this.#order === 'partition') return ''
    const isOrdered = this.#order === 'device' && chunk.keyEnd >= chunk.keyStart
    // Without a key there is no device whose order could be kept.
    return isOrdered ? chunk.bytes.toString('latin1', chunk.keyStart, chunk.keyEnd) : `\0${chunk.offset}`
  }
}
