// What the owner of a held partition writes into it: its name, the messages that wait, and markers. Each is valid once it
// was read back, since then it stands before the name of any later owner.

import { settledWithin } from '../../../../connectors/clock.ts'
import type { TopicPartition } from '../../../../connectors/kafka/log/message.ts'
import type { Partition } from '../../assignment/partition.ts'
import type { StreamContext } from '../../context.ts'
import type { Pending } from '../../dispatch/lane.ts'
import { Writer } from '../../writer.ts'
import { heldMessage, heldNote, type Released } from '../held-record.ts'
import type { HeldPort } from '../port.ts'
import type { WaitingDevice } from '../waiting-device.ts'
import { Markers } from './markers.ts'

/** About how long before a name is written again. */
const insistMs = 1_000

export interface OwnerPort extends HeldPort {
  readonly origin: TopicPartition
  /** A message of the device ended in another way, since Kafka does not take it. */
  lost(device: WaitingDevice): void
  /** Resolves once the group confirms that the partition is ours. */
  confirm(): Promise<void>
}

export class Owner {
  /** Whoever has the partition writes under a name of its own, in every assignment another. */
  readonly name: string
  readonly #context: StreamContext
  readonly #port: OwnerPort
  readonly #writer: Writer
  readonly #markers: Markers
  /** What is remembered of devices is being written, before their markers are. */
  readonly #keeping = new Set<Promise<unknown>>()
  #cancelInsisting: (() => void) | null = null
  /** That of another stands behind our name; in every contest another. */
  #contested: symbol | null = null
  #isClosed = false
  /** Messages that were read back and not told of, and their partitions. */
  #settled = 0
  readonly #relieved = new Set<Partition>()

  constructor(context: StreamContext, port: OwnerPort) {
    const { origin, producer, health } = port
    this.#context = context
    this.#port = port
    this.name = [1, 2].map(() => Math.floor(context.clock.random() * 2 ** 32).toString(36)).join('')
    const trouble = `held ${origin.partition}`
    this.#writer = new Writer(context, { topic: origin.topic, name: trouble, producer, health })
    this.#markers = new Markers(context, device => this.#mark(device))
  }

  writeName(): void {
    const record = heldNote({ kind: 'owner', owner: this.name }, this.#port.origin.partition)
    this.#writer.put({ record, done: () => this.#context.reached('held_owned') })
    this.#writer.flush() // nothing is sent before it was read back
  }

  /**
   * Somebody wrote a name behind ours: one that was thought dead, and had it under way. What we write then does not count.
   * It may as well be us who was thought dead, which is known before long: so we wait a little, and ask the group before we
   * write ours again, and once more before anything behind it. What one who was replaced writes under its name would wait,
   * although it has been sent meanwhile.
   */
  insist(devices: () => Iterable<WaitingDevice>): void {
    const { clock } = this.#context
    this.#contested = Symbol()
    this.#cancelInsisting ??= clock.after(insistMs * (0.5 + clock.random()), () => {
      this.#cancelInsisting = null
      this.#whenConfirmed(devices, () => this.writeName())
    })
  }

  /** Our name was read back: if that of another stood behind the one before, what was not read back is written again. */
  regain(devices: () => Iterable<WaitingDevice>): void {
    if (this.#contested === null) return
    this.#whenConfirmed(devices, () => {
      this.#contested = null
      for (const device of devices()) {
        this.write(device)
        for (const marker of device.markers) this.#writeMarker(device, marker)
      }
    })
  }

  /** Writes all messages that are to wait and were not read back. */
  write(device: WaitingDevice): void {
    for (const message of device.appending.values()) this.#write(device, message)
  }

  /** Writes a message that is to wait. */
  append(device: WaitingDevice, message: Pending): void {
    device.appending.set(message.offset, message)
    this.#write(device, message)
  }

  /** The message was read back: it is settled in its channel. Call tell() after the last one. Invariant 1 */
  appended(device: WaitingDevice, offset: number): void {
    const message = device.appending.get(offset)
    device.appending.delete(offset)
    if (message === undefined || message.lane.partition.closed) return // Invariant 4
    message.lane.partition.settle(message)
    this.#relieved.add(message.lane.partition)
    this.#settled++
  }

  /** Tells how many messages were settled. */
  tell(): void {
    if (this.#settled === 0) return
    const [settled, relieved] = [this.#settled, [...this.#relieved]]
    this.#settled = 0
    this.#relieved.clear()
    this.#port.ended('held', settled)
    for (const partition of relieved) this.#port.relieved(partition)
  }

  /** Messages of the device have ended, which a marker is to tell. */
  progressed(device: WaitingDevice): void {
    this.#markers.note(device)
  }

  /** A marker of the device was read back. */
  marked(device: WaitingDevice, { through }: Released): void {
    device.marked(through)
    if (device.unmarked > 0) this.#markers.note(device)
  }

  /** Writes what is to be written, within `deadlineMs`. Invariant 7 */
  async drain(deadlineMs: number): Promise<void> {
    await this.#kept(deadlineMs)
    if (this.#keeping.size === 0) this.#markers.drain() // none overtakes the one before it
    await this.#kept(deadlineMs)
    await this.#writer.drain(deadlineMs)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelInsisting?.()
    this.#markers.close()
    this.#writer.close()
  }

  /** Does it once the group says that the partition is ours, unless somebody writes a name meanwhile. */
  #whenConfirmed(devices: () => Iterable<WaitingDevice>, act: () => void): void {
    const contested = this.#contested
    const confirmed = this.#port.confirm().then(() => this.#contested === contested && act())
    confirmed.catch(() => this.#isClosed || this.insist(devices))
  }

  /** Resolves once what is to be kept before markers are written is, or after `deadlineMs`. */
  async #kept(deadlineMs: number): Promise<void> {
    if (this.#keeping.size === 0) return
    await settledWithin(this.#context.clock, Promise.all(this.#keeping), { limitMs: deadlineMs })
  }

  #write(device: WaitingDevice, message: Pending): void {
    if (this.#contested !== null) return // all that was not read back is written once it is ours again
    // Whoever reads it takes all of the device before it for ended: it is written once that is so.
    if ((device.lane?.leaving ?? 0) > 0) return
    const about = { why: device.why, owner: this.name, nowMs: this.#context.clock.now() }
    this.#writer.put({
      record: heldMessage(message, about),
      done: () => this.#context.reached('held_appended'),
      tooLarge: () => {
        device.appending.delete(message.offset)
        const failure = { kind: 'reject', code: 'held_too_large', detail: device.why.answer } as const
        this.#port.rejected({ message, failure, attempts: device.failures })
        this.#port.lost(device)
      }
    })
  }

  #mark(device: WaitingDevice): void {
    const marker = device.takeMarker(this.name)
    if (marker === null) return
    const kept = this.#port.steps.keep(device)
    if (kept === null) this.#writeMarker(device, marker)
    else {
      this.#keeping.add(kept)
      // What steps remember of messages that a marker says are gone must be known to whoever comes next.
      void kept.then(() => {
        this.#keeping.delete(kept)
        this.#writeMarker(device, marker)
      })
    }
  }

  #writeMarker(device: WaitingDevice, marker: Released): void {
    if (this.#contested !== null) return
    const record = heldNote(marker, this.#port.origin.partition, device.key)
    this.#writer.put({ record, done: () => this.#context.reached('held_marked') })
  }
}
