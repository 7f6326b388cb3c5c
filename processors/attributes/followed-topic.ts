// Keeps the devices of a compacted topic fresh: reads all of it once, and then, every second, what was added behind the
// last offset. It needs no consumer group, since every process reads everything. Where the topic is no longer the one
// that was read (created anew, or cut off by retention), all of it is read again.

import { every } from '../../connectors/clock.ts'
import type { PartitionRange } from '../../connectors/kafka/log/log.ts'
import { messageOf } from '../../schemas/errors.ts'
import type { AttributesParts } from './attributes.ts'
import type { DeviceTable } from './device-table.ts'
import { OccasionalEvent } from './occasional-event.ts'
import type { Devices } from './reading/device.ts'
import { decodeTopicRecord, type TopicDevice } from './topic-record.ts'

const intervalMs = 1_000

/** When a record came, in Unix ms, and what it says. */
type Said = TopicDevice & { readonly timestampMs: number }

export type FollowedTopicParts = Pick<AttributesParts, 'clock' | 'log' | 'admin'>

export class FollowedTopic {
  readonly #topic: string
  readonly #table: DeviceTable
  readonly #parts: FollowedTopicParts
  /** By partition the offset that is read next. */
  #next = new Map<number, number>()
  readonly #skipped: OccasionalEvent<string>
  readonly #changed: OccasionalEvent<true>
  #isLooking = false
  #isFailing = false
  #cancel: () => void = () => {}
  #state: 'open' | 'closed' = 'open'

  constructor(topic: string, table: DeviceTable, parts: FollowedTopicParts) {
    this.#topic = topic
    this.#table = table
    this.#parts = parts
    const { clock, log } = parts
    const source = topic
    this.#skipped = new OccasionalEvent(clock, (records, reason) =>
      log('attributes_skipped', { source, records, reason })
    )
    this.#changed = new OccasionalEvent(clock, records =>
      log('attributes_changed', { source, devices: table.size, records })
    )
  }

  /** Rejects as LogAdmin.ranges and LogAdmin.read do. */
  async open(): Promise<void> {
    await this.#readAll(await this.#parts.admin.ranges(this.#topic))
    this.#skipped.tellIfDue()
    this.#cancel = every(this.#parts.clock, intervalMs, () => void this.#lookInTurn())
  }

  /** What is being read is not waited for, as Kafka may be away: nothing more is taken of it. */
  async close(): Promise<void> {
    this.#state = 'closed'
    this.#cancel()
  }

  async #lookInTurn(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      await this.#look()
      this.#isFailing = false
    } catch (error) {
      this.#tellFailure(error)
    }
    this.#isLooking = false
    if (this.#state === 'closed') return
    this.#skipped.tellIfDue()
    this.#changed.tellIfDue()
  }

  async #look(): Promise<void> {
    const { admin, log } = this.#parts
    const ranges = await admin.ranges(this.#topic)
    if (!this.#isAnother(ranges)) return this.#readOn(ranges)
    await this.#readAll(ranges)
    if (this.#state === 'open') log('attributes_changed', { source: this.#topic, devices: this.#table.size })
  }

  /** Whether something is missing of what would be read next. */
  #isAnother(ranges: readonly PartitionRange[]): boolean {
    const places = new Map(ranges.map(range => [range.partition, range]))
    if (places.size === 0) return false // an answer that says nothing must not cost what is known
    return [...this.#next].some(([partition, next]) => {
      const range = places.get(partition)
      return range === undefined || next < range.start || next > range.end
    })
  }

  async #readAll(ranges: readonly PartitionRange[]): Promise<void> {
    const newest = new Map<string, Said>()
    const next = new Map<number, number>()
    for (const range of ranges) {
      // Within a partition the last record counts. Where partitions were added, a device may stand in two of them.
      const inPartition = new Map<string, Said>()
      for await (const said of this.#read(range, next)) inPartition.set(said.ident, said)
      for (const said of inPartition.values())
        if (said.timestampMs >= (newest.get(said.ident)?.timestampMs ?? said.timestampMs))
          newest.set(said.ident, said)
    }
    if (this.#state === 'closed') return
    const devices: Devices = new Map()
    for (const { ident, device } of newest.values()) if (device !== null) devices.set(ident, device)
    this.#next = next
    this.#table.replace(devices)
  }

  async #readOn(ranges: readonly PartitionRange[]): Promise<void> {
    let isChanged = false
    try {
      for (const range of ranges)
        for await (const { ident, device } of this.#read(range, this.#next)) {
          this.#table.put(ident, device)
          this.#changed.happened(true)
          isChanged = true
        }
    } finally {
      if (isChanged) this.#table.tellChanged()
    }
  }

  /** What the records say that `next` has not come to, which moves on with each; those of no use are left out. */
  async *#read({ partition, start, end }: PartitionRange, next: Map<number, number>): AsyncGenerator<Said> {
    const from = next.get(partition) ?? start
    next.set(partition, from)
    if (from >= end) return
    for await (const record of this.#parts.admin.read({ topic: this.#topic, partition, from, to: end })) {
      if (this.#state === 'closed') return
      next.set(partition, record.offset + 1)
      const decoded = decodeTopicRecord(record)
      if (!('reason' in decoded)) yield { ...decoded, timestampMs: record.timestampMs }
      else this.#skipped.happened(`${this.#topic}/${partition} at ${record.offset}: ${decoded.reason}`)
    }
  }

  #tellFailure(error: unknown): void {
    if (!this.#isFailing && this.#state === 'open')
      this.#parts.log('attributes_failed', { source: this.#topic, reason: messageOf(error) })
    this.#isFailing = true
  }
}
