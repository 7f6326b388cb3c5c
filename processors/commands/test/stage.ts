// The stage of one case: the stream as it runs in earnest, on a log in memory, in virtual time, with a target that
// answers as it is told. Nothing is left to chance: a back-off lasts as long as it may at most.

import type { Message, Rehearsal } from '../../../connectors/connector.ts'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import type { Config } from '../../../schemas/config.ts'
import { channelsOf, type StreamConfig } from '../../../schemas/stream.ts'
import { streamOptions } from '../../service/streams/build.ts'
import type { Surroundings } from '../../service/streams/steps.ts'
import { heldNote } from '../../stream/held/held-record.ts'
import { silentMeter } from '../../stream/meter.ts'
import { type End, ends } from '../../stream/settlement/accounts.ts'
import { Stream } from '../../stream/stream.ts'
import { Script } from './script.ts'
import type { Deed, Rule } from './suite/lines.ts'
import { deviceOf } from './suite/names.ts'
import { type Requests, WatchedTarget } from './watched-target.ts'

/** As long as it may, and never quite the same: names are made of it, too. */
class LongestClock extends VirtualClock {
  #turn = 0

  override random(): number {
    return 1 - ++this.#turn / 2 ** 32
  }
}

export interface StageParts {
  readonly stream: string
  readonly config: StreamConfig
  readonly channels: Config['channels']
  readonly surroundings: Surroundings
  readonly partitions: number
  readonly rehearsal: Rehearsal<unknown>
  /** What the target answers. */
  readonly rules: readonly Rule[]
}

function acceptingAnswer({ rehearsal, config }: StageParts): string {
  const [kind = ''] = Object.keys(config.target)
  return rehearsal.accepts?.(config.target[kind]) ?? rehearsal.examples[0]
}

const startMs = 1_000
const drainMs = 20_000
const budget = { windowBytes: 16_777_216, maxFetchBytes: 1_048_576 }

export class Stage {
  readonly requests: Requests = { made: [], delivered: [], sent: new Map() }
  readonly ended = new Map<End, number>()
  readonly log: MemoryLog
  readonly #parts: StageParts
  readonly #clock = new LongestClock()
  /** Names by partition and offset. */
  readonly #names = new Map<string, string>()
  /** Keys by the names of their devices, where `values` has another ident. */
  readonly #keys = new Map<string, Buffer>()
  readonly #topic: string
  readonly #script: Script
  #stream: Stream | null = null
  #startedMs = 0
  /** What the request that is being made is answered. */
  #answer = ''

  constructor(parts: StageParts) {
    this.#parts = parts
    this.log = new MemoryLog({ clock: this.#clock })
    this.#script = new Script(parts.rules, acceptingAnswer(parts))
    const topics = channelsOf(parts.config).map(channel => parts.channels[channel]?.topic ?? channel)
    for (const topic of topics) this.log.create(topic, parts.partitions)
    this.#topic = topics[0] ?? ''
  }

  /** Since the start of the case, in ms. */
  get atMs(): number {
    return this.#clock.now() - this.#startedMs
  }

  get stream(): Stream {
    if (this.#stream === null) throw new Error('the stage was not opened')
    return this.#stream
  }

  /** The case starts when the stream is ready. */
  async open(): Promise<void> {
    await this.#start()
    await this.#clock.advance(startMs)
    this.#startedMs = this.#clock.now()
  }

  async close(): Promise<void> {
    await this.#lasting(this.stream.stop(drainMs))
    this.#note()
  }

  /** Lets time pass until then; `isOver` may end it before. */
  async passUntil(atMs: number, isOver: () => boolean = () => false): Promise<void> {
    while (this.atMs < atMs && !isOver()) await this.#clock.step(this.#startedMs + atMs)
  }

  /** Sends messages in one go; `values` has what is in them where it matters. */
  async send(names: readonly string[], values: Readonly<Record<string, object>>): Promise<void> {
    const { partitions } = this.#parts
    const records = names.map(name => {
      const ident = deviceOf(name)
      const value = values[name] ?? { ident, timestamp: Math.floor(this.#clock.now() / 1000), name }
      const key = Buffer.from(String((value as { ident?: unknown }).ident ?? ident)) // any object
      this.#keys.set(ident, key)
      return { name, key, value: Buffer.from(JSON.stringify(value)), partition: partitionOf(key, partitions) }
    })
    const ends = await this.log.admin().ranges(this.#topic)
    const next = ends.map(({ end }) => end)
    for (const { name, partition } of records) {
      const offset = next[partition] ?? 0
      next[partition] = offset + 1
      this.#names.set(`${partition}:${offset}`, name)
    }
    await this.#lasting(this.log.producer().append(this.#topic, records))
  }

  async do({ kind, device }: Deed): Promise<void> {
    if (kind === 'restart') return this.#restart()
    const key = this.#keys.get(device) ?? Buffer.from(device)
    const { config, partitions } = this.#parts
    const note = heldNote({ kind, topic: this.#topic }, partitionOf(key, partitions), key)
    await this.#lasting(this.log.producer().append(config.held.topic, [note]))
  }

  /** The name by which the case knows the device of this key. */
  deviceOf(key: Buffer): string {
    const found = [...this.#keys].find(([, one]) => one.equals(key))
    return found?.[0] ?? key.toString()
  }

  nameAt({ partition }: TopicPartition, offset: number): string {
    return this.#names.get(`${partition}:${offset}`) ?? `${partition}:${offset}`
  }

  async #restart(): Promise<void> {
    await this.close()
    await this.#start()
  }

  async #start(): Promise<void> {
    const { channels, config, rehearsal, stream: name, surroundings } = this.#parts
    const clock = this.#clock
    const env = { clock, log: () => {}, mask: new Mask([]), stream: name }
    const [kind = ''] = Object.keys(config.target)
    const inner = await rehearsal.create(config.target[kind], env, () => this.#answer)
    const answer = (names: readonly string[]) => {
      this.#answer = this.#script.next(names, this.atMs)
      return this.#answer
    }
    const nameOf = (message: Message) => this.nameAt(message.origin, message.offset)
    const from = { ...config, start: 'earliest' }
    const wanted = { name, config: from, channels, sinceMs: 0, budget, surroundings }
    this.#stream = new Stream(streamOptions(wanted), {
      ...env,
      reached: () => {},
      meter: silentMeter,
      admin: this.log.admin(),
      target: new WatchedTarget(inner, { atMs: () => this.atMs, nameOf, answer }, this.requests),
      producer: this.log.producer(),
      consumer: options => this.log.consumer(options)
    })
    await this.#lasting(this.#stream.start())
  }

  /** Lets time pass for as long as something takes. */
  async #lasting(work: Promise<void>): Promise<void> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    await this.#clock.until(() => isDone)
    await done
  }

  #note(): void {
    const { accounts } = this.stream.status()
    for (const end of ends) this.ended.set(end, (this.ended.get(end) ?? 0) + accounts[end])
  }
}
