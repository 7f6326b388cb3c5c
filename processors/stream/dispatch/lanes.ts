// The lanes of one partition by key. A lane exists as long as it has messages. What shares a lane keeps its order:
// the messages of a device, those of the whole partition, or none. As every message is looked up here, this is a hash
// table over the bytes of the keys: with a Map each key would first have to be made a string, at several times the cost.

import type { RecordView } from '../../../connectors/kafka/log/message.ts'
import type { Partition } from '../assignment/partition.ts'
import { Lane } from './lane.ts'

type KeyedRecord = Pick<RecordView, 'bytes' | 'keyStart' | 'keyEnd' | 'offset'>

export type Order = 'device' | 'partition' | 'none'

const nothing = Buffer.alloc(0)
/** A power of two, so that a mask replaces the division. */
const leastBuckets = 64

export class Lanes {
  readonly #partition: Partition
  readonly #order: Order
  /** Differs by process, so that nobody can choose keys that all fall into one bucket. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32)
  /** Each holds the first of its lanes, which are linked by `besides`. */
  #buckets: (Lane | null)[] = Array(leastBuckets).fill(null)
  #count = 0

  constructor(partition: Partition, order: Order) {
    this.#partition = partition
    this.#order = order
  }

  *[Symbol.iterator](): IterableIterator<Lane> {
    for (const first of this.#buckets) for (let lane = first; lane !== null; lane = lane.besides) yield lane
  }

  /** The lane of the record on which the cursor stands, which is to be put into it. */
  of({ bytes, keyStart, keyEnd, offset }: KeyedRecord): Lane {
    // Without a key there is no device whose order could be kept.
    if (this.#order === 'none' || (this.#order === 'device' && keyEnd < keyStart))
      return this.#add(offset | 0, { bytes: nothing, start: 0, end: -1 })
    const key = { bytes, start: keyStart, end: this.#order === 'partition' ? keyStart : keyEnd }
    const hash = this.#hash(key)
    const lane = this.#find(hash, key)
    if (lane === null) return this.#add(hash, key)
    lane.seen(key)
    return lane
  }

  /** The lane of what a device has in the held topic: that of the device, where there is one. */
  ofDevice(key: Buffer, offset: number): Lane {
    if (this.#order !== 'device') return this.#add(offset | 0, { bytes: nothing, start: 0, end: -1 })
    const bytes = { bytes: key, start: 0, end: key.length }
    const hash = this.#hash(bytes)
    return this.#find(hash, bytes) ?? this.#add(hash, bytes)
  }

  /** The lane that the record would be put into, if it is there. */
  find({ bytes, keyStart, keyEnd }: KeyedRecord): Lane | null {
    if (this.#order === 'none' || (this.#order === 'device' && keyEnd < keyStart)) return null
    const key = { bytes, start: keyStart, end: this.#order === 'partition' ? keyStart : keyEnd }
    return this.#find(this.#hash(key), key)
  }

  /** Removes the lane, unless somebody needs it. */
  remove(lane: Lane): void {
    if (!lane.isOver) return
    const at = lane.hash & (this.#buckets.length - 1)
    let before: Lane | null = null
    let found = this.#buckets[at] ?? null
    while (found !== null && found !== lane) {
      before = found
      found = found.besides
    }
    if (found === null) return
    if (before === null) this.#buckets[at] = lane.besides
    else before.besides = lane.besides
    lane.besides = null
    this.#count--
    if (this.#count === 0 && this.#buckets.length > leastBuckets) this.#resize(leastBuckets)
  }

  #find(hash: number, key: KeyBytes): Lane | null {
    let lane = this.#buckets[hash & (this.#buckets.length - 1)] ?? null
    while (lane !== null && !lane.hasKey(hash, key)) lane = lane.besides
    return lane
  }

  #add(hash: number, key: KeyBytes): Lane {
    const lane = new Lane(this.#partition, hash, key)
    if (++this.#count > this.#buckets.length) this.#resize(2 * this.#buckets.length)
    this.#put(lane)
    return lane
  }

  #put(lane: Lane): void {
    const at = lane.hash & (this.#buckets.length - 1)
    lane.besides = this.#buckets[at] ?? null
    this.#buckets[at] = lane
  }

  #resize(buckets: number): void {
    const lanes = [...this]
    this.#buckets = Array(buckets).fill(null)
    for (const lane of lanes) this.#put(lane)
  }

  /** FNV-1a, 32 bits, from our own seed; the upper bits folded in, as the lower choose the bucket. */
  #hash({ bytes, start, end }: KeyBytes): number {
    let hash = this.#seed
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
    return hash ^ (hash >>> 15)
  }
}

/** The key is bytes[start, end); where the end is below the start there is none, and it equals no other. */
export interface KeyBytes {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}
