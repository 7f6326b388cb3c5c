// Takes what was read into the lanes, counts it, and keeps the bounds: a partition takes only as many records as there
// is room for, stops reading there, or where too much is settled ahead of its commit point, and reads on when half of
// that is delivered. Kafka hands out whole record batches of up to a megabyte, however little was asked for, so a
// batch may be taken in parts. Invariant 5

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { StreamContext } from '../context.ts'
import { overheadBytes, Pending } from '../dispatch/lane.ts'
import { KeyWatch } from '../health/key-watch.ts'
import type { Accounts } from '../settlement/accounts.ts'
import type { Tracker } from '../settlement/tracker.ts'
import type { Partition } from './partition.ts'

export interface IntakePort {
  readonly accounts: Accounts
  /** Offsets between commit point and read position at which a partition stops reading. */
  readonly maxSpan: number
  /** Bytes of one partition at which it stops reading; a single larger message may be on top. */
  windowBytes(): number
  pause(origin: TopicPartition): void
  /** Reads on from `offset`, once resumed. */
  seek(origin: TopicPartition, offset: number): void
  resume(origin: TopicPartition): void
  /** A message to be sent. */
  offer(message: Pending): void
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
    const { tracker, origin } = partition
    if (tracker === null || chunk.lastOffset < tracker.next) return
    partition.end = Math.max(partition.end, chunk.highWatermark)
    if (!partition.full) {
      const newest = this.#walk(partition, tracker, this.#fitting(partition, chunk))
      if (newest !== null) this.#watchKey(newest)
      const hasRoom = partition.pendingBytes < this.#port.windowBytes()
      if (tracker.next > chunk.lastOffset && hasRoom && !partition.isStretched(this.#port.maxSpan)) return
      partition.full = true
      this.#port.pause(origin)
    }
    if (tracker.next <= chunk.lastOffset) this.#port.seek(origin, tracker.next)
  }

  /** Resumes reading once enough was delivered. */
  relieve(partition: Partition): void {
    if (partition.closed || !partition.full) return // Invariant 4
    if (partition.pendingBytes > this.#port.windowBytes() / 2) return
    if (partition.isStretched(this.#port.maxSpan, 1 / 2)) return
    partition.full = false
    this.#port.resume(partition.origin)
  }

  /** The chunk as it is, or as much of it as there is room for. */
  #fitting(partition: Partition, chunk: RecordChunk): RecordChunk {
    const roomBytes = this.#port.windowBytes() - partition.pendingBytes
    // A message keeps all of the bytes alive that were fetched with it.
    const keptBytes = partition.newestBytes === chunk.bytes ? chunk.size : chunk.bytes.length
    const fits = keptBytes + chunk.count * overheadBytes <= roomBytes
    return fits ? chunk : chunk.head(roomBytes, overheadBytes)
  }

  /** Takes records as far as the span may reach; the first one always. Returns the last message taken. */
  #walk(partition: Partition, tracker: Tracker, chunk: RecordChunk): Pending | null {
    let newest: Pending | null = null
    let messages = 0
    let empty = 0
    let alreadySettled = 0
    const { accounts, maxSpan } = this.#port
    while (!partition.isStretched(maxSpan) && chunk.next()) {
      if (chunk.offset < tracker.next) continue
      if (tracker.takeSettled(chunk.offset)) alreadySettled++
      else if (chunk.valueEnd > chunk.valueStart) {
        newest = this.#owe(partition, tracker, chunk)
        messages++
      } else {
        empty++ // a tombstone holds nothing to deliver
        tracker.skipTo(chunk.offset + 1)
      }
    }
    if (!partition.isStretched(maxSpan)) tracker.skipTo(chunk.lastOffset + 1)
    accounts.take(messages + empty + alreadySettled)
    accounts.end('filtered', empty)
    accounts.end('already_settled', alreadySettled)
    return newest
  }

  #owe(partition: Partition, tracker: Tracker, chunk: RecordChunk): Pending {
    const lane = partition.lanes.of(chunk)
    let message = new Pending(lane, chunk)
    if (lane.isSlow) message = message.detached()
    tracker.owe(message.offset)
    partition.pending++
    partition.pendingBytes += message.cost
    partition.newestBytes = message.bytes
    this.#port.offer(message)
    return message
  }

  #watchKey(message: Pending): void {
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
