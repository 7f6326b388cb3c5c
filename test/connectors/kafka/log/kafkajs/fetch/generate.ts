// Random partitions for comparison with kafkajs: batches of every codec, holes, empty batches, both kinds of
// timestamps, headers, null keys and values, control batches and transactions, some of them aborted.

import type { Random } from '../../../../../seeded.ts'
import { type Codec, type WirePartition, type WireRecord, wireBatch, wireMarker } from './wire.ts'

const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'xerial', 'lz4', 'zstd']

const below = (random: Random, bound: number) => Math.floor(random() * bound)

export interface RandomPartition extends WirePartition {
  /** The offset to fetch from: now and then inside of the first batch. */
  readonly position: number
  readonly recordCount: number
}

export function randomPartition(random: Random, partition: number): RandomPartition {
  const start = random() < 0.1 ? 2 ** 52 + below(random, 1000) : below(random, 1_000_000)
  const writer = new LogWriter(random, start)
  const withTransactions = random() < 0.3
  for (let batches = 1 + below(random, 6); batches > 0; batches--) {
    if (withTransactions) writer.transactionalStep()
    else writer.data({})
  }
  // kafkajs applies one aborted transaction per record that it sees, so there it must see them from the start.
  const position = withTransactions ? start : start + below(random, 10)
  const complete = Buffer.concat(writer.batches)
  const cut = random() < 0.2 ? cutTail(random) : Buffer.alloc(0)
  return {
    partition,
    position,
    recordCount: writer.recordCount,
    records: Buffer.concat([complete, cut]),
    highWatermark: writer.offset + below(random, 100),
    aborted: writer.aborted.sort((a, b) => a.firstOffset - b.firstOffset)
  }
}

class LogWriter {
  readonly batches: Buffer[] = []
  readonly aborted: { producerId: number; firstOffset: number }[] = []
  recordCount = 0
  offset: number
  readonly #random: Random
  readonly #open = new Map<number, number>()

  constructor(random: Random, offset: number) {
    this.#random = random
    this.offset = offset
  }

  data(about: { producerId?: number; transactional?: boolean }): void {
    const random = this.#random
    // kafkajs lets a record slip through when an aborted transaction begins with a batch that compaction emptied.
    const isEmpty = random() < 0.1 && about.transactional !== true
    const count = isEmpty ? 0 : 1 + below(random, 40)
    const records: WireRecord[] = []
    let offsetDelta = -1
    for (let index = 0; index < count; index++) {
      offsetDelta += random() < 0.05 ? 1 + below(random, 200) : 1
      records.push(randomRecord(random, offsetDelta))
    }
    const lastOffsetDelta = Math.max(offsetDelta, 0) + (random() < 0.1 ? below(random, 20) : 0)
    const codec = codecs[below(random, codecs.length)] ?? 'none'
    const baseTimestampMs = 1_600_000_000_000 + below(random, 1_000_000_000)
    const times = random() < 0.3 ? { appendTimestampMs: baseTimestampMs + 5 } : {}
    this.batches.push(
      wireBatch({
        baseOffset: this.offset,
        lastOffsetDelta,
        records,
        codec,
        baseTimestampMs,
        ...times,
        ...about
      })
    )
    this.offset += lastOffsetDelta + 1 + (random() < 0.1 ? below(random, 50) : 0)
    this.recordCount += count
  }

  /** A batch of one of three producers, the end of a transaction, or a batch outside of any. */
  transactionalStep(): void {
    const producerId = 1 + below(this.#random, 3)
    const chance = this.#random()
    if (chance < 0.3) this.data({})
    else if (chance < 0.7) {
      if (!this.#open.has(producerId)) this.#open.set(producerId, this.offset)
      this.data({ producerId, transactional: true })
    } else this.#end(producerId)
  }

  #end(producerId: number): void {
    const firstOffset = this.#open.get(producerId)
    this.#open.delete(producerId)
    const abort = firstOffset !== undefined && this.#random() < 0.6
    if (abort) this.aborted.push({ producerId, firstOffset })
    this.batches.push(wireMarker(this.offset++, producerId, abort ? 0 : 1))
  }
}

function randomRecord(random: Random, offsetDelta: number): WireRecord {
  const bytes = (bound: number) =>
    Buffer.from(Array.from({ length: below(random, bound) }, () => below(random, 256)))
  const value = random() < 0.02 ? Buffer.alloc(20_000, 'v') : bytes(random() < 0.5 ? 20 : 300)
  return {
    offsetDelta,
    timestampDelta: random() < 0.1 ? -below(random, 2 ** 40) : below(random, 2 ** (1 + below(random, 45))),
    key: random() < 0.1 ? null : bytes(20),
    value: random() < 0.05 ? null : value,
    headers: random() < 0.3 ? { trace: bytes(30), ü: [bytes(3), bytes(200)], empty: Buffer.alloc(0) } : {}
  }
}

/** A batch of which the end is missing, as at the end of a full response. */
function cutTail(random: Random): Buffer {
  const batch = wireBatch({
    baseOffset: 2 ** 53 - 1000,
    lastOffsetDelta: 0,
    records: [randomRecord(random, 0)]
  })
  return batch.subarray(0, 1 + below(random, batch.length - 1))
}
