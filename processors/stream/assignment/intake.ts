// Keeps what was fetched until it can be sent, then takes it into the lanes and counts it; and keeps the bounds. A
// partition fetches only as much as there is room for, and fetches on when half of that is delivered. It takes nothing
// more where too much is settled ahead of its commit point. Kafka hands out whole record batches of up to a megabyte,
// however little was asked for, so a batch may be kept in part. Invariant 5

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import { messageOf } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'
import { overheadBytes, Pending } from '../dispatch/lane.ts'
import type { Health } from '../health/health.ts'
import { KeyWatch } from '../health/key-watch.ts'
import type { WaitingDevice } from '../held/waiting-device.ts'
import type { End } from '../settlement/accounts.ts'
import type { Tracker } from '../settlement/tracker.ts'
import type { Partition } from './partition.ts'

/** Records that are taken of a partition at a time. */
const recordsAtOnce = 250

export interface IntakePort {
  readonly health: Health
  /** Offsets between commit point and read position at which a partition takes no more. */
  readonly maxSpan: number
  /** Bytes of one partition at which it fetches no more; a single larger message may be on top. */
  windowBytes(): number
  pause(origin: TopicPartition): void
  /** Fetches on from `offset`, once resumed. */
  seek(origin: TopicPartition, offset: number): void
  resume(origin: TopicPartition): void
  /** So many messages were taken; what of them is pending is offered. */
  taken(messages: number): void
  /** Messages ended, or nothing was there to be taken: the commit point may move. */
  ended(end: End, messages: number): void
  /** A message to be sent. */
  offer(message: Pending): void
  /** A message of a device that waits in the held topic. */
  divert(device: WaitingDevice, message: Pending): void
}

export class Intake {
  readonly #context: StreamContext
  readonly #port: IntakePort
  readonly #keys = new KeyWatch()
  /** Partitions of which something may be taken, in turn. */
  readonly #turn = new Set<Partition>()
  #isKeyMoveTold = false

  constructor(context: StreamContext, port: IntakePort) {
    this.#context = context
    this.#port = port
  }

  /** Keeps what fits of one chunk; one that was fetched before is passed over. */
  keep(partition: Partition, chunk: RecordChunk): void {
    const { tracker, unread, origin } = partition
    if (tracker === null || chunk.lastOffset < unread.next) return
    partition.end = Math.max(partition.end, chunk.highWatermark)
    if (!partition.full) {
      const kept = this.#fitting(partition, chunk)
      unread.add(kept)
      partition.newestBytes = kept.bytes
      this.#turn.add(partition)
      if (unread.next > chunk.lastOffset && partition.bytes < this.#port.windowBytes()) return
      partition.full = true
      this.#port.pause(origin)
    }
    if (unread.next <= chunk.lastOffset) this.#port.seek(origin, unread.next)
  }

  /** Takes some of what was fetched into the lanes; false when there is nothing that may be taken. */
  take(): boolean {
    for (const partition of this.#turn) {
      this.#turn.delete(partition)
      const { tracker } = partition
      if (partition.closed || tracker === null || partition.isStretched(this.#port.maxSpan)) continue
      try {
        this.#walk(partition, tracker)
      } catch (error) {
        this.#giveUp(partition, `offset ${tracker.next}: ${messageOf(error)}`)
      }
      this.relieve(partition) // what held nothing to deliver takes no room any more
      return true
    }
    return false
  }

  /** Lets the partition fetch on, and take on, once enough was delivered. */
  relieve(partition: Partition): void {
    if (partition.closed) return // Invariant 4
    if (partition.unread.head !== null) this.#turn.add(partition)
    if (!partition.full || partition.bytes > this.#port.windowBytes() / 2) return
    partition.full = false
    this.#port.resume(partition.origin)
  }

  /** The chunk as it is, or as much of it as there is room for. */
  #fitting(partition: Partition, chunk: RecordChunk): RecordChunk {
    const roomBytes = this.#port.windowBytes() - partition.bytes
    // A message keeps all of the bytes alive that were fetched with it.
    const keptBytes = partition.newestBytes === chunk.bytes ? chunk.leftBytes : chunk.bytes.length
    const fits = keptBytes + chunk.count * overheadBytes <= roomBytes
    return fits ? chunk : chunk.head(roomBytes, overheadBytes)
  }

  /** Takes records as far as the span may reach. */
  #walk(partition: Partition, tracker: Tracker): void {
    const { maxSpan } = this.#port
    const { unread } = partition
    let newest: Pending | null = null
    let messages = 0
    let empty = 0
    let alreadySettled = 0
    for (let chunk = unread.head; chunk !== null && !partition.isStretched(maxSpan); chunk = unread.head) {
      if (messages + empty + alreadySettled >= recordsAtOnce) break
      if (!chunk.next()) {
        tracker.skipTo(chunk.lastOffset + 1)
        unread.shift()
      } else if (chunk.offset < tracker.next) continue
      else if (tracker.takeSettled(chunk.offset)) alreadySettled++
      else if (chunk.valueEnd > chunk.valueStart) {
        newest = this.#owe(partition, chunk)
        if (newest === null) alreadySettled++
        else messages++
      } else {
        empty++ // a tombstone holds nothing to deliver
        tracker.skipTo(chunk.offset + 1)
      }
    }
    this.#port.taken(messages + empty + alreadySettled)
    this.#port.ended('filtered', empty)
    this.#port.ended('already_settled', alreadySettled)
    if (newest !== null) this.#watchKey(newest)
  }

  /** Its bytes are no records: as nothing may be skipped, it takes no more until a person has looked. */
  #giveUp({ origin, unread }: Partition, detail: string): void {
    unread.clear()
    this.#port.pause(origin)
    this.#port.health.halt(origin, 'records_corrupt', detail)
  }

  /** Null for a message that waits in the held topic already: it was put there before a restart. */
  #owe(partition: Partition, chunk: RecordChunk): Pending | null {
    const lane = partition.lanes.of(chunk)
    const { device } = lane
    if (device?.has(chunk.offset)) {
      partition.tracker?.skipTo(chunk.offset + 1)
      return null
    }
    let message = new Pending(lane, chunk)
    if (lane.isSlow) message = message.detached()
    partition.owe(message)
    if (this.#context.tap.isOn) this.#context.tap.read(message)
    if (device === null) this.#port.offer(message)
    else this.#port.divert(device, message)
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
