// Ten thousand hostile requests at the HTTP source of a process, among them slow ones that hold their connections: each
// gets its status, memory stays flat, and those who send as they should hardly notice. Then a hundred megabytes of lines.

import { Readable } from 'node:stream'
import { request } from 'undici'
import { Child } from '../../../bench/ingest/child.ts'
import type { Instance } from '../../harness/instance.ts'
import { watchedNode } from '../../harness/memory/watch.ts'
import { tick, until } from '../../harness/until.ts'
import { type EnginePromise, type Findings, median, round3, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'
import { type GoodRun, sendGood } from './good-senders.ts'
import type { HostileOrder, HostileReport } from './hostile-load.ts'
import { token } from './hostile-requests.ts'

interface Extent {
  readonly rounds: number
  /** Quick requests of a round, and how long it takes. */
  readonly quick: number
  readonly roundMs: number
  /** How long it is quiet before each round. */
  readonly quietMs: number
  /** Slow requests over all rounds, all of them at once. */
  readonly slow: number
  readonly slowKind: 'slow' | 'slowHeaders'
}

const extents: Readonly<Record<'long' | 'short', Extent>> = {
  long: { rounds: 5, quick: 1_900, roundMs: 60_000, quietMs: 20_000, slow: 500, slowKind: 'slow' },
  short: { rounds: 1, quick: 600, roundMs: 6_000, quietMs: 6_000, slow: 10, slowKind: 'slowHeaders' }
}
const goodPerSecond = 200
const mostTimesP99 = 2
const linesBytes = 100_000_000
/** What a process may hold more after all of it than before. */
const flatMb = 10
const linesMb = 48
/** How often the process collects its garbage and tells what it holds. */
const heldEveryMs = 5_000

export const hostile: EnginePromise = {
  name: 'hostile',
  title: 'hostile senders get what they deserve, and good ones hardly notice',
  async run(stage, { isLong }) {
    return findings(await play(stage, isLong ? extents.long : extents.short))
  }
}

interface Lines {
  readonly accepted: number
  readonly seconds: number
  /** What was resident before, and how much more at most meanwhile. */
  readonly beforeMb: number
  readonly moreMb: number
}

/** What happened. */
interface Story {
  readonly quiet: readonly GoodRun[]
  readonly beside: readonly GoodRun[]
  readonly reports: readonly HostileReport[]
  /** What the process held before and after. */
  readonly heldMb: readonly [number, number]
  readonly lines: Lines
  readonly accepted: number
  readonly stored: number
  /** How often Kafka did not take messages in time, which has nothing to do with who else sends. */
  readonly appendsFailed: number
}

async function play(stage: Stage, extent: Extent): Promise<Story> {
  const { rounds, quietMs, slow: slowCount, slowKind: kind } = extent
  const scene = await Scene.open(stage)
  await scene.round(extent, 1) // what is used for the first time is not compared
  const beforeMb = await scene.heldMb()
  const slow = scene.ask({ kind, count: slowCount, atOnce: slowCount, perSecond: 1_000 })
  const quiet: GoodRun[] = []
  const beside: GoodRun[] = []
  const reports: HostileReport[] = []
  for (let round = 0; round < rounds; round++) {
    quiet.push(await scene.good(quietMs))
    const { good, report } = await scene.round(extent, round + 2)
    beside.push(good)
    reports.push(report)
  }
  reports.push(await slow)
  const heldMb = [beforeMb, await scene.heldMb()] as const
  const lines = await scene.sendLines()
  const accepted = scene.accepted + lines.accepted
  const stored = await scene.stored()
  const { appendsFailed } = scene
  await scene.close()
  return { quiet, beside, reports, heldMb, lines, accepted, stored, appendsFailed }
}

function findings(story: Story): Findings {
  const { heldMb, lines } = story
  const times = timesOf(story)
  const moreMb = heldMb[1] - heldMb[0]
  return {
    complaints: complaints(story),
    shortfalls: unless(
      [
        median(times) <= mostTimesP99,
        `the p99 of good senders is ${round3(median(times))} times what it was`
      ],
      [moreMb < flatMb, `it holds ${moreMb} MB more than before`],
      [lines.moreMb < linesMb, `a hundred megabytes of lines took ${lines.moreMb} MB`]
    ),
    figures: figures(story)
  }
}

/** How much longer good senders waited in each round than before it. */
function timesOf({ quiet, beside }: Story): number[] {
  return quiet.map(({ p99Ms }, round) => (beside[round]?.p99Ms ?? Number.NaN) / p99Ms)
}

function complaints({ quiet, beside, reports, accepted, stored, appendsFailed }: Story): string[] {
  const wrong = reports.flatMap(report => report.wrong)
  // Whoever is told 503 then sends again, and what got no answer may be stored twice.
  const isDue = (status: number) => status === 503 && appendsFailed > 0
  const refused = [...quiet, ...beside].flatMap(run => run.refused.filter(status => !isDue(status)))
  return [
    ...wrong.slice(0, 20),
    ...refused.slice(0, 5).map(status => `a good sender got ${status}`),
    ...unless(
      [wrong.length === 0, `${wrong.length} hostile requests got another status than they should`],
      [
        stored === accepted || (appendsFailed > 0 && stored > accepted),
        `${stored} messages are stored, and ${accepted} were accepted`
      ]
    )
  ]
}

function figures(story: Story): Findings['figures'] {
  const { quiet, beside, reports, heldMb, lines, appendsFailed } = story
  const times = timesOf(story)
  const right = reports.flatMap(report => Object.values(report.right))
  return {
    hostile: reports.reduce((sum, { sent }) => sum + sent, 0),
    rightStatus: right.reduce((sum, count) => sum + count, 0),
    hostilePerSecond: reports.slice(0, -1).map(({ sent, seconds }) => Math.round(sent / seconds)),
    p99MsQuiet: quiet.map(({ p99Ms }) => p99Ms),
    p99MsBeside: beside.map(({ p99Ms }) => p99Ms),
    p50MsQuiet: quiet.map(({ p50Ms }) => p50Ms),
    p50MsBeside: beside.map(({ p50Ms }) => p50Ms),
    p99Times: times.map(round3),
    medianP99Times: round3(median(times)),
    appendsFailed,
    heldMb,
    linesSeconds: round3(lines.seconds),
    linesAccepted: lines.accepted,
    linesResidentMb: [lines.beforeMb, lines.beforeMb + lines.moreMb]
  }
}

/** A process with a source, the loads of hostile senders, and what was accepted. */
class Scene {
  accepted = 0
  readonly #stage: Stage
  readonly #topic: string
  readonly #instance: Instance
  readonly #quick: Child
  readonly #slow: Child

  private constructor(stage: Stage, { topic, instance }: { topic: string; instance: Instance }) {
    this.#stage = stage
    this.#topic = topic
    this.#instance = instance
    const load = new URL('./hostile-load.js', import.meta.url)
    this.#quick = new Child(load)
    this.#slow = new Child(load)
  }

  static async open(stage: Stage): Promise<Scene> {
    const topic = await stage.createTopic()
    const sources = [{ http: { tokens: [token] } }]
    const instance = await stage.start({
      topic,
      sources,
      streams: {},
      partitions: 0,
      nodeOptions: watchedNode,
      env: { TAILRACE_HELD_EVERY_MS: String(heldEveryMs) }
    })
    await until('it has started', () => instance.logged('service_started') === 1)
    return new Scene(stage, { topic, instance })
  }

  get #url(): string {
    return this.#instance.ingestUrl('fleet')
  }

  get appendsFailed(): number {
    return this.#instance.logged('append_failed')
  }

  ask(order: Omit<HostileOrder, 'port' | 'seed'> & { readonly seed?: number }): Promise<HostileReport> {
    const child = order.kind === 'quick' ? this.#quick : this.#slow
    return child.ask({ seed: 1, ...order, port: Number(new URL(this.#url).port) })
  }

  async good(ms: number): Promise<GoodRun> {
    const run = await sendGood(this.#url, { perSecond: goodPerSecond, ms })
    this.accepted += run.sent - run.refused.length
    return run
  }

  async round({ quick, roundMs }: Extent, seed: number): Promise<{ good: GoodRun; report: HostileReport }> {
    const perSecond = (quick * 1_000) / roundMs
    const order = { kind: 'quick', count: quick, atOnce: 64, perSecond, seed } as const
    const [good, report] = await Promise.all([this.good(roundMs), this.ask(order)])
    return { good, report }
  }

  /** What the process holds after a collection of garbage, once nothing is asked of it any more. */
  async heldMb(): Promise<number> {
    await tick(2 * heldEveryMs)
    return Math.round(this.#instance.heldMb ?? Number.NaN)
  }

  /** A hundred megabytes in one request, and how much more was resident meanwhile. */
  async sendLines(): Promise<Lines> {
    const line = `{"ident":"lines","timestamp":1,"x":"${'x'.repeat(950)}"}\n`
    const block = line.repeat(1_000)
    const blocks = Math.ceil(linesBytes / block.length)
    const beforeMb = Math.round(await this.#instance.residentMb())
    let mostMb = 0
    const sampling = setInterval(() => {
      void this.#instance.residentMb().then(mb => {
        mostMb = Math.max(mostMb, mb)
      })
    }, 50)
    const startedMs = performance.now()
    const accepted = await postLines(this.#url, Array<string>(blocks).fill(block))
    clearInterval(sampling)
    return {
      accepted,
      beforeMb,
      moreMb: Math.round(mostMb - beforeMb),
      seconds: (performance.now() - startedMs) / 1_000
    }
  }

  async stored(): Promise<number> {
    const ends = await this.#stage.cluster.ends(this.#topic)
    return ends.reduce((sum, end) => sum + end, 0)
  }

  async close(): Promise<void> {
    await Promise.all([this.#quick.stop(), this.#slow.stop()])
    await this.#stage.stop(this.#instance)
  }
}

/** The number of messages accepted. */
async function postLines(url: string, blocks: readonly string[]): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: Readable.from(blocks) })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`lines were answered with ${statusCode}: ${text}`)
  return JSON.parse(text).accepted
}
