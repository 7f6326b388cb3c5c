// A stream over the in-memory log with virtual time and a target that does what the test orders: the engine's own
// behaviour without sockets, where every fault can be had at the chosen moment.

import {
  type Batch,
  delivered,
  type Failure,
  type Message,
  type Outcome,
  type Target
} from '../../../connectors/connector.ts'
import type { LogProducer } from '../../../connectors/kafka/log/log.ts'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import type { LogRecord } from '../../../connectors/kafka/log/record-chunk.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import type { StreamOptions } from '../../../processors/stream/options.ts'
import { Stream } from '../../../processors/stream/stream.ts'
import { Tap } from '../../../processors/stream/tap.ts'
import type { Tracer } from '../../../processors/tracing/tracer.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { RecordingMeter } from './context.ts'

/** Confirms everything, unless the test gave it something else to do. Remembers what it confirmed, in order. */
export class ScriptedTarget implements Target {
  readonly limits = { maxMessages: 10, maxBytes: 100_000, batchesInFlight: 8 }
  readonly confirmed: string[] = []
  readonly batches: string[][] = []
  /** What a delivery does; `undefined` confirms. */
  script: (batch: Batch, signal: AbortSignal) => Promise<Outcome | Outcome[] | undefined> = async () =>
    undefined
  openFails: Error | null = null
  isClosed = false

  async open(): Promise<void> {
    if (this.openFails !== null) throw this.openFails
  }

  async deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    this.batches.push(batch.messages.map(text))
    const outcome = (await this.script(batch, signal)) ?? delivered
    batch.messages.forEach((message, at) => {
      const one = Array.isArray(outcome) ? outcome[at] : outcome
      if (one?.kind === 'delivered') this.confirmed.push(text(message))
    })
    return outcome
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

/** The value of a message, which in these tests is `device:number`. */
export function text(message: Message): string {
  return message.value().toString()
}

export function failure(kind: Failure['kind'], more: Partial<Failure> = {}): Failure {
  return { kind, code: 'target_threw', detail: 'ordered by a test', ...more }
}

export interface Member {
  readonly stream: Stream
  readonly target: ScriptedTarget
  readonly meter: RecordingMeter
  readonly logged: string[]
  /** The same with their fields. */
  readonly lines: Readonly<Record<string, unknown>>[]
}

export const heldTopic = 'tailrace.acme.held'
const deadLetterTopic = 'tailrace.acme.dead-letters'

export class Rig {
  readonly clock = new VirtualClock()
  readonly log = new MemoryLog({ clock: this.clock })
  readonly admin = this.log.admin()
  readonly tap = new Tap(this.clock)
  /** Of the members that are made from now on. */
  tracer: Tracer | undefined
  /** What members append with. */
  producer: LogProducer = this.log.producer()
  #numbers = 0

  constructor(partitions = 2) {
    this.log.create('fleet', partitions)
  }

  member(options: Partial<StreamOptions> = {}, target = new ScriptedTarget()): Member {
    const meter = new RecordingMeter()
    const [logged, lines]: [string[], Record<string, unknown>[]] = [[], []]
    const stream = new Stream(
      {
        name: 'acme',
        group: 'tailrace.acme',
        topics: ['fleet'],
        birthMs: 0,
        attemptTimeoutMs: 30_000,
        deadLetters: { name: deadLetterTopic, partitions: 1, retentionHours: 1 },
        order: 'device',
        concurrency: 64,
        adaptiveConcurrency: false,
        onePerDevice: false,
        rateLimit: {},
        ttlMs: null,
        held: { topic: heldTopic, holdsDevices: true, maxDelayMs: 60_000, maxMs: 3_600_000 },
        ...{ isWanted: null, steps: null, ledger: null, sequence: null, receipts: null, paused: false },
        maxSpan: 100_000,
        safetyStop: { rejected: 100, of: 1_000 },
        retry: { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 },
        budget: { windowBytes: 1_000_000, maxFetchBytes: 100_000 },
        ...options
      },
      {
        clock: this.clock,
        log: (event, fields) => logged.push(event) && lines.push({ event, ...fields }),
        reached: () => {},
        meter,
        tap: this.tap,
        tracer: this.tracer,
        admin: this.admin,
        target,
        producer: this.producer,
        consumer: consumerOptions => this.log.consumer(consumerOptions)
      }
    )
    return { stream, target, meter, logged, lines }
  }

  async started(options: Partial<StreamOptions> = {}, target = new ScriptedTarget()): Promise<Member> {
    const member = this.member(options, target)
    await member.stream.start()
    await this.clock.advance(1_000)
    return member
  }

  /** Appends one message per device, `device:number` with a number that rises over the whole test. */
  async send(...devices: string[]): Promise<string[]> {
    const sent = devices.map(device => `${device}:${++this.#numbers}`)
    const records = sent.map((value, at) => ({
      key: Buffer.from(devices[at] ?? ''),
      value: Buffer.from(value)
    }))
    const appended = this.producer.append('fleet', records)
    await this.clock.advance(50)
    await appended
    return sent
  }

  async append(partition: number, value: string | null): Promise<void> {
    const bytes = value === null ? null : Buffer.from(value)
    const appended = this.producer.append('fleet', [{ key: Buffer.from('k'), value: bytes, partition }])
    await this.clock.advance(50)
    await appended
  }

  /** From now on no dead letter is stored before that is opened. */
  shutDeadLetters(): { open(): void } {
    const inner = this.producer
    let isShut = true
    this.producer = {
      append: async (topic, records) => {
        if (topic === deadLetterTopic && isShut) throw new FaultError('kafka_unreachable')
        return inner.append(topic, records)
      },
      appendOnce: (place, records) => inner.appendOnce(place, records),
      close: deadlineMs => inner.close(deadlineMs)
    }
    return {
      open: () => {
        isShut = false
      }
    }
  }

  /** The values of the messages that were set aside, in order. */
  async dead(): Promise<string[]> {
    return (await this.deadLetters()).map(({ value }) => value?.toString() ?? '')
  }

  async deadLetters(): Promise<LogRecord[]> {
    const letters: LogRecord[] = []
    const [range] = await this.admin.ranges(deadLetterTopic)
    const read = this.admin.read({ topic: deadLetterTopic, partition: 0, from: 0, to: range?.end ?? 0 })
    for await (const letter of read) letters.push(letter)
    return letters
  }

  /** Messages that the group still has to deliver, by what is committed. */
  async uncommitted(): Promise<number> {
    const committed = await this.admin.committed('tailrace.acme', ['fleet'])
    const ranges = await this.admin.ranges('fleet')
    return ranges.reduce((sum, { partition, end }) => {
      const next = committed.find(one => one.partition === partition)?.next ?? 0
      return sum + end - next
    }, 0)
  }
}

/** The devices' messages in the order of their first confirmation, by device. */
export function byDevice(confirmed: readonly string[]): Map<string, number[]> {
  const devices = new Map<string, number[]>()
  for (const message of new Set(confirmed)) {
    const [device = '', number] = message.split(':')
    devices.set(device, [...(devices.get(device) ?? []), Number(number)])
  }
  return devices
}

/** True when every device's messages were confirmed first in the order in which they were sent. */
export function isInOrder(confirmed: readonly string[]): boolean {
  return [...byDevice(confirmed).values()].every(numbers =>
    numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0))
  )
}
