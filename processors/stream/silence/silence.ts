// Tells which devices of a stream have been silent for too long: those of which Kafka has got nothing, whatever the stream
// made of what came before. When each was heard is kept with what steps remember (steps/checkpoints.ts), so that a restart
// forgets nobody; devices of which attributes are known are expected although they were never heard. Every process looks
// after its own partitions. What lies in Kafka unread is no silence: where a partition is behind, its time stands still.

import { every } from '../../../connectors/clock.ts'
import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import { type Partition, partitionKey } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import { SilenceNews } from './news.ts'
import { Roll } from './roll.ts'

export interface SilenceOptions {
  /** How long a device may be silent. */
  readonly afterMs: number
  /** Devices that are known without having been heard, with the topics in which the stream wants them. */
  expected(nowMs: number): Iterable<ExpectedDevice>
  /** Whether the stream wants a device that it has heard before. */
  wants(device: string, topic: string, nowMs: number): boolean
}

export interface ExpectedDevice {
  readonly device: string
  readonly topic: string
}

/** Devices by when Kafka got their last message, in Unix ms; null of those that were never heard. */
export type SilentDevices = ReadonlyMap<string, number | null>

export interface SilencePort {
  readonly options: SilenceOptions
  /** The topics of the stream's channels. */
  readonly origins: readonly string[]
  readonly admin: LogAdmin
  /** Devices that are remembered at most. */
  readonly maxDevices: number
  partitions(): Iterable<Partition>
}

/** How often it is looked: nobody has to know to the minute who was silent for a day. */
const rarestLookMs = 60_000
const looksInTime = 20

/** Where partitions end, and how many a topic has. */
interface Ends {
  readonly byKey: ReadonlyMap<string, number>
  readonly counts: ReadonlyMap<string, number>
}

export class Silence {
  devices: SilentDevices = new Map()
  readonly #context: StreamContext
  readonly #port: SilencePort
  readonly #news: SilenceNews
  readonly #stop: () => void
  #isLooking = false
  #isClosed = false

  constructor(context: StreamContext, port: SilencePort) {
    const { afterMs } = port.options
    this.#context = context
    this.#port = port
    this.#news = new SilenceNews(context, { afterMs, maxDevices: port.maxDevices })
    const lookMs = Math.min(rarestLookMs, Math.max(1_000, afterMs / looksInTime))
    this.#stop = every(context.clock, lookMs, () => void this.#look())
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  /** Nothing is said while Kafka cannot be asked: then it is not the devices that are silent. */
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const nowMs = this.#context.clock.now()
      const ends = await this.#ends()
      if (!this.#isClosed) this.#compare(this.#call(ends, nowMs))
    } catch {
      // The next look finds it; that Kafka is away is told by others.
    } finally {
      this.#isLooking = false
    }
  }

  async #ends(): Promise<Ends> {
    const byKey = new Map<string, number>()
    const counts = new Map<string, number>()
    for (const topic of this.#port.origins) {
      const { partitions, ranges } = await this.#port.admin.rangesWithLeader(topic)
      counts.set(topic, partitions)
      for (const { partition, end } of ranges) byKey.set(partitionKey({ topic, partition }), end)
    }
    return { byKey, counts }
  }

  /** Calls the roll of all devices whose partitions are here. */
  #call({ byKey, counts }: Ends, nowMs: number): Roll {
    const { options, partitions } = this.#port
    const roll = new Roll(options.afterMs)
    const present = new Map<string, { readonly untilMs: number; readonly sinceMs: number }>()
    for (const { origin, memory, isCaughtUp, walked } of partitions()) {
      if (memory === null || !isCaughtUp) continue
      const { topic } = origin
      const isRead = walked >= (byKey.get(partitionKey(origin)) ?? Number.POSITIVE_INFINITY)
      const untilMs = isRead ? nowMs : newestMs(memory.devices)
      present.set(partitionKey(origin), { untilMs, sinceMs: memory.hearsSinceMs })
      for (const { device, heardMs } of memory.devices) {
        const isSilent =
          heardMs === 0
            ? roll.unknown(device, memory.hearsSinceMs, untilMs)
            : roll.heard(device, heardMs, untilMs)
        if (isSilent && !options.wants(device, topic, nowMs)) roll.strike(device)
      }
      this.#news.forgotten(memory.forgotten)
    }
    for (const { device, topic } of options.expected(nowMs)) {
      const partition = partitionOf(Buffer.from(device), counts.get(topic) ?? 1)
      const here = present.get(partitionKey({ topic, partition }))
      if (here !== undefined) roll.unknown(device, here.sinceMs, here.untilMs)
    }
    return roll
  }

  #compare(roll: Roll): void {
    const before = this.devices
    this.devices = roll.silent
    this.#news.silent([...roll.silent.keys()].filter(device => !before.has(device)))
    this.#news.heard([...before.keys()].filter(device => roll.speaks(device)))
  }
}

function newestMs(devices: Iterable<{ readonly heardMs: number }>): number {
  let newest = 0
  for (const { heardMs } of devices) newest = Math.max(newest, heardMs)
  return newest
}
