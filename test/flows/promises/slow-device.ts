// One device of a hundred is throttled without end by an MQTT broker, which answers each message by itself. The others,
// on the same partitions, must hardly notice: their rate beside it is compared with what it is without that device. All
// of it stays below the span that a partition reads ahead of its commit point.

import { systemClock } from '../../../connectors/clock.ts'
import { MqttDouble, type PublishReply } from '../../../connectors/shared/mqtt/double.ts'
import { uniqueName } from '../../kafka.ts'
import { Fleet, identify } from '../harness/fleet.ts'
import { Ledger } from '../harness/ledger.ts'
import { untilNoneIsLeft } from '../harness/until.ts'
import { complaintsAbout } from './arrivals.ts'
import { Pace } from './pace.ts'
import { compare, type EnginePromise, unless } from './promise.ts'
import type { Stage } from './stage.ts'

const devices = 100
const leastShare = 0.95

/** With the default window of 100: 5,000 messages/s at most, so that it is not the processor that is measured. */
const latencyMs = 20

/** PUBACK 0x83: this message, not now. */
const throttled: PublishReply = {
  kind: 'puback',
  code: 0x83,
  text: 'too many of this device',
  afterMs: latencyMs
}
const taken: PublishReply = { kind: 'puback', afterMs: latencyMs }

interface Load {
  readonly topic: string
  readonly fleet: Fleet
  /** The last of the fleet, if it has as many as with a slow one. */
  readonly slow: string | undefined
}

interface Run {
  /** Of the devices that are not slow. */
  readonly perSecond: number
  readonly refused: number
  readonly complaints: readonly string[]
}

export const slowDevice: EnginePromise = {
  name: 'slow-device',
  title: 'a device that is throttled without end does not hold up the others',
  async run(stage, { rounds, messages }) {
    const without = await load(stage, devices - 1, (messages / devices) * (devices - 1))
    const withSlow = await load(stage, devices, messages)
    const { alone, beside, shares, share, complaints } = await compare(rounds, {
      alone: () => forward(stage, without),
      beside: () => forward(stage, withSlow)
    })
    return {
      complaints,
      shortfalls: unless([share >= leastShare, `the others keep ${share} of their rate, not ${leastShare}`]),
      figures: {
        perSecondWithout: alone.map(({ perSecond }) => perSecond),
        perSecondBeside: beside.map(({ perSecond }) => perSecond),
        shares,
        medianShare: share,
        refused: beside.map(({ refused }) => refused)
      }
    }
  }
}

async function load(stage: Stage, count: number, messages: number): Promise<Load> {
  const topic = await stage.createTopic()
  const fleet = new Fleet(count)
  await stage.fill(topic, { fleet, messages })
  return { topic, fleet, slow: fleet.devices[devices - 1] }
}

/** Forwards all of the topic; the slow device is let through once the others are done. */
async function forward(stage: Stage, { topic, fleet, slow }: Load): Promise<Run> {
  const broker = await Broker.open(stage, slow)
  const group = uniqueName('slow-device')
  const target = { mqtt: { url: broker.url, topic: 'fleet/telemetry' } }
  const instance = await stage.start({ topic, streams: { acme: { group, target } } })
  const all = [...fleet.issued.values()].reduce((sum, count) => sum + count, 0)
  const ofOthers = all - (fleet.issued.get(slow ?? '') ?? 0)
  const left = await untilNoneIsLeft(() => ofOthers - broker.others.count)
  const { perSecond } = broker.others
  const { refused } = broker
  broker.isThrottling = false
  await untilNoneIsLeft(() => all - broker.ledger.distinct)
  const stored = await stage.settled(group, topic)
  const deadLetters = (await instance.stream())?.accounts.dead_lettered ?? 0
  await stage.stop(instance)
  await broker.stop()
  return {
    perSecond,
    refused,
    complaints: [
      ...complaintsAbout(broker.ledger, { sent: fleet.issued, stored }),
      ...unless(
        [left === 0, `${left} messages of other devices waited for the slow one`],
        [refused > 0 === (slow !== undefined), `${refused} messages of the slow device were throttled`],
        [deadLetters === 0, `${deadLetters} dead letters`]
      )
    ]
  }
}

/** Answers each message by itself, after a latency. */
class Broker {
  isThrottling = true
  readonly ledger = new Ledger()
  /** Of the devices that are not slow. */
  readonly others = new Pace()
  /** Messages of the slow device that were throttled. */
  refused = 0
  readonly #slow: string | undefined
  readonly #double = new MqttDouble({ clock: systemClock, reply: ({ payload }) => this.#take(payload) })

  private constructor(slow: string | undefined) {
    this.#slow = slow
  }

  static async open(stage: Stage, slow: string | undefined): Promise<Broker> {
    const broker = await stage.opened(new Broker(slow))
    await broker.#double.start()
    return broker
  }

  get url(): string {
    return this.#double.url
  }

  stop(): Promise<void> {
    return this.#double.stop()
  }

  #take(payload: Buffer): PublishReply {
    const { device, seq } = identify(JSON.parse(payload.toString()))
    if (device !== this.#slow) this.others.note()
    else if (this.isThrottling) {
      this.refused++
      return throttled
    }
    this.ledger.record(device, seq)
    return taken
  }
}
