// Keeps what was fetched until it can be sent, then takes it into the lanes and counts it; and keeps the bounds. A
// partition fetches only as much as there is room for, and fetches on when half of that is delivered. It takes nothing
// more where too much is settled ahead of its commit point. Kafka hands out whole record batches of up to a megabyte,
// however little was asked for, so a batch may be kept in part. Invariant 5

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import { messageOf } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'
import { overheadBytes, Pending } from '../dispatch/lane.ts'
import type { Rejected } from '../dispatch/outcome/aftermath.ts'
import type { Health } from '../health/health.ts'
import { KeyWatch } from '../health/key-watch.ts'
import type { WaitingDevice } from '../held/waiting-device.ts'
import { givenOf, wantedOf } from '../sequence/given.ts'
import type { End } from '../settlement/accounts.ts'
import type { Tracker } from '../settlement/tracker.ts'
import type { Refused, Stage, Taken } from '../steps/stage.ts'
import type { Partition } from './partition.ts'

/** Records that are taken of a partition at a time. */
const recordsAtOnce = 250
/** Records that meet steps in one turn of the event loop: some 20 ms. */
const recordsInTurn = 4_000

export interface IntakePort {
  readonly health: Health
  /** The steps that messages meet; null: none. */
  readonly stage: Stage | null
  /** Is the record one that the stream wants? Asked before anything of it is decoded. Null: all are. */
  readonly isWanted: ((chunk: RecordChunk) => boolean) | null
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
  /** A step rejects a message; true when the stream halts for it, and nothing more is to be taken. */
  refused(rejected: Rejected): boolean
  /** Sends on. */
  pump(): void
  /** Records of the partition were walked over. `hasCaughtUp`: steps know again now what they knew before a restart. */
  walked(partition: Partition, hasCaughtUp: boolean): void
}

/** How many records were walked over, by what became of them. */
type Walked = Record<'owed' | 'filtered' | 'expired' | 'already_settled', number>

export class Intake {
  readonly #context: StreamContext
  readonly #port: IntakePort
  readonly #keys: KeyWatch
  /** Partitions of which something may be taken, in turn. */
  readonly #turn = new Set<Partition>()
  /** The newest message of the walk at hand. */
  #newest: Pending | null = null
  /** Steps rejected so much that the stream halts. */
  #isHalted = false
  /** Records that were walked over since others had their turn. */
  #records = 0
  #cancelRest: (() => void) | null = null

  constructor(context: StreamContext, port: IntakePort) {
    this.#context = context
    this.#port = port
    this.#keys = new KeyWatch(context)
  }

