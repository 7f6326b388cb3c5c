// Streams whose steps remember what devices sent before: processes die, stop, and take over from one another in the middle
// of it, and what arrives is what arrives where nothing of that happens.

import { setTimeout as sleep } from 'node:timers/promises'
import { readSample } from '../../../../processors/commands/simulate/fleet.ts'
import { uniqueName } from '../../../kafka.ts'
import type { Instance } from '../../harness/instance.ts'
import type { EnginePromise } from '../promise.ts'
import { partitionCount, type Stage } from '../stage.ts'
import { Collector, differences } from './collector.ts'

/** One step each, so that a failure says which. */
const shapes: Readonly<Record<string, readonly unknown[]>> = {
  sample: [{ sample: { everySeconds: 300, turnedDegrees: 90, keep: 'position.speed == 0' } }],
  fill: [{ fill: { fields: ['battery.voltage', 'external.*'] } }],
  dedupe: [{ dedupe: { by: ['timestamp', 'custom.seq'], last: 10 } }],
  geofence: [{ geofence: { of: ['*'], inside: 'zones', enter: 'zones.entered', leave: 'zones.left' } }],
  computed: [{ map: { 'km?': 'mileage()', 'seconds?': 'duration()' } }]
}

const geofences = {
  samara: { circle: { center: [50.15, 53.2], radiusM: 60_000 } },
  ufa: { circle: { center: [55.97, 54.74], radiusM: 80_000 } },
  road: {
    corridor: {
      path: [
        [48.4, 53.2],
        [50.1, 53.2],
        [56.2, 54.8]
      ],
      widthM: 30_000
    }
  }
}

export const remembered: EnginePromise = {
  name: 'remembered',
  title: 'what steps remember survives restarts, kill -9 and rebalances: the same arrives as without',
  async run(stage, { isLong }) {
    const topic = await stage.createTopic()
    const story = new Story(stage, topic)
    await story.open()
    const messages = messagesOf(isLong ? 60_000 : 9_080)
    const disturbances = await story.disturb(messages, isLong ? 60_000 : 16_000)
    const results = await story.compare()
    return {
      complaints: results.flatMap(({ complaints }) => complaints),
      shortfalls: [],
      figures: {
        messages: messages.length,
        disturbances,
        streams: results.map(({ name, found, arrivals }) => `${name}: ${found} (${arrivals} with repeats)`)
      }
    }
  }
}

interface Stored {
  readonly key: Buffer
  readonly value: Buffer
}

/** The sample again and again, each round a day later; every seventh message comes twice, and most lack some fields. */
function messagesOf(count: number): Stored[] {
  const sample = readSample().map(line => JSON.parse(line) as Record<string, unknown>)
  const issued = new Map<string, number>()
  const stored: Stored[] = []
  for (let at = 0; stored.length < count; at++) {
    const { 'battery.voltage': voltage, ...message } = sample[at % sample.length] ?? {}
    const ident = String(message.ident)
    const seq = issued.get(ident) ?? 0
    issued.set(ident, seq + 1)
    const timestamp = Number(message.timestamp) + Math.floor(at / sample.length) * 86_400
    const fields = {
      ...message,
      timestamp,
      'custom.seq': seq,
      ...(seq % 5 === 0 && { 'battery.voltage': voltage })
    }
    const one = { key: Buffer.from(ident), value: Buffer.from(JSON.stringify(fields)) }
    stored.push(one)
    if (at % 7 === 0) stored.push(one)
  }
  return stored
}

class Story {
  readonly #stage: Stage
  readonly #topic: string
  readonly #groups = Object.fromEntries(Object.keys(shapes).map(name => [name, uniqueName(name)]))
  readonly #disturbed = new Map<string, Collector>()
  #next: Instance | null = null

  constructor(stage: Stage, topic: string) {
    this.#stage = stage
    this.#topic = topic
  }

  async open(): Promise<void> {
    for (const name of Object.keys(shapes)) this.#disturbed.set(name, await Collector.open(this.#stage))
  }

  /** Stores the messages over so long a time, while processes come and go. Resolves with what was done to them. */
  async disturb(messages: readonly Stored[], lastingMs: number): Promise<string[]> {
    const done: string[] = []
    const storing = this.#store(messages, lastingMs)
    const pauseMs = lastingMs / 6
    let one = await this.#start()
    await sleep(pauseMs)
    await one.kill()
    done.push('kill -9, another starts')
    one = await this.#start()
    await sleep(pauseMs)
    done.push('another joins')
    const two = await this.#start(1)
    await sleep(pauseMs)
    done.push('SIGTERM of the first, which leaves')
    await this.#stage.stop(one)
    await sleep(pauseMs)
    done.push('another joins, kill -9 of the one before')
    const three = await this.#start(1)
    await two.kill()
    await sleep(pauseMs)
    done.push('SIGTERM, another starts')
    await this.#stage.stop(three)
    this.#next = await this.#start()
    await storing
    return done
  }

  /** Lets everything arrive, and then once more, undisturbed, from the beginning. */
  async compare() {
    const disturbed = this.#next
    await this.#settled(this.#groups)
    if (disturbed !== null) await this.#stage.stop(disturbed)
    const quiet = new Map<string, Collector>()
    for (const name of Object.keys(shapes)) quiet.set(name, await Collector.open(this.#stage))
    const groups = Object.fromEntries(Object.keys(shapes).map(name => [name, uniqueName(`quiet-${name}`)]))
    const instance = await this.#start(partitionCount, groups, quiet)
    await this.#settled(groups)
    await this.#stage.stop(instance)
    return Object.keys(shapes).map(name => {
      const [found, expected] = [this.#disturbed.get(name), quiet.get(name)]
      if (found === undefined || expected === undefined) throw new Error(`nothing collected of ${name}`)
      const different = differences(found.byDevice, expected.byDevice)
      return {
        ...{ name, found: found.distinct, arrivals: found.arrivals },
        complaints: different.map(line => `${name}: ${line}`)
      }
    })
  }

  async #store(messages: readonly Stored[], lastingMs: number): Promise<void> {
    const size = Math.ceil(messages.length / 100)
    for (let at = 0; at < messages.length; at += size) {
      await this.#stage.cluster.producer.append(this.#topic, messages.slice(at, at + size))
      await sleep(lastingMs / 100)
    }
  }

  #start(
    partitions = partitionCount,
    groups: Readonly<Record<string, string>> = this.#groups,
    collectors: ReadonlyMap<string, Collector> = this.#disturbed
  ): Promise<Instance> {
    const streams = Object.entries(shapes).map(([name, steps]) => {
      const target = { http: { url: collectors.get(name)?.url } }
      return [name, { group: groups[name] ?? '', target, steps }]
    })
    return this.#stage.start({
      ...{ topic: this.#topic, streams: Object.fromEntries(streams), partitions },
      sections: { geofences }
    })
  }

  async #settled(groups: Readonly<Record<string, string>>): Promise<void> {
    for (const group of Object.values(groups)) await this.#stage.settled(group, this.#topic)
  }
}
