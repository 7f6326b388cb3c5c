// A day of a fleet through the profile for toll systems, in virtual time: every position that passes the gates is delivered
// or refused in order, whatever the receiver and the stream go through, and everything else is counted under its reason.

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { HttpTarget } from '../../../../connectors/http/target.ts'
import type { HttpTargetConfig } from '../../../../connectors/http/target-config.ts'
import { MemoryLog } from '../../../../connectors/kafka/log/memory/log.ts'
import { registry } from '../../../../connectors/registry.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { readAttributes } from '../../../../processors/attributes/attributes.ts'
import { loadConfig } from '../../../../processors/service/config/load.ts'
import { streamOptions } from '../../../../processors/service/streams/build.ts'
import { surroundingsOf } from '../../../../processors/service/streams/steps.ts'
import { Stream } from '../../../../processors/stream/stream.ts'
import { differing } from '../../../flows/promises/toll/compare.ts'
import { type DayMessage, dayOf } from '../../../flows/promises/toll/day.ts'
import { TollOffice } from '../../../flows/promises/toll/office.ts'
import { axlesOf, tollStream, vehiclesFile } from '../../../flows/promises/toll/profile.ts'
import { expectedOf } from '../../../flows/promises/toll/reference.ts'
import { seeded } from '../../../seeded.ts'
import { folder } from '../../commands/shared/output.ts'
import { RecordingMeter } from '../context.ts'
import { OfficeTransport } from './office-transport.ts'

const budget = { windowBytes: 16_777_216, maxFetchBytes: 1_048_576 }
const stepSeconds = 300
const daySeconds = 86_400
/** Known, and never heard. */
const ghost = '000000000000001'

/** A toll system, and processes that run the stream one after the other. */
class Day {
  readonly clock = new VirtualClock()
  readonly startSeconds = this.clock.now() / 1000
  readonly log = new MemoryLog({ clock: this.clock })
  readonly meter = new RecordingMeter()
  readonly logged: Readonly<Record<string, unknown>>[] = []
  readonly office = new TollOffice({
    ...{ now: () => this.clock.now(), random: seeded(7), maxAgeMs: 864_000_000 },
    ...{ refusedShare: 0.01, busyShare: 0.01, isOnePerVehicle: true, isNumbered: true }
  })
  readonly transport = new OfficeTransport(this.clock, this.office)
  readonly #loaded: ReturnType<typeof loadConfig>

  constructor(t: ExecutionContext, devices: readonly string[]) {
    const config = {
      kafka: { brokers: ['127.0.0.1:9092'] },
      channels: { fleet: {} },
      attributes: { file: 'devices.yaml' },
      streams: { toll: tollStream({}) }
    }
    const vehicles = vehiclesFile([...devices, ghost], this.startSeconds + daySeconds / 2)
    const cwd = folder(t, { 'tailrace.yaml': JSON.stringify(config), 'devices.yaml': vehicles })
    this.#loaded = loadConfig(join(cwd, 'tailrace.yaml'), { registry, env: {} })
    this.log.create('fleet', 12)
  }

  async start(): Promise<Stream> {
    const { config, folder: cwd, mask } = this.#loaded
    const { toll } = config.streams
    if (toll === undefined || config.attributes === undefined) throw new Error('it is no toll profile')
    const { clock, log, meter } = this
    const surroundings = surroundingsOf(config, readAttributes(config.attributes, cwd).attributes)
    const wanted = { name: 'toll', config: toll, channels: config.channels, sinceMs: 0, budget, surroundings }
    const { http } = toll.target as { http: HttpTargetConfig } // by its schema
    const env = { stream: 'toll', clock, log: () => {}, mask }
    const stream = new Stream(streamOptions(wanted), {
      ...{ clock, meter, reached: () => {}, admin: log.admin(), producer: log.producer() },
      log: (event, fields) => void this.logged.push({ event, ...fields }),
      target: new HttpTarget(http, env, this.transport),
      consumer: options => log.consumer(options)
    })
    await stream.start()
    return stream
  }

