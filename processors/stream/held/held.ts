// The held topic: a device that the target refuses, or puts off for long, waits there, in order, and the others go on.
// Written as Kafka keeps it, so that whoever has a partition next knows who waits from the records alone (waiting-set.ts):
//
//   refused    1 the device's messages are appended, in order, and each that comes as long as it waits
//              2 each is settled in its channel once it was read back from there, and committed
//   released   3 its oldest message is tried, after a back-off; once the target takes it, the others follow
//              4 a marker says what has ended
//              5 once the marker is read, nothing of the device waits and nothing of it is being appended, it is sent
//                directly again; the held partition is committed up to the oldest message that still waits
//
// A process may die between any two of these:
//   before 1, or between 1 and 2   its channel still owes the message: it is read again, and passed over if it is held, or has
//                                  been released since: a device is known until its channel was read as far as it was held
//   between 2 and 3                it is held, and whoever opens the partition finds it before anything is sent
//   between 3 and 4                what was released is sent again, as after every crash: at most what no marker covers
//   between 4 and 5                the marker is read on opening, so nothing is sent again
// Channel and held topic are committed in one request, so neither can be forgotten while the other is not.
//
// There is one owner: on opening it writes its name, and sends nothing before it has read that. What a process that was
// thought dead writes later stands behind the name of another and does not count; such a process does not settle it
// either, since it reads the other's name first, and writes its own again only if the group says that the partition is its
// (owner/owner.ts). Within the owner all happens in one event loop.

import type { Failure } from '../../../connectors/connector.ts'
import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Lane, Pending } from '../dispatch/lane.ts'
import { HeldPartition } from './held-partition.ts'
import { HeldNews } from './news.ts'
import type { HeldPort } from './port.ts'
import { ensureHeldTopic } from './topic.ts'
import { deviceId, type WaitingDevice } from './waiting-device.ts'

export interface HeldOptions {
  readonly topic: string
  /** Does a device that is refused wait, or is each of its messages rejected? */
  readonly holdsDevices: boolean
  /** Ceiling of the back-off of a device. */
  readonly maxDelayMs: number
  /** How long a message may wait, in ms. */
  readonly maxMs: number
}

export function heldOptions({ onDeviceReject, order, held }: StreamConfig): HeldOptions {
  const { topic, maxDelayMs, maxHours } = held
  // Only where devices are what keeps its order may one wait beside the others.
  const holdsDevices = order === 'device' && onDeviceReject !== 'dead-letter'
  return { topic, holdsDevices, maxDelayMs, maxMs: maxHours * 3_600_000 }
}

export interface HeldParts extends Omit<HeldPort, 'news'> {
  /** The topics of the stream's channels. */
  readonly topics: readonly string[]
}

export class Held {
  readonly #context: StreamContext
  readonly #parts: HeldParts & HeldPort
  readonly #partitions = new Map<number, HeldPartition>()

  constructor(context: StreamContext, parts: HeldParts) {
    this.#context = context
    this.#parts = { ...parts, news: new HeldNews(context) }
  }

  [Symbol.iterator](): IterableIterator<HeldPartition> {
    return this.#partitions.values()
  }

  owns({ topic }: TopicPartition): boolean {
    return topic === this.#parts.options.topic
  }

  /** Who waits. */
  get devices(): readonly WaitingDevice[] {
    return [...this].flatMap(({ devices }) => devices.filter(({ isDone }) => !isDone))
  }

  /** In each partition in which any wait, the first message that does. */
  get firstsWaiting(): readonly (TopicPartition & { readonly offset: number })[] {
    return [...this].flatMap(({ origin, devices }) => {
      const firsts = devices.flatMap(({ count, first }) => (count > 0 ? [first] : []))
      return firsts.length === 0 ? [] : [{ ...origin, offset: Math.min(...firsts) }]
    })
  }