  /** Keeps what fits of one chunk; one that was fetched before is passed over. */
  keep(partition: Partition, fetched: RecordChunk): void {
    const { tracker, unread, origin } = partition
    if (tracker === null || fetched.lastOffset < unread.next) return
    partition.end = Math.max(partition.end, fetched.highWatermark)
    const isWanted = wantedOf(partition, this.#port.isWanted)
    const chunk = isWanted === null || partition.full ? fetched : fetched.sifted(isWanted)
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
    if (this.#isResting()) return false
    for (const partition of this.#turn) {
      this.#turn.delete(partition)
      const { tracker } = partition
      if (partition.closed || tracker === null || partition.isStretched(this.#port.maxSpan)) continue
      if (this.#isSwollen(partition)) continue
      try {
        this.#walk(partition, tracker)
      } catch (error) {
        this.#giveUp(partition, `offset ${tracker.next}: ${messageOf(error)}`)
      }
      this.relieve(partition) // what held nothing to deliver takes no room any more
      return !this.#isHalted
    }
    return false
  }

  /** Steps have made so much more of what was fetched that it must be delivered first. Invariant 5 */
  #isSwollen(partition: Partition): boolean {
    return (
      this.#port.stage !== null && partition.pending > 0 && partition.bytes > 2 * this.#port.windowBytes()
    )
  }

  /** Steps may drop nearly everything: then others get their turn now and again. */
  #isResting(): boolean {
    if (this.#port.stage === null || this.#records < recordsInTurn) return false
    this.#cancelRest ??= this.#context.clock.after(0, () => {
      this.#cancelRest = null
      this.#records = 0
      this.#port.pump()
    })
    return true
  }

  close(): void {
    this.#cancelRest?.()
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
    const { maxSpan, stage } = this.#port
    const { unread } = partition
    const isWanted = wantedOf(partition, this.#port.isWanted)
    const walked: Walked = { owed: 0, filtered: 0, expired: 0, already_settled: 0 }
    const wasCaughtUp = partition.isCaughtUp
    let records = 0
    this.#isHalted = false
    for (let chunk = unread.head; chunk !== null && !partition.isStretched(maxSpan); chunk = unread.head) {
      if (records >= recordsAtOnce || this.#isHalted || this.#isSwollen(partition)) break
      if (!chunk.next()) {
        walked.filtered += chunk.leftOut
        records += chunk.leftOut
        tracker.skipTo(chunk.lastOffset + 1)
        partition.walked = chunk.lastOffset + 1
        unread.shift()
        continue
      }
      partition.walked = chunk.offset + 1
      const isSettled = chunk.offset < tracker.next
      if (isSettled && partition.memory === null) continue
      records++
      if (isSettled || tracker.takeSettled(chunk.offset)) {
        if (isWanted === null || isWanted(chunk)) stage?.absorb(partition, chunk)
        walked.already_settled++
        continue
      }
      // A tombstone holds nothing to deliver.
      const isEmpty = chunk.valueEnd <= chunk.valueStart || (isWanted !== null && !isWanted(chunk))
      const become = isEmpty ? 'filtered' : this.#take(partition, chunk)
      walked[become]++
      if (become !== 'owed') tracker.skipTo(chunk.offset + 1)
    }
    this.#records += records
    this.#port.taken(records)
    for (const end of ['filtered', 'expired', 'already_settled'] as const) this.#port.ended(end, walked[end])
    if (this.#newest !== null) this.#keys.look(this.#newest)
    this.#newest = null
    this.#port.walked(partition, !wasCaughtUp && partition.isCaughtUp)
  }

  /** Owes the record to the target, unless it ends here. */
  #take(partition: Partition, chunk: RecordChunk): keyof Walked {
    const given = givenOf(partition, chunk)
    if (given !== null) this.#port.stage?.absorb(partition, chunk)
    const taken = given ?? this.#shaped(partition, chunk)
    if (typeof taken === 'string') this.#context.trace?.left(partition, chunk, taken)
    if (typeof taken === 'string') return taken
    if (taken instanceof Pending) this.#owe(partition, taken)
    else this.#refuse(partition, taken)
    return 'owed'
  }

  #shaped(partition: Partition, chunk: RecordChunk): Taken {
    const { stage } = this.#port
    return stage === null ? this.#plain(partition, chunk) : stage.take(partition, chunk)
  }

  #owe(partition: Partition, taken: Pending): void {
    const { lane } = taken
    const message = lane.isSlow ? taken.detached() : taken
    partition.owe(message)
    this.#context.trace?.read(message)
    this.#newest = message
    if (this.#context.tap.isOn) this.#context.tap.read(message)
    if (lane.device === null || !lane.device.isFollowed) this.#port.offer(message)
    else this.#port.divert(lane.device, message)
  }

  /** A step rejects it. */
  #refuse(partition: Partition, { message, failure }: Refused): void {
    const { lane } = message
    partition.owe(message)
    this.#context.trace?.read(message)
    if (this.#context.tap.isOn) this.#context.tap.read(message)
    if (this.#port.refused({ message, failure, attempts: 0 })) this.#isHalted = true
    partition.lanes.remove(lane)
  }

  /** Its bytes are no records: as nothing may be skipped, it takes no more until a person has looked. */
  #giveUp({ origin, unread }: Partition, detail: string): void {
    unread.clear()
    this.#port.pause(origin)
    this.#port.health.halt(origin, 'records_corrupt', detail)
  }

  /** A message without steps; one that waits in the held topic already was put there before a restart. */
  #plain(partition: Partition, chunk: RecordChunk): Pending | 'already_settled' {
    const lane = partition.lanes.of(chunk)
    return lane.device?.has(chunk.offset) ? 'already_settled' : new Pending(lane, chunk)
  }
}