  async append(messages: readonly DayMessage[]): Promise<void> {
    const records = messages.map(({ device, text }) => ({
      key: Buffer.from(device),
      value: Buffer.from(text)
    }))
    const appended = this.log.producer().append('fleet', records)
    await this.clock.advance(stepSeconds * 1_000)
    await appended
  }
}

/** What happens, by the step of five minutes in which it begins. */
interface Plan {
  readonly rounds: number
  readonly outages: ReadonlyMap<number, OfficeTransport['mode']>
  /** The stream stops within so many ms, or in the middle of what is on its way, and another process takes over. */
  readonly ends: ReadonlyMap<number, number>
}

const undisturbed: Plan = { rounds: 1, outages: new Map(), ends: new Map() }
const disturbed: Plan = {
  rounds: 2,
  outages: new Map([
    ...([
      [30, 'unavailable'],
      [33, 'works'],
      [60, 'hangs'],
      [62, 'works'],
      [90, 'silent'],
      [91, 'works']
    ] as const),
    ...([
      [130, 'refuses'],
      [134, 'works'],
      [200, 'silent'],
      [203, 'works']
    ] as const)
  ]),
  ends: new Map([
    [20, 10_000],
    [61, 0],
    [120, 10_000],
    [202, 0]
  ])
}

async function played(t: ExecutionContext, { rounds, outages, ends }: Plan) {
  const startSeconds = new VirtualClock().now() / 1000
  const messages = dayOf({ random: seeded(1), startSeconds, rounds })
  const devices = [...new Set(messages.map(({ device }) => device))]
  t.is(devices.length, 122)
  const day = new Day(t, devices)
  let stream = await day.start()
  for (let step = 0; step * stepSeconds < daySeconds; step++) {
    day.transport.mode = outages.get(step) ?? day.transport.mode
    const deadlineMs = ends.get(step)
    if (deadlineMs !== undefined) {
      const stopped = stream.stop(deadlineMs)
      await day.clock.advance(deadlineMs + 1_000)
      await stopped
      stream = await day.start()
    }
    const from = step * stepSeconds
    await day.append(messages.filter(({ atSeconds }) => atSeconds >= from && atSeconds < from + stepSeconds))
  }
  await day.clock.advance(3_600_000)
  const status = stream.status()
  await stream.stop(1_000)
  const axles = axlesOf([...devices, ghost], startSeconds + daySeconds / 2)
  const expected = expectedOf(messages, { now: ({ atSeconds }) => startSeconds + atSeconds, axles })
  return { day, status, expected, messages: messages.length }
}

test('of a day everything that passes the gates is delivered in order, and the rest counted under its reason', async t => {
  t.timeout(300_000)
  const { day, status, expected, messages } = await played(t, undisturbed)
  t.like(status, { lag: 0, pending: 0, held: { devices: 0, messages: 0 } })
  t.deepEqual([...day.office.complaints, ...differing(day.office, expected)], [])
  t.like(day.meter.totals, {
    read: messages,
    delivered: day.office.count('accepted'),
    filtered: expected.filtered,
    expired: expected.expired,
    'dead letter http_rejected': day.office.count('refused'),
    'dead letter step_failed': expected.broken,
    imbalanced: undefined
  })
  t.true(status.silent?.longest.some(({ device }) => device === ghost))
})

test('nor do outages, answers that are lost, and processes that end change any of it', async t => {
  t.timeout(300_000)
  const { day, status, expected, messages } = await played(t, disturbed)
  t.like(status, { lag: 0, pending: 0, held: { devices: 0, messages: 0 } })
  t.deepEqual([...day.office.complaints, ...differing(day.office, expected)], [])
  const { totals } = day.meter
  t.is(totals.imbalanced, undefined)
  t.is(totals['dead letter step_failed'], expected.broken)
  t.is(totals['dead letter http_rejected'], day.office.count('refused'))
  // What was not committed when a process ended is read, and counted, once more.
  const [filtered, expired] = [totals.filtered ?? 0, totals.expired ?? 0]
  const again = filtered - expected.filtered + expired - expected.expired
  t.true(filtered >= expected.filtered && expired >= expected.expired)
  t.is(totals.read, messages + again + (totals.returned ?? 0) + (totals.already_settled ?? 0))
  t.true(status.silent?.longest.some(({ device }) => device === ghost))
})
