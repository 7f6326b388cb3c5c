// What processes and the toll system go through while a day is stored.

import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../../connectors/clock.ts'
import { makeCertificates } from '../../../certificates.ts'
import { uniqueName } from '../../../kafka.ts'
import { seeded } from '../../../seeded.ts'
import type { Instance } from '../../harness/instance.ts'
import { until } from '../../harness/until.ts'
import { partitionCount, type Stage } from '../stage.ts'
import { type Mode, TollDouble } from './double.ts'
import { TollOffice } from './office.ts'
import { tollStream } from './profile.ts'

const certificates = makeCertificates()
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export interface TolledOptions {
  readonly topic: string
  /** The path of the file of attributes. */
  readonly devices: string
  /** The share of positions that is refused, and of those that are put off. */
  readonly refusals: number
}

/** A toll system, and a stream for it. */
export class Tolled {
  readonly group = uniqueName('toll')
  readonly office: TollOffice
  readonly double: TollDouble
  readonly stage: Stage
  readonly topic: string
  readonly #devices: string

  private constructor(stage: Stage, { topic, devices, refusals }: TolledOptions) {
    this.stage = stage
    this.topic = topic
    this.#devices = devices
    this.office = new TollOffice({
      ...{ now: Date.now, random: seeded(7), maxAgeMs: 864_000_000 },
      ...{ refusedShare: refusals, busyShare: refusals / 2, isOnePerVehicle: true, isNumbered: true }
    })
    this.double = new TollDouble({ clock: systemClock, office: this.office, certificates, secret })
  }

  static async open(stage: Stage, options: TolledOptions): Promise<Tolled> {
    const tolled = new Tolled(stage, options)
    await stage.opened(tolled.double)
    await tolled.double.start()
    return tolled
  }

  start(partitions = partitionCount): Promise<Instance> {
    const { ca, cert, key } = certificates
    const target = { url: this.double.url, tls: { ca, cert, key }, webhookSignature: { secrets: [secret] } }
    // What is never answered is given up early, so that an outage of seconds is enough.
    const toll = { group: this.group, ...tollStream({ ...target, responseTimeoutMs: 2_000 }) }
    const sections = { attributes: { file: this.#devices } }
    return this.stage.start({ topic: this.topic, streams: { toll }, sections, partitions })
  }

  /** Everything is committed, and nobody waits. */
  async settled(instance: Instance): Promise<void> {
    await this.stage.settled(this.group, this.topic)
    await until('nothing is held', async () => (await instance.stream())?.held.messages === 0)
  }

  /** Out of order for so long. */
  async outage(mode: Mode, ms: number): Promise<void> {
    this.double.mode = mode
    await sleep(ms)
    this.double.mode = 'works'
  }
}

interface Stored {
  readonly key: Buffer
  readonly value: Buffer
}

export interface Disturbed {
  readonly done: readonly string[]
  /** It has stopped. */
  readonly last: Instance
}

/** Stores the records over so long a time, while everything happens. */
export async function disturb(
  tolled: Tolled,
  { records, lastingMs }: { readonly records: readonly Stored[]; readonly lastingMs: number }
): Promise<Disturbed> {
  const pauseMs = lastingMs / 10
  const storing = store(tolled, records, lastingMs)
  for (const { trouble } of troubles) await killedAfter(tolled, () => trouble(tolled, pauseMs))
  tolled.double.mode = 'works'
  const last = await tolled.start()
  await storing
  await tolled.settled(last)
  await tolled.stage.stop(last)
  return { done: troubles.flatMap(({ what }) => [what, 'kill -9']), last }
}

async function killedAfter(tolled: Tolled, act: () => Promise<void>): Promise<void> {
  const instance = await tolled.start()
  await act()
  await instance.kill()
}

/** What a process goes through before it is killed, or amid of which it is. */
const troubles: readonly {
  readonly what: string
  trouble(tolled: Tolled, pauseMs: number): Promise<void>
}[] = [
  {
    what: 'answers 503',
    async trouble(tolled, pauseMs) {
      await sleep(pauseMs)
      await tolled.outage('unavailable', pauseMs)
      await sleep(pauseMs / 2)
    }
  },
  {
    what: 'takes and does not answer, twice',
    async trouble(tolled, pauseMs) {
      await tolled.outage('silent', pauseMs / 2)
      await sleep(pauseMs / 2)
      tolled.double.mode = 'silent'
      await sleep(pauseMs / 4)
    }
  },
  {
    what: 'refuses connections, then hangs',
    async trouble(tolled, pauseMs) {
      tolled.double.mode = 'works'
      await tolled.double.stop()
      await sleep(pauseMs)
      await tolled.double.start()
      await sleep(pauseMs / 2)
      tolled.double.mode = 'hangs'
      await sleep(pauseMs / 4)
    }
  }
]

/** How the messages of an undisturbed run ended. */
export interface Run {
  readonly delivered: number
  readonly filtered: number
  readonly expired: number
  readonly deadLettered: number
}

/** Delivers all that is stored, undisturbed. */
export async function quiet(tolled: Tolled): Promise<Run> {
  const instance = await tolled.start()
  await tolled.settled(instance)
  const accounts = (await instance.stream())?.accounts
  await tolled.stage.stop(instance)
  if (accounts === undefined) throw new Error('the stream tells no counts')
  const { delivered, filtered, expired, dead_lettered: deadLettered } = accounts
  return { delivered, filtered, expired, deadLettered }
}

async function store({ stage, topic }: Tolled, records: readonly Stored[], lastingMs: number): Promise<void> {
  const size = Math.ceil(records.length / 100)
  for (let at = 0; at < records.length; at += size) {
    await stage.cluster.producer.append(topic, records.slice(at, at + size))
    await sleep(lastingMs / 100)
  }
}
