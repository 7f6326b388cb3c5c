// A fleet over all that lies between: POSTed to a channel, by MQTT to a broker and from it into a second channel, by Wialon
// Retranslator into a third, and from there to an HTTP receiver. On the way Tailrace, which is every one of the hops, is
// killed twice, and the broker is restarted twice.

import { freePorts } from '../../../../connectors/kafka/local/ports.ts'
import { uniqueName } from '../../../kafka.ts'
import { type Mosquitto, startMosquitto } from '../../../mosquitto.ts'
import type { Instance } from '../../harness/instance.ts'
import { post } from '../../harness/sender.ts'
import { tick, tickUntil, until, untilNoneIsLeft } from '../../harness/until.ts'
import { type EnginePromise, type Findings, unless } from '../promise.ts'
import { type Process, partitionCount, type Stage } from '../stage.ts'
import { Collector, canonical, differences } from '../steps/collector.ts'
import { carried, type Message, readMessages } from './messages.ts'

/** So slow that all hops have something under way whenever something fails. */
const perSecond = 400
/** Messages of a request. */
const requestSize = 20
const repeatAfterMs = 200

export const journey: EnginePromise = {
  name: 'journey',
  title: 'a fleet over HTTP, MQTT, Wialon and HTTP arrives whole and in order, though every hop is killed',
  async run(stage) {
    const story = await Story.open(stage, readMessages())
    await Promise.all([story.send(), story.disturb()])
    return story.settle()
  }
}

class Story {
  readonly #stage: Stage
  readonly #messages: readonly Message[]
  readonly #broker: Mosquitto
  readonly #collector: Collector
  readonly #process: Process
  readonly #topics: Places['topics']
  readonly #name = uniqueName('journey')
  #instance!: Instance
  #sent = 0
  #repeatedRequests = 0
  /** At each fault, how many messages were on their way. */
  readonly #underWay: number[] = []

  private constructor(stage: Stage, messages: readonly Message[], places: Places) {
    this.#stage = stage
    this.#messages = messages
    this.#broker = places.broker
    this.#collector = places.collector
    this.#topics = places.topics
    this.#process = processOf(this.#name, places)
  }

  static async open(stage: Stage, messages: readonly Message[]): Promise<Story> {
    const [wialonPort = 0] = await freePorts(1)
    const settings = ['max_queued_messages 0']
    const places = {
      wialonPort,
      collector: await Collector.open(stage),
      broker: await stage.opened(await startMosquitto({ persists: true, settings })),
      topics: {
        fleet: await stage.createTopic(),
        brokered: await stage.createTopic(),
        retranslated: await stage.createTopic()
      }
    }
    const story = new Story(stage, messages, places)
    await story.#start()
    return story
  }

  /** Sends at the set rate and repeats what was not accepted, as a good sender does. */
  async send(): Promise<void> {
    const startedMs = performance.now()
    while (this.#sent < this.#messages.length) {
      await tickUntil(startedMs + (this.#sent / perSecond) * 1_000)
      const texts = this.#messages.slice(this.#sent, this.#sent + requestSize).map(one => JSON.stringify(one))
      await this.#post(texts)
      this.#sent += texts.length
    }
  }

  /** Kills Tailrace and restarts the broker in turn, while messages are on their way. */
  async disturb(): Promise<void> {
    for (const [share, fault] of [
      [0.2, () => this.#killTailrace()],
      [0.4, () => this.#restartBroker()],
      [0.6, () => this.#killTailrace()],
      [0.8, () => this.#restartBroker()]
    ] as const) {
      const goal = share * this.#messages.length
      await until(`${goal} messages are sent`, () => this.#sent >= goal)
      this.#underWay.push(this.#sent - this.#collector.distinct)
      await fault()
    }
  }

  async settle(): Promise<Findings> {
    const { length } = this.#messages
    const lost = await untilNoneIsLeft(() => Math.max(0, length - this.#collector.distinct))
    const stored = {
      fleet: await this.#stage.settled(`${this.#name}.broker`, this.#topics.fleet),
      brokered: await this.#stage.settled(`${this.#name}.wialon`, this.#topics.brokered),
      retranslated: await this.#stage.settled(`${this.#name}.home`, this.#topics.retranslated)
    }
    const streams = await this.#instance.streams()
    const deadLetters = streams.reduce((sum, { accounts }) => sum + (accounts.dead_lettered ?? 0), 0)
    const setAside = await this.#stage.cluster.records(`${this.#topics.brokered}.dead-letters`)
    await this.#stage.stop(this.#instance)
    return {
      complaints: [
        ...differences(this.#collector.byDevice, this.#expected()),
        ...unless(
          [lost === 0, `${lost} of ${length} messages were lost`],
          [deadLetters === 0, `${deadLetters} dead letters`],
          [setAside.flat().length === 0, `${setAside.flat().length} dead letters of the channel`],
          [this.#underWay.every(count => count > 0), 'nothing was on its way when something failed']
        )
      ],
      shortfalls: [],
      figures: {
        messages: length,
        lost,
        arrived: this.#collector.arrivals,
        ...stored,
        repeatedRequests: this.#repeatedRequests,
        underWayAtFaults: this.#underWay
      }
    }
  }

  async #post(texts: readonly string[]): Promise<void> {
    for (;;) {
      try {
        return await post(this.#instance.ingestUrl('fleet'), texts)
      } catch {
        this.#repeatedRequests++
        await tick(repeatAfterMs)
      }
    }
  }

  async #killTailrace(): Promise<void> {
    await this.#instance.kill()
    await this.#start()
  }

  async #restartBroker(): Promise<void> {
    await this.#broker.shutDown()
    await this.#broker.start()
  }

  async #start(): Promise<void> {
    this.#instance = await this.#stage.start(this.#process)
    // A session that was never there keeps nothing.
    await until('it has subscribed', () => this.#instance.logged('source_connected') > 0)
  }

  #expected(): Map<string, string[]> {
    const devices = new Map<string, string[]>()
    for (const message of this.#messages) {
      const messages = devices.get(message.ident) ?? []
      devices.set(message.ident, messages)
      messages.push(canonical(carried(message)))
    }
    return devices
  }
}

interface Places {
  readonly wialonPort: number
  readonly broker: Mosquitto
  readonly collector: Collector
  readonly topics: Readonly<Record<'fleet' | 'brokered' | 'retranslated', string>>
}

/** One process with the three streams and the sources of the three channels. */
function processOf(name: string, { wialonPort, broker, collector, topics }: Places): Process {
  const url = `mqtt://127.0.0.1:${broker.port}`
  const source = { url, topics: ['fleet/{ident}/telemetry'], clientId: `${name}-source` }
  const address = { host: '127.0.0.1', port: wialonPort }
  const channelOf = (topic: string, kind: unknown) => ({ topic, partitions: partitionCount, sources: [kind] })
  return {
    topic: topics.fleet,
    sources: [{ http: {} }],
    channels: {
      brokered: channelOf(topics.brokered, { mqtt: source }),
      retranslated: channelOf(topics.retranslated, { wialon: address })
    },
    streams: {
      broker: { group: `${name}.broker`, target: { mqtt: { url, topic: 'fleet/{ident}/telemetry' } } },
      wialon: { from: ['brokered'], group: `${name}.wialon`, target: { wialon: address } },
      home: { from: ['retranslated'], group: `${name}.home`, target: { http: { url: collector.url } } }
    }
  }
}
