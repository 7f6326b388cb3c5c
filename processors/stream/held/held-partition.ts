// One held partition and the devices that wait in it, beside the partitions of the same number of the stream's channels,
// which the same member has. It lives as long as the assignment does. Invariant 4

import type { Failure } from '../../../connectors/connector.ts'
import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Partition, Position } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Lane, Pending } from '../dispatch/lane.ts'
import { HeldCommits } from './commits.ts'
import { Owner } from './owner/owner.ts'
import type { HeldPort } from './port.ts'
import { Release } from './release/release.ts'
import { ReleasedMessage } from './release/released-message.ts'
import { WaitingDevice } from './waiting-device.ts'
import { WaitingSet } from './waiting-set.ts'

export class HeldPartition {
  readonly origin: TopicPartition
  closed = false
  /** Resolves once it is known who waits, or the assignment is over. */
  readonly whenKnown: Promise<void>
  readonly #context: StreamContext
  readonly #port: HeldPort
  readonly #owner: Owner
  #waiting: WaitingSet | null = null
  #release: Release | null = null
  #commits: HeldCommits | null = null
  /** Devices whose originals may be read in their channel once more. */
  readonly #repeated = new Set<WaitingDevice>()
  #isKnown = false
  #resolveKnown: () => void = () => {}

  constructor(context: StreamContext, origin: TopicPartition, port: HeldPort) {
    this.origin = { topic: origin.topic, partition: origin.partition }
    this.#context = context
    this.#port = port
    this.#owner = new Owner(context, {
      ...{ ...port, origin: this.origin, lost: (device: WaitingDevice) => this.#end(device) },
      confirm: async () => this.#commits?.confirm(port.consumer)
    })
    this.whenKnown = new Promise(resolve => {
      this.#resolveKnown = resolve
    })
  }

  get isOpen(): boolean {
    return this.#waiting !== null
  }

  /** Who waits here. */
  get devices(): readonly WaitingDevice[] {
    return [...(this.#waiting?.devices.values() ?? [])]
  }

  /** Becomes the owner; what is read from `next` on tells who waits. */
  open(position: Position): void {
    const { next, owner } = position
    const waiting = new WaitingSet(next, owner, {
      held: (device, message) => {
        if (message.owner === this.#owner.name) this.#owner.appended(device, message.offset)
        if (this.#isKnown) this.#meet(device)
      },
      released: (device, marker) => {
        if (!this.#isKnown) return
        this.#owner.marked(device, marker)
        this.#end(device)
      },
      wanted: device => this.#isKnown && this.#release?.now(device),
      owned: name => {
        const isOurs = name === this.#owner.name
        if (isOurs && this.#isKnown) this.#owner.regain(() => this.devices)
        else if (isOurs) this.#know()
        else if (this.#isKnown) this.#owner.insist(() => this.devices)
      }
    })
    this.#waiting = waiting
    this.#commits = new HeldCommits(this.origin, waiting, position)
    const progressed = (device: WaitingDevice) => this.#owner.progressed(device)
    this.#release = new Release(this.#context, { ...this.#port, origin: this.origin, waiting, progressed })
    this.#owner.writeName()
  }

  /** Does the message there wait here no more, as far as the log says? */
  isReleased(deviceId: string, place: string): boolean {
    const device = this.#waiting?.devices.get(deviceId)
    if (!this.#isKnown || device === undefined) return this.#isKnown
    const offset = Number(place.slice(1))
    return place.startsWith('h') ? device.first > offset : device.releasedOrigin >= offset
  }

  receive(chunk: RecordChunk): void {
    const waiting = this.#waiting
    while (waiting !== null && chunk.next()) if (chunk.offset >= waiting.next) waiting.apply(chunk.record())
    this.#owner.tell()
  }

  /** Gives the devices of a partition that is about to be read their lanes. `isMoved`: somebody wants it to be read again. */
  attach(partition: Partition, isMoved: boolean): void {
    for (const device of this.devices) {
      if (device.topic !== partition.origin.topic) continue
      if (isMoved && device.isDone) this.#forget(device)
      else this.#attach(device, partition)
    }
    this.#release?.wake()
  }

  /** The target refuses the device of the lane, which is in no batch: what it has, and what comes, waits here. False where none may. */
  hold(lane: Lane, failure: Failure): boolean {
    const device = lane.device ?? this.#deviceOf(lane, failure)
    if (device === null) return false
    this.#context.reached('held_refused')
    this.#port.news.refused(device, failure)
    device.refused(failure)
    const messages = lane.empty()
    const released = messages.filter(message => message instanceof ReleasedMessage)
    this.#release?.takeBack(device, released)
    for (const message of messages) if (!(message instanceof ReleasedMessage)) this.divert(device, message)
    this.#release?.schedule(device)
    return true
  }

  /** May what is in the lane, or in a batch with it, wait here? */
  mayHold(lane: Lane): boolean {
    return this.#waiting?.hasRoomFor(lane) ?? false
  }

  /** The message waits here, since its device does. */
  divert(device: WaitingDevice, message: Pending): void {
    if (this.#context.tap.isOn) this.#context.tap.ended('held', message, device.why.code)
    this.#context.trace?.ended('held', message, device.why.code)
    this.#owner.append(device, message)
  }

  /** What is to wait of the device may be written: nothing before it is on its way elsewhere. */
  left(device: WaitingDevice): void {
    this.#owner.write(device)
  }

  /** The commit that Kafka does not have yet, or null. What is below it is needed no more. */
  due(): CommitEntry | null {
    return this.#isKnown ? (this.#commits?.due() ?? null) : null
  }

  committed(entry: CommitEntry): void {
    this.#commits?.committed(entry)
  }

  /** A channel was read on. `hasCaughtUp`: messages that wait as they came may meet the steps now. */
  walked(hasCaughtUp: boolean): void {
    for (const device of this.#repeated) this.#catchUp(device)
    if (hasCaughtUp) this.#release?.wake()
  }

  /** Tries those that have waited for an attribute and got it. */
  retryLacking(lacks: (device: string) => boolean): void {
    for (const device of this.devices)
      if (device.rawFrom < Number.POSITIVE_INFINITY && !lacks(device.key.toString()))
        this.#release?.now(device)
  }

  drain(deadlineMs: number): Promise<void> {
    return this.#owner.drain(deadlineMs)
  }

  /** Ends the assignment. */
  close(): void {
    this.closed = true
    this.#owner.close()
    this.#release?.close()
    this.#resolveKnown()
  }

  /** All that was written before this owner is read. */
  #know(): void {
    this.#isKnown = true
    for (const device of this.devices) {
      device.known()
      this.#release?.schedule(device)
      this.#repeated.add(device)
      this.#catchUp(device)
    }
    this.#resolveKnown()
  }

  /** The log has a message of the device: of a new one where a person has resent a dead letter. */
  #meet(device: WaitingDevice): void {
    if (device.lane !== null) this.#release?.wake()
    else {
      const partition = this.#port.partitionOf(device.topic, this.origin.partition)
      device.created()
      if (partition !== undefined) this.#attach(device, partition)
      this.#release?.now(device)
    }
  }

  #attach(device: WaitingDevice, partition: Partition): void {
    device.lane = partition.lanes.ofDevice(device.key, device.first)
    device.lane.hold(device)
    // Since others of it wait as they came, so do those that come.
    device.lane.lack ??= device.lack
  }

  /** The device of a lane that is about to wait; null where no more may. */
  #deviceOf(lane: Lane, { code, detail }: Failure): WaitingDevice | null {
    const { head, partition } = lane
    if (this.#waiting === null || head === null || !this.#waiting.hasRoomFor(lane)) return null
    const key = head.bytes.subarray(head.keyStart, head.keyEnd)
    const about = { sinceMs: this.#context.clock.now(), why: { code, answer: detail } }
    const device = new WaitingDevice(partition.origin.topic, key, about)
    device.created()
    this.#waiting.add(device)
    this.#attach(device, partition)
    return device
  }

  /** Its channel may have been read as far as its messages were held. */
  #catchUp(device: WaitingDevice): void {
    const partition = this.#port.partitionOf(device.topic, this.origin.partition)
    if (partition === undefined || partition.tracker?.isPast(device.lastOrigin)) this.#forget(device)
  }

  /** Nothing that has waited is passed over any more, should it come again. */
  #forget(device: WaitingDevice): void {
    device.mayRepeat = false
    this.#repeated.delete(device)
    this.#leave(device)
  }

  /** Nothing of it may wait any more. */
  #end(device: WaitingDevice): void {
    if (device.isDone) this.#port.news.released(device)
    this.#leave(device)
  }

  /** Nothing of it may wait, or come again, any more: then what comes is sent directly. */
  #leave(device: WaitingDevice): void {
    if (!this.#isKnown || !device.isDone || device.mayRepeat) return
    device.cancelWait?.()
    this.#waiting?.remove(device)
    const { lane } = device
    if (lane === null) return
    lane.device = null
    lane.lack = null
    lane.partition.lanes.remove(lane)
  }
}
