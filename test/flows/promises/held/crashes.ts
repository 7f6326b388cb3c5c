// A process dies between every two writes of the held topic's rule, alone or beside another that takes over. Whoever
// comes next must know who waits: nothing is lost, devices stay in order, none waits for ever, and new messages keep
// coming all the while.

import { heldPoints } from '../../../../processors/stream/held/fault-points.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import type { Sender } from '../../harness/sender.ts'
import { until, untilNoneIsLeft } from '../../harness/until.ts'
import { type EnginePromise, unless } from '../promise.ts'
import { deviceRefused, Sink } from '../sink.ts'
import { type Process, partitionCount, type Stage } from '../stage.ts'

type HeldPoint = (typeof heldPoints)[number]

const perSecond = 500
const refusedDevices = 12
const latencyMs = 5

/** At which time it is reached that the process dies there: once more has happened than the first of it. */
const times: Readonly<Record<HeldPoint, number>> = {
  held_refused: 3,
  held_appended: 9,
  committed: 5,
  held_owned: 5,
  held_delivered: 5,
  held_marked: 2
}

/** Reached only once devices are taken again. */
const ofRelease = new Set<HeldPoint>(['held_delivered', 'held_marked'])

interface Crash {
  readonly point: HeldPoint
  /** Another member of the group is there. */
  readonly beside: boolean
}

export const heldCrashes: EnginePromise = {
  name: 'held-crashes',
  title: 'whenever a process dies, devices that wait are known, in order and complete',
  async run(stage, { rounds }) {
    const crashes = heldPoints.flatMap(point => [false, true].map(beside => ({ point, beside })))
    const complaints: string[] = []
    const duplicates: string[] = []
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < crashes.length; at += 3) {
        const some = crashes.slice(at, at + 3)
        const results = await Promise.all(some.map(crash => runCrash(stage, crash)))
        complaints.push(...results.flatMap(result => result.complaints))
        duplicates.push(...results.map((result, index) => `${some[index]?.point} ${result.duplicates}`))
      }
    }
    return { complaints, shortfalls: [], figures: { crashes: duplicates.length, duplicates } }
  }
}

export async function runCrash(stage: Stage, { point, beside }: Crash) {
  const where = `${point}${beside ? ' beside another' : ''}`
  const story = await Story.open(stage, where)
  const other = beside ? await story.start() : null
  const dying = await story.start({ env: { TAILRACE_DIE_AT: `${point}:${times[point]}` }, partitions: 0 })
  if (ofRelease.has(point)) await story.allWait([dying, ...(other === null ? [] : [other])])
  await story.died(dying)
  return story.settle(other ?? (await story.start()))
}

/** A fleet of which some devices are refused, and the processes that deliver it. */
class Story {
  readonly #stage: Stage
  readonly #where: string
  readonly #topic: string
  readonly #sink: Sink
  readonly #sender: Sender
  readonly #group = uniqueName('crash')

  private constructor(stage: Stage, where: string, { topic, sink }: { topic: string; sink: Sink }) {
    const fleet = new Fleet()
    this.#stage = stage
    this.#where = where
    this.#topic = topic
    this.#sink = sink
    for (const device of fleet.devices.slice(-refusedDevices)) sink.refused.add(device)
    this.#sender = stage.send(topic, fleet, perSecond)
  }

  static async open(stage: Stage, where: string): Promise<Story> {
    const [topic, sink] = [await stage.createTopic(), await Sink.open(stage, { latencyMs })]
    return new Story(stage, where, { topic, sink })
  }

  start(options: Partial<Process> = {}): Promise<Instance> {
    const target = { http: { url: this.#sink.url, refusesDevice: [deviceRefused] } }
    const streams = { acme: { group: this.#group, target, held: { maxDelayMs: 1_000 } } }
    return this.#stage.start({ topic: this.#topic, streams, ...options })
  }

  /** Resolves once all that are refused wait; then they are taken. */
  async allWait(instances: readonly Instance[]): Promise<void> {
    await until(`${this.#where}: devices wait`, async () => {
      const streams = await Promise.all(instances.map(instance => instance.stream()))
      const waiting = streams.map(stream => stream?.held.devices ?? 0)
      return waiting.every(Boolean) && waiting.reduce((sum, count) => sum + count, 0) === refusedDevices
    })
    this.#sink.refused.clear()
  }

  async died(instance: Instance): Promise<void> {
    await until(`${this.#where}: it dies there`, () => instance.hasEnded)
    await instance.died()
  }

  /** Takes the devices, and lets everything arrive. */
  async settle(instance: Instance) {
    await instance.running(partitionCount)
    this.#sink.refused.clear()
    await this.#sender.finish(0)
    const { ledger } = this.#sink
    const left = await untilNoneIsLeft(() => this.#sender.stored - ledger.distinct)
    await until(`${this.#where}: nothing waits`, async () => (await instance.stream())?.lag === 0)
    await this.#stage.settled(this.#group, this.#topic)
    const stream = await instance.stream()
    await this.#stage.stop(instance)
    await this.#sink.stop()
    return {
      duplicates: ledger.arrivals - ledger.distinct,
      complaints: unless(
        [left === 0, `${this.#where}: ${left} messages are lost`],
        [ledger.outOfOrder === 0, `${this.#where}: ${ledger.outOfOrder} out of order`],
        [stream?.held.devices === 0, `${this.#where}: ${stream?.held.devices} devices wait for ever`],
        [stream?.accounts.dead_lettered === 0, `${this.#where}: dead letters`]
      )
    }
  }
}
