// Two thousand destinations in one stream: each device has a URL of its own. Twenty of them never answer; the others must
// hardly notice, on the same connections.

import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet, identify } from '../../harness/fleet.ts'
import { Ledger } from '../../harness/ledger.ts'
import { watchedNode, watchMemory } from '../../harness/memory/watch.ts'
import { untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { Pace } from '../pace.ts'
import { compare, type EnginePromise, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'

const devices = 2_000
const deadDevices = 20
const leastShare = 0.95
/** Requests of four messages, each answered after 100 ms, so that it is not the processor that is measured. */
const maxMessages = 4
const latencyMs = 100
const maxConnections = 128
/** How long a dead one is waited for; where the figures do not count, a busy machine may take its time, too. */
const responseTimeoutMs = { long: 2_000, short: 10_000 }
/** While memory is watched. */
const perSecond = 1_000
const warmUpSeconds = 30
const watchMs = 180_000

interface Run {
  /** Of the devices that are not dead. */
  readonly perSecond: number
  readonly mostConnections: number
  /** Requests to those that do not answer. */
  readonly unanswered: number
  readonly complaints: readonly string[]
}

interface Load {
  readonly topic: string
  readonly fleet: Fleet
  readonly dead: ReadonlySet<string>
  readonly timeoutMs: number
}

export const destinations: EnginePromise = {
  name: 'destinations',
  title: 'of two thousand destinations twenty are dead, which the others hardly notice',
  async run(stage, { rounds, messages, isLong }) {
    const timeoutMs = isLong ? responseTimeoutMs.long : responseTimeoutMs.short
    const perDevice = messages / devices
    const without = await load(stage, { count: devices - deadDevices, perDevice, timeoutMs })
    const withDead = await load(stage, { count: devices, perDevice, timeoutMs })
    const { alone, beside, shares, share, complaints } = await compare(rounds, {
      alone: () => forward(stage, without),
      beside: () => forward(stage, withDead)
    })
    const memory = isLong ? await watch(stage) : { notes: [], shortfalls: [], complaints: [] }
    return {
      complaints: [...complaints, ...memory.complaints],
      shortfalls: [
        ...unless([share >= leastShare, `the others keep ${share} of their rate, not ${leastShare}`]),
        ...memory.shortfalls
      ],
      figures: {
        perSecondWithout: alone.map(({ perSecond }) => perSecond),
        perSecondBeside: beside.map(({ perSecond }) => perSecond),
        shares,
        medianShare: share,
        unanswered: beside.map(({ unanswered }) => unanswered),
        mostConnections: [...alone, ...beside].map(({ mostConnections }) => mostConnections),
        memory: memory.notes
      }
    }
  }
}

interface Wanted {
  readonly count: number
  readonly perDevice: number
  readonly timeoutMs: number
}

async function load(stage: Stage, { count, perDevice, timeoutMs }: Wanted): Promise<Load> {
  const topic = await stage.createTopic()
  const fleet = new Fleet(count)
  await stage.fill(topic, { fleet, messages: count * perDevice })
  return { topic, fleet, timeoutMs, dead: new Set(fleet.devices.slice(devices - deadDevices)) }
}

/** Forwards all of the topic; the dead are let through once the others are done. */
async function forward(stage: Stage, load: Load): Promise<Run> {
  const { topic, fleet, dead } = load
  const { receiver, group, instance } = await start(stage, load)
  const all = [...fleet.issued.values()].reduce((sum, count) => sum + count, 0)
  const ofDead = [...dead].reduce((sum, device) => sum + (fleet.issued.get(device) ?? 0), 0)
  const left = await untilNoneIsLeft(() => all - ofDead - receiver.others.count)
  const { perSecond } = receiver.others
  const { unanswered, mostConnections } = receiver
  receiver.areDead = false
  await untilNoneIsLeft(() => all - receiver.ledger.distinct)
  const stored = await stage.settled(group, topic)
  await stage.stop(instance)
  await receiver.stop()
  return {
    ...{ perSecond, unanswered, mostConnections },
    complaints: [
      ...complaintsAbout(receiver.ledger, { sent: fleet.issued, stored }),
      ...unless(
        [left === 0, `${left} messages of other devices waited for the dead`],
        [unanswered > 0 === dead.size > 0, `${unanswered} requests were not answered`],
        [receiver.strangers === 0, `${receiver.strangers} messages came to another's address`],
        // One that was given up is here still while the next one in its place comes.
        [mostConnections <= maxConnections + deadDevices, `there were ${mostConnections} connections`]
      )
    ]
  }
}

async function start(stage: Stage, { topic, dead, timeoutMs }: Omit<Load, 'fleet'>) {
  const receiver = await Receiver.open(stage, dead)
  const group = uniqueName('destinations')
  const url = `${receiver.url}/devices/{ident}/telemetry`
  const http = { url, maxMessages, maxConnections, responseTimeoutMs: timeoutMs }
  const streams = { acme: { group, target: { http } } }
  return { receiver, group, instance: await stage.start({ topic, streams, nodeOptions: watchedNode }) }
}

/** What a process holds while it forwards as it comes; the little that the dead send piles up. */
async function watch(stage: Stage) {
  const topic = await stage.createTopic()
  const fleet = new Fleet(devices)
  const { receiver, group, instance } = await start(stage, {
    topic,
    dead: new Set(fleet.devices.slice(devices - deadDevices)),
    timeoutMs: responseTimeoutMs.long
  })
  const sender = stage.send(topic, fleet, perSecond)
  await untilNoneIsLeft(() => warmUpSeconds * perSecond - receiver.ledger.distinct)
  const { complaints: shortfalls, notes } = await watchMemory(instance, watchMs)
  await sender.finish(0)
  receiver.areDead = false
  await untilNoneIsLeft(() => sender.stored - receiver.ledger.distinct)
  const stored = await stage.settled(group, topic)
  await stage.stop(instance)
  return { notes, shortfalls, complaints: complaintsAbout(receiver.ledger, { sent: fleet.issued, stored }) }
}

/** Answers each device at its own path, but for the dead. */
class Receiver {
  areDead = true
  readonly ledger = new Ledger()
  /** Of the devices that are not dead. */
  readonly others = new Pace()
  unanswered = 0
  mostConnections = 0
  /** Messages at the path of another device. */
  strangers = 0
  readonly #dead: ReadonlySet<string>
  readonly #double = new HttpDouble({ clock: systemClock, reply: request => this.#take(request) })

  private constructor(dead: ReadonlySet<string>) {
    this.#dead = dead
  }

  static async open(stage: Stage, dead: ReadonlySet<string>): Promise<Receiver> {
    const receiver = await stage.opened(new Receiver(dead))
    await receiver.#double.start()
    return receiver
  }

  get url(): string {
    return this.#double.url
  }

  stop(): Promise<void> {
    return this.#double.stop()
  }

  #take({ path, body }: Received): Reply {
    this.mostConnections = Math.max(this.mostConnections, this.#double.connections)
    const ident = path.split('/')[2] ?? ''
    if (this.areDead && this.#dead.has(ident)) {
      this.unanswered++
      return { kind: 'hang' }
    }
    for (const message of JSON.parse(body.toString())) {
      const { device, seq } = identify(message)
      if (device !== ident) this.strangers++
      if (!this.#dead.has(device)) this.others.note()
      this.ledger.record(device, seq)
    }
    return { kind: 'answer', status: 200, afterMs: latencyMs }
  }
}
