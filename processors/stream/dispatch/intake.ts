// Takes what was read into the lanes, counts it, and keeps the memory bound: a partition takes only as many records as
// there is room for, stops reading there, and reads on from there when half of them are delivered. Kafka hands out
// whole record batches of up to a megabyte, however little was asked for, so a batch may be taken in parts. Invariant 5

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { Message } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import { KeyWatch } from '../health/key-watch.ts'
import type { Accounts } from '../settlement/accounts.ts'
import type { Tracker } from '../settlement/tracker.ts'
import { overheadBytes } from './lane.ts'

export interface IntakePort {
  readonly accounts: Accounts
  /** Bytes of one partition at which it stops reading; a single larger message may be on top. */
  windowBytes(): number
  pause(origin: TopicPartition): void
  /** Reads on from `offset`, once resumed. */
  seek(origin: TopicPartition, offset: number): void
  resume(origin: TopicPartition): void
}

export class Intake {
  readonly #context: StreamContext
  readonly #port: IntakePort
  readonly #keys = new KeyWatch()
  #isKeyMoveTold = false

  constructor(context: StreamContext, port: IntakePort) {
    this.#context = context
    this.#port = port
  }

  /**
   * Takes what fits of one chunk; records read before are passed over. Throws a RangeError when its bytes are no
   * records.
   */
  take(partition: Partition, chunk: RecordChunk): void {
    const { tracker, lane, origin } = partition
    if (tracker === null || chunk.lastOffset < tracker.next) return
    partition.end = Math.max(partition.end, chunk.highWatermark)
    if (!partition.full) {
      const before = lane.length
      const empty = this.#walk(partition, tracker, this.#fitting(partition, chunk))
      this.#count(lane.length - before, empty)
      const newest = lane.length > before ? lane.newest : undefined
      if (newest !== undefined) this.#watchKey(newest)
      if (tracker.next > chunk.lastOffset && lane.bytes < this.#port.windowBytes()) return
      partition.full = true
      this.#port.pause(origin)
    }
    if (tracker.next <= chunk.lastOffset) this.#port.seek(origin, tracker.next)
  }

  /** Resumes reading once enough was delivered. */
  relieve(partition: Partition): void {
    if (!partition.full || partition.lane.bytes > this.#port.windowBytes() / 2) return
    partition.full = false
    this.#port.resume(partition.origin)
  }

  /** The chunk as it is, or as much of it as there is room for. */
  #fitting({ lane }: Partition, chunk: RecordChunk): RecordChunk {
    const roomBytes = this.#port.windowBytes() - lane.bytes
    // A message keeps all of the bytes alive that were fetched with it.
    const keptBytes = lane.newest?.bytes === chunk.bytes ? chunk.size : chunk.bytes.length
    const fits = keptBytes + chunk.count * overheadBytes <= roomBytes
    return fits ? chunk : chunk.head(roomBytes, overheadBytes)
  }

  /** Returns how many records had no value: a tombstone holds nothing to deliver. */
  #walk(partition: Partition, tracker: Tracker, chunk: RecordChunk): number {
    let empty = 0
    while (chunk.next()) {
      if (chunk.offset < tracker.next) continue
      if (chunk.valueEnd > chunk.valueStart) {
        partition.lane.push(new Message(partition.origin, chunk))
        tracker.owe(chunk.offset)
      } else {
        empty++
        tracker.skipTo(chunk.offset + 1)
      }
    }
    tracker.skipTo(chunk.lastOffset + 1)
    return empty
  }

  #count(messages: number, empty: number): void {
    const { accounts } = this.#port
    const { meter } = this.#context
    accounts.read += messages + empty
    meter.read(messages + empty)
    if (empty === 0) return
    accounts.end('filtered', empty)
    meter.ended('filtered', empty)
  }

  #watchKey(message: Message): void {
    const before = this.#keys.moved(message)
    if (before === null) return
    this.#context.meter.keyMoved()
    if (this.#isKeyMoveTold) return
    this.#isKeyMoveTold = true
    const { topic, partition } = message.origin
    const fields = {
      stream: this.#context.stream,
      topic,
      partitions: [before, partition],
      device: message.key()
    }
    this.#context.log('key_in_two_partitions', fields)
  }
}
