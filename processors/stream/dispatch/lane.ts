// A lane: the pending messages of one device in one partition, in order. It is in at most one batch at a time, which
// is what keeps the device in order (Invariant 2).
//
//   idle -> ready -> inFlight -> idle (and gone, when nothing is pending)
//             ^         |  ^
//             |         v  |
//             +------ waiting     with its batch, or alone when only its device was refused for a while

import type { Failure } from '../../../connectors/connector.ts'
import { headerBytesOf, Message, type RecordView, withValue } from '../../../connectors/kafka/log/message.ts'
import { ownBytes } from '../../../connectors/kafka/log/own-bytes.ts'
import type { Partition } from '../assignment/partition.ts'
import type { WaitingDevice } from '../held/waiting-device.ts'
import type { MessageTrace } from '../trace.ts'
import { Chain, type Link } from './chain.ts'
import type { Destination } from './destination.ts'
import type { KeyBytes } from './lanes.ts'
import type { Tries } from './outcome/tries.ts'

/** What a message costs in memory beside its key, value and headers: its object and, as most devices have one at a time, its lane. */
export const overheadBytes = 280

const nothing = Buffer.alloc(0)

export type LaneState = 'idle' | 'ready' | 'inFlight' | 'waiting'

/** A message that was read and has not ended. */
export class Pending extends Message implements Link<Pending> {
  next: Pending | null = null
  readonly lane: Lane
  /** The steps have not been applied to it. */
  isRaw = false
  /** Why they cannot be yet: it is not sent before. */
  lack: Failure | null = null
  /** Its number, which its bytes carry from then on; null while it has none. */
  sequence: number | null = null
  /** Its span, while it has one that has not ended. */
  trace: MessageTrace | null = null
  // Its number is written into it only right before it is sent.
  declare bytes: Buffer
  declare keyStart: number
  declare keyEnd: number
  declare start: number
  declare end: number
  declare headersStart: number
  declare headersEnd: number

  constructor(lane: Lane, view: RecordView) {
    super(lane.partition.origin, view)
    this.lane = lane
  }

  /** Of its key, value and headers. */
  get ownBytes(): number {
    return this.end - this.start + Math.max(0, this.keyEnd - this.keyStart) + headerBytesOf(this)
  }

  get cost(): number {
    return this.ownBytes + overheadBytes
  }

  /** Where it is read: the number that it got is found by that again. */
  get place(): string {
    return `c${this.offset}`
  }

  /** From now on it is sent with this value, which carries its number. Returns what more it takes in memory. */
  carry(value: Buffer, sequence: number): number {
    const before = this.cost
    const view = withValue(this, value)
    this.bytes = view.bytes
    this.keyStart = view.keyStart
    this.keyEnd = view.keyEnd
    this.start = view.valueStart
    this.end = view.valueEnd
    this.headersStart = view.headersStart
    this.headersEnd = view.headersEnd
    this.sequence = sequence
    return this.cost - before
  }

  /** Its bytes are needed no more; what it counts for stays until it has ended. Invariant 5 */
  letGo(): void {
    this.bytes = nothing
  }

  /** It is in its lane no more, and ends only with its dead letter or its receipt. */
  leave(): void {
    this.lane.leaving++
  }

  /** That is written. True when nothing else is on its way from its lane. */
  left(): boolean {
    return --this.lane.leaving === 0
  }

  /** Notes where it is owed that nothing more is; false when nothing was. */
  settle(): boolean {
    return this.lane.partition.tracker?.settle(this.offset) === true
  }

  /** The same message with bytes of its own, so that a long wait does not retain the whole fetch. Invariant 5 */
  detached(): Pending {
    if (this.bytes.buffer.byteLength === this.ownBytes) return this
    const detached = new Pending(this.lane, withValue(this, this.value()))
    detached.isRaw = this.isRaw
    detached.lack = this.lack
    detached.sequence = this.sequence
    detached.trace = this.trace
    return detached
  }
}

/** As a chain it holds the messages that are in no batch. */
export class Lane extends Chain<Pending> implements Link<Lane> {
  next: Lane | null = null
  readonly partition: Partition
  /** Of its key. */
  readonly hash: number
  /** The next lane of the same bucket. */
  besides: Lane | null = null
  /** Where its first message goes, while it is ready. */
  destination: Destination | null = null
  /** The first of its messages that is in a batch. */
  taken: Pending | null = null
  /** Attempts after which only this device had to wait; null since one succeeded. */
  tries: Tries | null = null
  /** Set while it waits alone: ends the wait, and what it waits for. */
  cancelWait: (() => void) | null = null
  failure: Failure | null = null
  /** Set while its device waits in the held topic: what comes goes there, and what is sent comes from there. */
  device: WaitingDevice | null = null
  /** Set while the steps cannot be applied to its newest messages, and so not to those that come. */
  lack: Failure | null = null
  /** Messages that have left it and have not ended: their dead letters or receipts are on their way. */
  leaving = 0
  /** Its messages wait long: they have bytes of their own, and so shall those that come. */
  isSlow = false
  #state: LaneState = 'idle'
  /** Its key where it stands in the newest of its messages, which is there as long as the lane. */
  #keyBytes: Buffer
  #keyStart: number
  #keyEnd: number

  constructor(partition: Partition, hash: number, key: KeyBytes) {
    super()
    this.partition = partition
    this.hash = hash
    this.#keyBytes = key.bytes
    this.#keyStart = key.start
    this.#keyEnd = key.end
  }

  hasKey(hash: number, { bytes, start, end }: KeyBytes): boolean {
    const length = end - start
    if (hash !== this.hash || length !== this.#keyEnd - this.#keyStart) return false
    for (let at = 0; at < length; at++)
      if (bytes[start + at] !== this.#keyBytes[this.#keyStart + at]) return false
    return true
  }

  /** A message with its key was read. */
  seen({ bytes, start, end }: KeyBytes): void {
    if (this.isSlow || this.device !== null) return
    this.#keyBytes = bytes
    this.#keyStart = start
    this.#keyEnd = end
  }

  /** From now on what it sends comes from the held topic. It may long be empty, so its key gets bytes of its own. */
  hold(device: WaitingDevice): void {
    this.device = device
    this.#ownKey()
  }

  get state(): LaneState {
    return this.#state
  }

  become(state: LaneState): void {
    if (this.#state === 'waiting') this.partition.waitingLanes--
    if (state === 'waiting') this.partition.waitingLanes++
    else this.isSlow = false
    this.#state = state
  }

  /** Nobody needs it any more. */
  get isOver(): boolean {
    return this.head === null && this.#state === 'idle' && this.device === null && this.leaving === 0
  }

  /** The oldest of its messages that has not left it, in a batch or not. */
  get oldest(): Pending | null {
    return this.taken ?? this.head
  }

  /** Puts messages back to the front, in their order. */
  restore(messages: readonly Pending[]): void {
    for (const message of messages.toReversed()) this.unshift(message)
    this.taken = null
    this.isSlow = false // of those that come back nobody has made copies
  }

  /** Gives all its messages bytes of their own, and those that come while it waits on. */
  detach(): void {
    if (this.isSlow) return
    this.isSlow = true
    this.#ownKey()
    for (const message of this.empty()) this.push(message.detached())
  }

  #ownKey(): void {
    const key = this.#keyBytes.subarray(this.#keyStart, Math.max(this.#keyStart, this.#keyEnd))
    this.#keyBytes = ownBytes([key])
    this.#keyEnd -= this.#keyStart
    this.#keyStart = 0
  }
}
