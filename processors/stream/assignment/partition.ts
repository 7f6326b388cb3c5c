// Everything a stream knows of one partition during one assignment: its position, its pending messages, and what
// it is doing. A partition that comes back after it was lost is a new object, so the results of an older epoch find
// `closed` and are dropped. Invariant 4

import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { Pending } from '../dispatch/lane.ts'
import { Lanes, type Order } from '../dispatch/lanes.ts'
import type { PartitionState, Trouble } from '../health/state.ts'
import type { SequencePartition } from '../sequence/sequence-partition.ts'
import { encodeMetadata, type NumbersMark } from '../settlement/commit-metadata.ts'
import { maxSettledBytes, type Run, safeSpan } from '../settlement/settled-set.ts'
import { Tracker } from '../settlement/tracker.ts'
import type { PartitionMemory } from '../steps/partition-memory.ts'
import { Unread } from './unread.ts'

/** How far a partition had got: everything below `base` and in `settled` is settled, `committed` is Kafka's word. */
export interface Progress {
  readonly base: number
  readonly settled: readonly Run[]
  readonly committed: number
}

/** Where an assignment of a partition begins. */
export interface Position {
  /** The commit point. */
  readonly next: number
  /** What is settled above it. */
  readonly settled: readonly Run[]
  readonly committed: number
  /** From where it is read, so that steps know what came before the commit point; null: from there. */
  readonly readFrom: number | null
  readonly birthMs: number
  /** Which numbers were given in it; null: none that is known of. */
  readonly numbers: NumbersMark | null
  /** Of a held partition: who owned it there; null where that is not known. */
  readonly owner: string | null
  readonly end: number
}

/** How full the settled set may get before the partition reads no further. */
const fullSettledBytes = maxSettledBytes * 0.75

export class Partition {
  readonly origin: TopicPartition
  readonly lanes: Lanes
  /** What was fetched and is not taken yet. */
  unread = new Unread(0)
  /** Messages taken that have not ended. */
  pending = 0
  /** What the chunk fetched last is a view of, while anything is pending or unread. */
  newestBytes: Buffer | null = null
  /** Lanes that wait because an attempt failed. */
  waitingLanes = 0
  /** One past the last record of the partition, as last heard. */
  end = 0
  /** What steps remember of its devices; null where none does. */
  memory: PartitionMemory | null = null
  /** The numbers of its messages; null where they get none. */
  sequence: SequencePartition | null = null
  /** One past the last record that was walked over: below the read position while steps catch up after a restart. */
  walked = 0
  /** Fetching is paused because enough is pending and unread. */
  full = false
  /** Why it has halted until it is assigned anew: a person must act. */
  halt: Trouble | null = null
  /** Its topic is there no more, as last heard. */
  missing: Trouble | null = null
  closed = false
  #pendingBytes = 0
  #trouble: (() => Trouble) | null = null
  #tracker: Tracker | null = null
  #committed = 0
  #birthMs = 0
  #numbers: NumbersMark | null = null
  /** What the tracker had counted when a commit was made up, and when one was confirmed. */
  #offeredChanges = 0
  #committedChanges = 0
  /** The commit that was made up last. */
  #offered: CommitEntry | null = null
  #isSetFull = false
  /** The highest offset that is known to be delivered, or was settled before this assignment. */
  #passedTo = -1
  #caughtUpAt = 0

  constructor(origin: TopicPartition, order: Order) {
    this.origin = { topic: origin.topic, partition: origin.partition }
    this.lanes = new Lanes(this, order)
  }