  /** Makes sure that the topic is there and has a partition for each of every channel. Rejects with a FaultError. */
  async ensure(): Promise<void> {
    const { options, topics, admin } = this.#parts
    await ensureHeldTopic(admin, { ...options, topics }, this.#context.log)
  }

  add(origin: TopicPartition): HeldPartition {
    const partition = new HeldPartition(this.#context, origin, this.#parts)
    this.#partitions.set(origin.partition, partition)
    return partition
  }

  remove({ partition }: TopicPartition): void {
    this.#partitions.get(partition)?.close()
    this.#partitions.delete(partition)
  }

  /** Has the partition been opened, and gone on without the held partition that belongs to it? */
  isApart({ origin, isOpen }: Partition): boolean {
    return isOpen && !this.#partitions.has(origin.partition)
  }

  /** Resolves once it is known who waits of the partition. Rejects while its held partition is another member's. */
  async prepare(partition: Partition, { isMoved }: Pick<OpenPosition, 'isMoved'>): Promise<void> {
    const held = this.#partitions.get(partition.origin.partition)
    await held?.whenKnown
    if (partition.closed) return
    if (held !== undefined && !held.closed) return held.attach(partition, isMoved)
    await this.ensure() // the channel may have got more partitions
    const { topic, partition: path } = partition.origin
    throw new FaultError('held_elsewhere', { path: `${topic}/${path}` })
  }

  /** Does the message at that place, of a device by a character for each byte of its key, wait no more? */
  isReleased({ topic, partition }: TopicPartition, device: string, place: string): boolean {
    const id = deviceId(topic, Buffer.from(device, 'latin1'))
    return this.#partitions.get(partition)?.isReleased(id, place) ?? false
  }

  receive(chunk: RecordChunk): void {
    this.#partitions.get(chunk.origin.partition)?.receive(chunk)
  }

  /** Lets what is in the lane, which is in no batch, wait; false where it cannot. */
  hold(lane: Lane, failure: Failure): boolean {
    return this.#partitions.get(lane.partition.origin.partition)?.hold(lane, failure) ?? false
  }

  /** May what is in the lane, or in a batch with it, wait? */
  mayHold(lane: Lane): boolean {
    return this.#partitions.get(lane.partition.origin.partition)?.mayHold(lane) ?? false
  }

  /** The device of the lane, which is in no batch, lacks what the steps need: it waits or, where none may, its messages are set aside. */
  lack(lane: Lane, failure: Failure): void {
    if (this.#parts.options.holdsDevices && this.hold(lane, failure)) return
    for (const message of lane.empty()) this.#parts.rejected({ message, failure, attempts: 0 })
    lane.lack = null
    lane.partition.lanes.remove(lane)
  }

  /** Lets a message wait, since its device does. */
  divert(device: WaitingDevice, message: Pending): void {
    this.#partitions.get(message.origin.partition)?.divert(device, message)
  }

  /** Nothing of the lane's device is on its way into the dead letters or receipts any more: what is to wait behind it may be written. */
  left({ partition, device }: Lane): void {
    if (device !== null) this.#partitions.get(partition.origin.partition)?.left(device)
  }

  /** The commits that Kafka does not have yet. */
  due(): CommitEntry[] {
    return [...this].flatMap(partition => partition.due() ?? [])
  }

  /** Kafka has these very `entries` of due(). */
  committed(entries: readonly CommitEntry[]): void {
    for (const entry of entries) if (this.owns(entry)) this.#partitions.get(entry.partition)?.committed(entry)
  }

  /** The partition was read on. `hasCaughtUp`: steps know what they knew before a restart, and what waited for it may be released. */
  walked({ origin }: Pick<Partition, 'origin'>, hasCaughtUp: boolean): void {
    this.#partitions.get(origin.partition)?.walked(hasCaughtUp)
  }

  /** Attributes have changed: `lacks` says whether a device lacks any. */
  retryLacking(lacks: (device: string) => boolean): void {
    for (const partition of this) partition.retryLacking(lacks)
  }

  async drain(deadlineMs: number): Promise<void> {
    await Promise.all([...this].map(partition => partition.drain(deadlineMs)))
  }

  close(): void {
    for (const { origin } of [...this]) this.remove(origin)
    this.#parts.news.close()
  }
}
