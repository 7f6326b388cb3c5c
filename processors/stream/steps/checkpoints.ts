// Keeps what steps remember over restarts and take-overs, in a compacted topic beside the channels.
//
// Every few seconds a cut is made through a partition: a copy of what is remembered now of each device that was seen since
// the last one. It may be ahead of what is settled, and whoever reads on from the commit point must find what was
// remembered there. So it waits until Kafka has a commit at or above it; only then is it written, and once that is
// acknowledged the next commit says from where on messages have to be seen again: from the cut. A restart reads what is
// written, shows the steps everything from there to the commit point, which sends nothing, and goes on. A crash between
// two writes leaves devices that are ahead of others: each record says which message its device's steps saw last, and
// none is shown them twice.

import { every } from '../../../connectors/clock.ts'
import type { LogAdmin, LogProducer, TopicRanges } from '../../../connectors/kafka/log/log.ts'
import { rangeIn } from '../../../connectors/kafka/log/ranges.ts'
import { ensureCompacted } from '../../../connectors/kafka/topics.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { NamedStep } from '../../steps/compile.ts'
import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Health } from '../health/health.ts'
import { Writer } from '../writer.ts'
import { type Cut, type DeviceMemory, PartitionMemory } from './partition-memory.ts'
import { decodeState, encodeSince, encodeState, type StatePlace, sinceIn } from './state-record.ts'

/** How often a cut is made: what lies behind the last one is read again after a restart. */
const cutMs = 5_000
/** Records that are made at a time. */
const recordsAtOnce = 1_000

export interface CheckpointsPort {
  readonly topic: string
  /** The topics of the stream's channels. */
  readonly origins: readonly string[]
  readonly steps: readonly NamedStep[]
  /** Somebody asks when devices were heard. */
  readonly hears: boolean
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly health: Health
  partitions(): Iterable<Partition>
  /** Devices of a partition of which something is remembered, at most. */
  maxDevices(): number
  /** A commit would tell more than the last one. */
  touch(): void
}

export class Checkpoints {
  readonly #context: StreamContext
  readonly #port: CheckpointsPort
  readonly #writer: Writer
  readonly #stop: () => void
  #ensured: Promise<void> | null = null
  #asked: Promise<TopicRanges> | null = null

  constructor(context: StreamContext, port: CheckpointsPort) {
    this.#context = context
    this.#port = port
    const { topic, producer, health } = port
    this.#writer = new Writer(context, { topic, name: 'state', producer, health })
    this.#stop = every(context.clock, cutMs, () => this.#cut())
  }

  /** Gives the partition what is remembered of its devices. Rejects with a FaultError while it cannot be read. */
  async restore(partition: Partition, { next, readFrom }: OpenPosition): Promise<void> {
    await this.#ensure()
    const { admin, topic, steps, maxDevices } = this.#port
    const place = this.#placeOf(partition)
    const memory = new PartitionMemory(readFrom ?? next, steps.length)
    const { partition: number } = partition.origin
    const range = rangeIn(await this.#ranges(), { topic, partition: number })
    if (range === undefined) {
      this.#ensured = null // the channel has got more partitions
      throw new FaultError('topic_missing', { path: `${topic}/${number}` })
    }
    let sinceMs: number | null = null
    for await (const record of admin.read({ topic, partition: number, from: range.start, to: range.end })) {
      const state = decodeState(record, place)
      sinceMs = sinceIn(record, place) ?? sinceMs
      // Where somebody has set the commit back, what was remembered of later messages does not count.
      if (state === null || state.offset >= next) continue
      // Without readFrom nobody has listened for a while: when a device was heard before says nothing.
      memory.restore(readFrom === null ? { ...state, heardMs: 0 } : state, maxDevices())
    }
    if (this.#port.hears) this.#hearSince(memory, place, readFrom === null ? null : sinceMs)
    partition.memory = memory
  }

  /** Notes since when it is known of all devices when they are heard; null: from now on. */
  #hearSince(memory: PartitionMemory, place: StatePlace, sinceMs: number | null): void {
    memory.hearsSinceMs = sinceMs ?? this.#context.clock.now()
    if (sinceMs === null)
      this.#writer.put({ record: encodeSince(place, memory.hearsSinceMs), done: () => {} })
  }

  /** Kafka has taken commits: what waited for them is written. */
  committed(): void {
    for (const partition of this.#port.partitions()) {
      const { memory, committedNext } = partition
      const cut = memory?.cut ?? null
      if (memory === null || cut === null || memory.isWriting || committedNext < cut.to) continue
      memory.isWriting = true
      void this.#append(partition, cut.devices).then(() => this.#written(partition, memory, cut))
    }
  }

  /** Resolves once what is remembered now of a device is written, or nothing can be; null where nothing is. */
  keep(partition: Partition, device: string): Promise<void> | null {
    const memory = partition.memory?.copyOf(device) ?? null
    if (memory === null) return null
    return this.#append(partition, [memory])
  }

  close(): void {
    this.#stop()
    this.#writer.close()
  }

  #cut(): void {
    for (const { memory, isOpen, walked } of this.#port.partitions()) if (isOpen) memory?.takeCut(walked)
    this.committed()
  }

  #written(partition: Partition, memory: PartitionMemory, cut: Cut): void {
    memory.isWriting = false
    if (partition.closed) return // Invariant 4
    memory.written(cut)
    partition.renew()
    this.#port.touch()
  }

  /** Resolves once Kafka has what is remembered of the devices; never, once the stream has stopped. */
  async #append(partition: Partition, devices: readonly DeviceMemory[]): Promise<void> {
    for (let at = 0; at < devices.length; at += recordsAtOnce) {
      if (partition.closed) return // Invariant 4
      await this.#appendSome(this.#placeOf(partition), devices.slice(at, at + recordsAtOnce))
    }
  }

  #appendSome(place: StatePlace, devices: readonly DeviceMemory[]): Promise<void> {
    let left = devices.length
    return new Promise(resolve => {
      const done = () => {
        if (--left === 0) resolve()
      }
      for (const device of devices) {
        // What Kafka does not take because of its size is not kept: after a restart the device begins anew.
        const forget = () =>
          this.#writer.put({ record: encodeState({ ...device, memories: [] }, place), done })
        this.#writer.put({ record: encodeState(device, place), done, tooLarge: forget })
      }
    })
  }

  #placeOf({ origin }: Partition): StatePlace {
    return { steps: this.#port.steps, topic: origin.topic, partition: origin.partition }
  }

  /** Partitions are opened many at a time, and ask at the same moment. */
  #ranges(): Promise<TopicRanges> {
    this.#asked ??= this.#port.admin.rangesWithLeader(this.#port.topic).finally(() => {
      this.#asked = null
    })
    return this.#asked
  }

  #ensure(): Promise<void> {
    const { admin, topic, origins } = this.#port
    this.#ensured ??= ensureCompacted(admin, { topic, beside: origins }, this.#context.log)
    return this.#ensured.catch(error => {
      this.#ensured = null
      throw error
    })
  }
}
