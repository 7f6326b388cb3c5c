// The engine itself with a target, over the log in memory and in real time: what a stream makes of a receiver.

import type { ExecutionContext } from 'ava'
import { systemClock } from '../../connectors/clock.ts'
import type { Target } from '../../connectors/connector.ts'
import { MemoryLog } from '../../connectors/kafka/log/memory/log.ts'
import { Stream } from '../../processors/stream/stream.ts'
import { Tap } from '../../processors/stream/tap.ts'
import { RecordingMeter } from '../processors/stream/context.ts'

const topic = 'fleet'
const group = 'tailrace.acme'

export class Engine {
  readonly meter = new RecordingMeter()
  readonly #log = new MemoryLog({ clock: systemClock })
  readonly #producer = this.#log.producer()
  readonly #admin = this.#log.admin()
  readonly #stream: Stream

  constructor(t: ExecutionContext, target: Target) {
    this.#log.create(topic, 4)
    this.#stream = new Stream(
      {
        name: 'acme',
        group,
        topics: [topic],
        birthMs: 0,
        attemptTimeoutMs: 30_000,
        deadLetters: { name: `${group}.dead-letters`, partitions: 1, retentionHours: 1 },
        order: 'device',
        concurrency: 64,
        adaptiveConcurrency: false,
        onePerDevice: false,
        rateLimit: {},
        ttlMs: null,
        held: { topic: `${group}.held`, holdsDevices: true, maxDelayMs: 60_000, maxMs: 3_600_000 },
        ...{ isWanted: null, steps: null, ledger: null, sequence: null, receipts: null, paused: false },
        maxSpan: 100_000,
        safetyStop: { rejected: 100, of: 1_000 },
        retry: { minDelayMs: 5, maxDelayMs: 50, haltedDelayMs: 1_000 },
        budget: { windowBytes: 1_000_000, maxFetchBytes: 100_000 }
      },
      {
        clock: systemClock,
        log: () => {},
        reached: () => {},
        meter: this.meter,
        tap: new Tap(systemClock),
        admin: this.#admin,
        target,
        producer: this.#producer,
        consumer: options => this.#log.consumer(options)
      }
    )
    t.teardown(() => this.#stream.stop(0))
  }

  async start(): Promise<void> {
    await this.#stream.start()
  }

  /** Messages of these devices, each with a `timestamp` of its own, rising over all of them. */
  async send(devices: readonly string[], firstTimestamp = 0): Promise<void> {
    const records = devices.map((ident, at) => ({
      key: Buffer.from(ident),
      value: Buffer.from(JSON.stringify({ ident, timestamp: firstTimestamp + at }))
    }))
    await this.#producer.append(topic, records)
  }

  /** Messages that are not committed yet. */
  async uncommitted(): Promise<number> {
    const committed = await this.#admin.committed(group, [topic])
    const ranges = await this.#admin.ranges(topic)
    return ranges.reduce((sum, { partition, end }) => {
      const next = committed.find(one => one.partition === partition)?.next ?? 0
      return sum + end - next
    }, 0)
  }
}
