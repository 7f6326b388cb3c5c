// A fleet to a service that discards, without a word, what exceeds a hundred messages a second on a connection. With as
// many connections as its rate needs nothing is discarded, lost or out of order, also while connections are cut.

import { AwsIotDouble } from '../../../../connectors/aws-iot/double.ts'
import { systemClock } from '../../../../connectors/clock.ts'
import { makeCertificates } from '../../../certificates.ts'
import { uniqueName } from '../../../kafka.ts'
import { Fleet, identify } from '../../harness/fleet.ts'
import { Ledger } from '../../harness/ledger.ts'
import { tick, untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { Arrivals } from '../pace/arrivals.ts'
import { type EnginePromise, unless } from '../promise.ts'
import type { Stage } from '../stage.ts'

const perSecond = 1_000
/** Of one connection, and so of a stream that has only one. */
const quota = 100
const cutEveryMs = 2_500
const latencyMs = 60

export const awsIot: EnginePromise = {
  name: 'aws-iot',
  title: 'a service that discards what exceeds its quotas discards nothing, also while connections are cut',
  async run(stage, { isLong }) {
    const messages = isLong ? 20_000 : 4_000
    const plain = await forward(stage, { messages, isCut: false })
    const cut = await forward(stage, { messages, isCut: true })
    return {
      complaints: [...plain.complaints, ...cut.complaints.map(complaint => `with cuts: ${complaint}`)],
      shortfalls: unless([plain.rate > 3 * quota, `${plain.rate} messages a second`]),
      figures: { ...figuresOf('', plain), ...figuresOf('with cuts: ', cut) }
    }
  }
}

interface Told {
  readonly messages: number
  readonly isCut: boolean
}

interface Run {
  readonly complaints: readonly string[]
  readonly messages: number
  /** Messages in a second, over all connections. */
  readonly rate: number
  /** Connections in all. */
  readonly accepted: number
  readonly cuts: number
  readonly mostInSecond: number
  readonly mostInFlight: number
  readonly discarded: number
  readonly repeated: number
}

async function forward(stage: Stage, { messages, isCut }: Told): Promise<Run> {
  const topic = await stage.createTopic()
  const fleet = new Fleet()
  await stage.fill(topic, { fleet, messages })
  const { double, ledger, arrivals, target } = await service(stage)
  const group = uniqueName('aws-iot')
  const instance = await stage.start({ topic, streams: { acme: { group, target } } })
  let isDone = false
  const arrived = untilNoneIsLeft(() => messages - ledger.distinct).finally(() => {
    isDone = true
  })
  const cuts = isCut ? await cutUntil(() => isDone, double) : 0
  await arrived
  const stored = await stage.settled(group, topic)
  const { dead_lettered: deadLetters = 0 } = (await instance.stream())?.accounts ?? {}
  await stage.stop(instance)
  const { accepted, discarded, excesses, refusedConnects, takenOver, mostInSecond, mostInFlight } = double
  // What a cut left without an answer is sent again.
  const owed = isCut ? Math.max(stored, ledger.arrivals) : stored
  return {
    complaints: [
      ...complaintsAbout(ledger, { sent: fleet.issued, stored: owed }),
      ...unless(
        [deadLetters === 0, `${deadLetters} dead letters`],
        [discarded === 0, `${discarded} messages were discarded`],
        [excesses === 0, `${excesses} connections were ended over a message`],
        [refusedConnects === 0, `${refusedConnects} connections came too soon`],
        [takenOver === 0, `${takenOver} connections were ended by another with their client id`],
        [!isCut || cuts > 0, 'nothing was cut']
      )
    ],
    ...{ messages, accepted, cuts, mostInSecond, mostInFlight, discarded },
    rate: Math.round(messages / (arrivals.durationMs / 1_000)),
    repeated: ledger.arrivals - ledger.distinct
  }
}

/** The service, and the target that speaks to it. */
async function service(stage: Stage) {
  const { ca, cert, key } = makeCertificates()
  const ledger = new Ledger()
  const arrivals = new Arrivals()
  ledger.onFirst = () => arrivals.note(performance.now())
  const double = await stage.opened(
    new AwsIotDouble({
      clock: systemClock,
      tls: { cert, key, clientCa: ca },
      reply: () => ({ kind: 'puback', afterMs: latencyMs }),
      ledger: ({ payload }) => {
        const { device, seq } = identify(JSON.parse(payload.toString()))
        ledger.record(device, seq)
      }
    })
  )
  await double.start()
  const target = {
    awsIot: {
      endpoint: `localhost:${double.port}`,
      tls: { ca, cert, key },
      topic: 'fleet/{ident}/telemetry',
      publishesPerSecond: perSecond
    }
  }
  return { double, ledger, arrivals, target }
}

/** Cuts all connections now and then; says how often. */
async function cutUntil(isDone: () => boolean, double: AwsIotDouble): Promise<number> {
  let cuts = 0
  let cutMs = performance.now()
  while (!isDone()) {
    await tick(50)
    if (performance.now() < cutMs + cutEveryMs) continue
    cutMs = performance.now()
    if (double.connections > 0) cuts++
    double.cut()
  }
  return cuts
}

function figuresOf(prefix: string, { complaints: _, ...figures }: Run) {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [prefix + name, value]))
}
