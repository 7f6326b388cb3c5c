// Two hours of one device are replayed beside the live traffic, which is a backlog that a receiver takes at its own pace:
// exactly those messages arrive at the replay's target, the live stream keeps its rate, and its group its place.

import { uniqueName } from '../../../kafka.ts'
import { outputOf } from '../../../processors/commands/shared/output.ts'
import { Fleet, type FleetMessage } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { compare, type EnginePromise, type Scale, unless } from '../promise.ts'
import { Sink } from '../sink.ts'
import { partitionCount, type Stage } from '../stage.ts'

const leastShare = 0.95
const hourMs = 3_600_000
/** The past: so many hours, in which each device reports so often. */
const hours = 6
const everyMs = 10_000
/** Eight requests of 100 messages, each answered after 100 ms: at most 8,000 messages/s. */
const live = { latencyMs: 100, batchesInFlight: 8 }

export const replay: EnginePromise = {
  name: 'replay',
  title: 'two hours of a device are replayed beside the live traffic, which keeps its rate and its place',
  async run(stage, scale) {
    const story = await Story.open(stage, scale)
    const { alone, beside, shares, share, complaints } = await compare(scale.rounds, {
      alone: () => story.drain(false),
      beside: () => story.drain(true)
    })
    return {
      complaints,
      shortfalls: unless([
        share >= leastShare,
        `the live stream keeps ${share} of its rate, not ${leastShare}`
      ]),
      figures: {
        replayed: beside.map(({ replayed }) => replayed),
        perSecondAlone: alone.map(({ perSecond }) => perSecond),
        perSecondBeside: beside.map(({ perSecond }) => perSecond),
        shares,
        medianShare: share
      }
    }
  }
}

interface Run {
  /** Of the live stream. */
  readonly perSecond: number
  readonly replayed: number
  readonly complaints: readonly string[]
}

/** A topic with a past, which every group of the story has behind it, and a live backlog. */
class Story {
  readonly #stage: Stage
  readonly #topic: string
  readonly #device: string
  readonly #startMs: number
  readonly #fleet = new Fleet()
  readonly #messages: number
  /** The ends of the past. */
  #ends: readonly number[] = []

  private constructor(stage: Stage, topic: string, messages: number) {
    this.#stage = stage
    this.#topic = topic
    this.#messages = messages
    this.#device = this.#fleet.devices[7] ?? ''
    this.#startMs = Math.floor(Date.now() / hourMs - hours - 1) * hourMs
  }

  static async open(stage: Stage, { messages }: Scale): Promise<Story> {
    const topic = uniqueName('promise')
    await stage.cluster.createPastTopic(topic, partitionCount)
    const story = new Story(stage, topic, messages)
    const past = new Fleet()
    const all: (FleetMessage & { timeMs: number })[] = []
    for (let timeMs = story.#startMs; timeMs < story.#startMs + hours * hourMs; timeMs += everyMs)
      for (const device of past.devices) all.push({ ...past.next(device), timeMs })
    await stage.cluster.appendPast(topic, all)
    story.#ends = await stage.cluster.ends(topic)
    await stage.fill(topic, { fleet: story.#fleet, messages })
    return story
  }

  /** Delivers the backlog in a group of its own, alone or with a replay beside it. */
  async drain(isBeside: boolean): Promise<Run> {
    const [sink, aside] = [
      await Sink.open(this.#stage, live),
      await Sink.open(this.#stage, { latencyMs: 10 })
    ]
    const group = uniqueName('replay')
    await this.#stage.cluster.skipTo(group, this.#topic, this.#ends)
    const { batchesInFlight } = live
    const streams = {
      acme: { group, target: { http: { url: sink.url, batchesInFlight } } },
      aside: { group: `${group}.aside`, paused: true, target: { http: { url: aside.url } } }
    }
    const instance = await this.#stage.start({ topic: this.#topic, streams })
    const replayed = isBeside ? this.#replay(instance) : Promise.resolve([])
    await untilNoneIsLeft(() => this.#messages - sink.ledger.distinct)
    const { perSecond } = sink.pace
    const complaints = await replayed
    const stored = await this.#stage.settled(group, this.#topic)
    await this.#stage.stop(instance)
    for (const one of [sink, aside]) await one.stop()
    const past = this.#ends.reduce((sum, end) => sum + end, 0)
    const expected = { sent: this.#fleet.issued, stored: stored - past }
    return {
      perSecond,
      replayed: aside.ledger.distinct,
      complaints: [...complaints, ...complaintsAbout(sink.ledger, expected), ...this.#judge(aside, isBeside)]
    }
  }

  /** The third and the fourth hour of one device. */
  async #replay({ configFile }: Instance): Promise<string[]> {
    const at = (hour: number) => new Date(this.#startMs + hour * hourMs).toISOString()
    const where = ['--config', configFile, '--target', 'aside', '--device', this.#device]
    const { code, stderr } = await outputOf([
      'replay',
      'acme',
      ...where,
      '--from',
      at(2),
      '--to',
      at(4),
      '--yes'
    ])
    return code === 0 ? [] : [`the replay ended with ${code}: ${stderr}`]
  }

  /** Exactly those messages, each once, and in order. */
  #judge({ ledger }: Sink, isBeside: boolean): string[] {
    const perHour = hourMs / everyMs
    const expected = isBeside ? Array.from({ length: 2 * perHour }, (_, at) => 2 * perHour + at) : []
    const missing = expected.filter(seq => ledger.times(this.#device, seq) !== 1)
    return unless(
      [missing.length === 0, `${missing.length} of ${expected.length} messages did not arrive once`],
      [
        ledger.arrivals === expected.length,
        `${ledger.arrivals} messages were replayed, not ${expected.length}`
      ],
      [ledger.outOfOrder === 0, 'the replay was out of order']
    )
  }
}
