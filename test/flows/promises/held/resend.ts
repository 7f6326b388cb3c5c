// A thousand dead letters are resent once the receiver was mended: the command is killed in the middle and run again. Each
// arrives once, at the target of its stream only; those that are still refused come back with their count raised, and are
// not resent by themselves.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { LogRecord } from '../../../../connectors/kafka/log/log.ts'
import { packageRoot } from '../../../../processors/commands/package-root.ts'
import { decodeFacts } from '../../../../processors/stream/settlement/dead-letter.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet, type FleetMessage } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { until, untilNoneIsLeft } from '../../harness/until.ts'
import { type EnginePromise, unless } from '../promise.ts'
import { Sink } from '../sink.ts'
import type { Stage } from '../stage.ts'

const messages = 1_100
const bad = 1_000
/** Of the bad ones, these are refused again. */
const hopeless = 10
const latencyMs = 5

export const resend: EnginePromise = {
  name: 'resend',
  title: 'dead letters that are resent arrive once, at their stream only, though the command is killed',
  async run(stage) {
    const story = await Story.open(stage)
    await story.setAside()
    const before = await story.breakOff()
    const missing = story.refuseSomeOfTheMissing()
    const whole = await story.resend()
    const then = await story.resend('--dry-run')
    const { complaints, back } = await story.settle()
    return {
      shortfalls: [],
      figures: { arrivedBeforeTheKill: before, resentThen: whole.resent, cameBack: back.length },
      complaints: [
        ...complaints,
        ...unless(
          [whole.resent === missing, `${whole.resent} were resent, and ${missing} were missing`],
          [back.length === hopeless, `${back.length} came back`],
          [back.every(count => count === 1), `those that came back count ${back}`],
          [then.found === hopeless && then.leftAlone.before === bad, `then: ${JSON.stringify(then)}`]
        )
      ]
    }
  }
}

/** What the command prints. */
interface Resent {
  readonly found: number
  readonly resent: number
  readonly leftAlone: { readonly before: number }
}

/** Two streams of one channel, of which one has a thousand dead letters. */
class Story {
  readonly #stage: Stage
  readonly #group = uniqueName('resend')
  /** All messages by name, in the order in which they were sent, and those that are refused. */
  readonly #all: readonly string[]
  readonly #refused: Set<string>
  #sink!: Sink
  #other!: Sink
  #instance!: Instance

  private constructor(stage: Stage, all: readonly string[]) {
    this.#stage = stage
    this.#all = all
    this.#refused = new Set(all.slice(0, bad))
  }

  static async open(stage: Stage): Promise<Story> {
    const topic = await stage.createTopic()
    const all: string[] = []
    const told = ({ device, seq }: FleetMessage) => all.push(`${device}:${seq}`)
    await stage.fill(topic, { fleet: new Fleet(), messages, told })
    const story = new Story(stage, all)
    const isBad = (device: string, seq: number) => story.#refused.has(`${device}:${seq}`)
    story.#sink = await Sink.open(stage, { latencyMs, isBad })
    story.#other = await Sink.open(stage, { latencyMs })
    const group = story.#group
    const target = { http: { url: story.#sink.url, maxMessages: 1 } }
    const acme = { group, target, safetyStop: { rejected: bad, of: bad } }
    const other = { group: `${group}.other`, target: { http: { url: story.#other.url } } }
    story.#instance = await stage.start({ topic, streams: { acme, other } })
    return story
  }

  async setAside(): Promise<void> {
    await until('all bad ones are dead letters', async () => (await this.#letters()).length === bad)
    await untilNoneIsLeft(() => messages - this.#other.ledger.distinct)
    this.#refused.clear()
  }

  /** Begins to resend and kills the command; resolves with how many had arrived. */
  async breakOff(): Promise<number> {
    const { child, output } = this.#run('--rate', '400/s')
    await until('some have arrived', () => this.#sink.ledger.distinct >= messages - bad + 200)
    const arrived = this.#sink.ledger.distinct - (messages - bad)
    child.kill('SIGKILL')
    await output
    await this.#nothingWaits()
    return arrived
  }

  refuseSomeOfTheMissing(): number {
    const missing = this.#all.filter(id => this.#sink.ledger.times(...nameOf(id)) === 0)
    for (const id of missing.slice(0, hopeless)) this.#refused.add(id)
    return missing.length
  }

  async resend(...more: string[]): Promise<Resent> {
    const printed = await this.#run(...more).output
    await this.#nothingWaits()
    return JSON.parse(printed) // what the command prints with --json
  }

  /** What is not as it must be, and how often each letter that came back was resent. */
  async settle(): Promise<{ complaints: string[]; back: (number | undefined)[] }> {
    const letters = await this.#letters()
    await this.#stage.stop(this.#instance)
    const { arrivals, distinct } = this.#sink.ledger
    const others = this.#other.ledger.arrivals
    return {
      back: letters.slice(bad).map(({ headers }) => decodeFacts(headers)?.resent),
      complaints: unless(
        [distinct === messages - hopeless, `${distinct} of ${messages - hopeless} arrived`],
        [arrivals === distinct, `${arrivals} arrivals of ${distinct}`],
        [others === messages, `another stream got ${others} of ${messages}`]
      )
    }
  }

  #nothingWaits(): Promise<void> {
    return until('nothing waits', async () => (await this.#instance.stream())?.lag === 0)
  }

  async #letters(): Promise<LogRecord[]> {
    const records = await this.#stage.cluster.records(`${this.#group}.dead-letters`).catch(() => [])
    return records.flat()
  }

  #run(...more: string[]) {
    const main = packageRoot('dist/processors/main.js')
    const config = ['--config', this.#instance.configFile]
    const args = [main, 'dead-letters', 'resend', 'acme', '--yes', '--json', ...config, ...more]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const output = Promise.all([text(child.stdout), once(child, 'close')]).then(([written]) => written)
    return { child, output }
  }
}

function nameOf(id: string): [device: string, seq: number] {
  const [device = '', seq] = id.split(':')
  return [device, Number(seq)]
}