  get state(): PartitionState {
    const halt = this.halt ?? this.missing
    if (halt !== null) return { kind: 'halted', trouble: halt }
    if (this.#tracker === null) return { kind: 'opening' }
    if (this.waitingLanes === 0 || this.#trouble === null) return { kind: 'running' }
    return { kind: 'waiting', trouble: this.#trouble() }
  }

  get isOpen(): boolean {
    return this.#tracker !== null
  }

  /** The steps have seen everything that was settled before. */
  get isCaughtUp(): boolean {
    return this.#tracker !== null && this.walked >= this.#caughtUpAt
  }

  /** Null until it is open. */
  get tracker(): Tracker | null {
    return this.#tracker
  }

  /** What is pending and unread takes in memory, overhead included. Invariant 5 */
  get bytes(): number {
    return this.#pendingBytes + this.unread.bytes
  }

  get lag(): number {
    return this.#tracker === null ? 0 : Math.max(0, this.end - this.#tracker.base)
  }

  /** Kafka holds something that should be fetched now. */
  get isBehind(): boolean {
    if (this.halt !== null || this.missing !== null || this.full) return false
    return this.#tracker !== null && this.unread.next < this.end
  }

  /** What is confirmed beyond the last commit; null while opening. */
  get progress(): Progress | null {
    if (this.#tracker === null) return null
    return { base: this.#tracker.base, settled: this.#tracker.ahead(), committed: this.#committed }
  }

  open({ next, settled, committed, readFrom, birthMs, numbers, end }: Position): void {
    this.#numbers = numbers
    this.#tracker = new Tracker(next, settled)
    this.walked = this.memory === null ? next : (readFrom ?? committed)
    this.#caughtUpAt = next
    this.unread = new Unread(this.walked)
    this.#committed = committed
    this.#passedTo = (settled.at(-1)?.to ?? 0) - 1
    const isTold = this.memory === null || readFrom !== null // from where it is to be read next time
    this.#committedChanges = next === committed && isTold ? 0 : -1
    this.#birthMs = birthMs
    this.end = end
  }

  /** Notes that the message is owed to the target. */
  owe(message: Pending): void {
    this.#tracker?.owe(message.offset)
    this.take(message)
  }

  /** Notes that a message is pending: from the channel, or from the held topic. */
  take(message: Pending): void {
    this.pending++
    this.#pendingBytes += message.cost
  }

  /** Notes that it is pending no more; what is owed on it stays as it is. */
  takeBack(message: Pending): void {
    this.pending--
    this.#pendingBytes -= message.cost
    if (this.pending === 0 && this.unread.head === null) this.newestBytes = null
  }

  /** Notes that nothing more is owed on the message. A second time it has no effect, and the books no longer balance. */
  settle(message: Pending): void {
    if (!message.settle()) return
    this.takeBack(message)
    this.sequence?.ended(message)
  }

  /** A message that is pending got its number, and is sent with that from now on. */
  carry(message: Pending, value: Buffer, sequence: number): void {
    this.#pendingBytes += message.carry(value, sequence)
  }

  /** Notes why some of its lanes wait; asked again whenever it is shown. */
  troubled(trouble: () => Trouble): void {
    this.#trouble = trouble
  }

  /**
   * Has so much been read beyond the commit point that a restart would repeat, or forget, too much? `maxSpan` is the
   * limit in offsets; within the safe span what is settled always fits into the commit. `share` is of both.
   */
  isStretched(maxSpan: number, share = 1): boolean {
    if (this.#tracker === null) return false
    const span = this.#tracker.next - this.#tracker.base
    return span >= maxSpan * share || (this.#isSetFull && span >= safeSpan * share)
  }

  /** The message was delivered. */
  passed({ offset }: Pending): void {
    if (offset > this.#passedTo) this.#passedTo = offset
  }

  /** Was something delivered that stands behind the message? */
  isPassed(message: Pending | null): boolean {
    return message !== null && message.offset < this.#passedTo
  }

  /** The commit that Kafka does not have yet, or null. */
  due(): CommitEntry | null {
    const tracker = this.#tracker
    if (tracker === null || tracker.changes === this.#committedChanges) return null
    this.#offeredChanges = tracker.changes
    const { base } = tracker
    const numbers = this.sequence?.mark ?? this.#numbers
    const metadata = encodeMetadata(base, {
      ...{ birthMs: this.#birthMs, settled: tracker.ahead() },
      ...(this.memory !== null && { readFrom: this.memory.from }),
      ...(numbers !== null && { numbers })
    })
    this.#isSetFull = metadata.length > fullSettledBytes
    this.#offered = { ...this.origin, next: base, metadata }
    return this.#offered
  }

  /** Kafka has `entry`. An answer that comes late may be to a commit that an earlier assignment made up. */
  committed(entry: CommitEntry): void {
    if (entry !== this.#offered) return // Invariant 4
    this.#committed = entry.next
    this.#committedChanges = this.#offeredChanges
  }

  /** What Kafka has confirmed: everything below is settled for whoever comes next. */
  get committedNext(): number {
    return this.#committed
  }

  /** A commit would tell more than the last one. */
  renew(): void {
    this.#committedChanges = -1
  }

  /** Ends this assignment of the partition: whatever still runs for it no longer counts. */
  close(): void {
    this.closed = true
    this.unread.clear()
    this.sequence?.close()
    for (const lane of this.lanes) lane.cancelWait?.()
  }
}

/** The key of a partition in maps. */
export function partitionKey(origin: TopicPartition): string {
  return `${origin.topic}/${origin.partition}`
}
