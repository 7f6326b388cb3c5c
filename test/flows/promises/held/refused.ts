// Twelve of 122 devices are refused by the receiver, with a status for the whole request they are in. The others, on the
// same partitions, must keep their rate: it is compared with what it is where these twelve have sent nothing. What they
// sent waits, goes out in order once they are registered, and costs no memory meanwhile.

import { uniqueName } from '../../../kafka.ts'
import { Fleet } from '../../harness/fleet.ts'
import type { Instance } from '../../harness/instance.ts'
import { watchedNode, watchMemory } from '../../harness/memory/watch.ts'
import { until, untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { compare, type EnginePromise, unless } from '../promise.ts'
import { deviceRefused, Sink } from '../sink.ts'
import type { Stage } from '../stage.ts'

const devices = 122
const refusedDevices = 12
const leastShare = 0.9
/** With the default of 16 batches of 100 in flight: 16,000 messages/s at most, so that it is not the processor that is measured. */
const latencyMs = 100

/** While the memory is watched, and for how long before: until code is compiled and buffers are there. */
const perSecond = 2_000
const warmUpSeconds = 15

interface Load {
  readonly topic: string
  readonly fleet: Fleet
  readonly refused: readonly string[]
}

interface Run {
  /** Of the devices that are not refused. */
  readonly perSecond: number
  readonly refusals: number
  readonly complaints: readonly string[]
}

export const held: EnginePromise = {
  name: 'held',
  title: 'devices that the target refuses wait in order, and the others keep their rate',
  async run(stage, { rounds, messages, outageMs }) {
    const others = devices - refusedDevices
    const without = await load(stage, others, Math.round((messages / devices) * others))
    const withRefused = await load(stage, devices, messages)
    const { alone, beside, shares, share, complaints } = await compare(rounds, {
      alone: () => forward(stage, without),
      beside: () => forward(stage, withRefused)
    })
    const memory = await watch(stage, outageMs)
    return {
      complaints: [...complaints, ...memory.complaints],
      shortfalls: [
        ...unless([share >= leastShare, `the others keep ${share} of their rate, not ${leastShare}`]),
        ...memory.shortfalls
      ],
      figures: {
        perSecondWithout: alone.map(run => run.perSecond),
        perSecondBeside: beside.map(run => run.perSecond),
        shares,
        medianShare: share,
        refusals: beside.map(({ refusals }) => refusals),
        memory: memory.notes
      }
    }
  }
}

async function load(stage: Stage, count: number, messages: number): Promise<Load> {
  const topic = await stage.createTopic()
  const fleet = new Fleet(count)
  await stage.fill(topic, { fleet, messages })
  return { topic, fleet, refused: fleet.devices.slice(devices - refusedDevices) }
}

interface Stream {
  readonly instance: Instance
  readonly group: string
  readonly sink: Sink
}

async function start(stage: Stage, { topic, refused }: Load): Promise<Stream> {
  const sink = await Sink.open(stage, { latencyMs })
  for (const device of refused) sink.refused.add(device)
  const group = uniqueName('held')
  const target = { http: { url: sink.url, refusesDevice: [deviceRefused] } }
  const streams = { acme: { group, target, held: { maxDelayMs: 10_000 } } }
  const instance = await stage.start({ topic, streams, nodeOptions: watchedNode })
  return { instance, group, sink }
}

/** Forwards all of the topic; the refused devices are registered once the others are done. */
async function forward(stage: Stage, load: Load): Promise<Run> {
  const { topic, fleet, refused } = load
  const { instance, group, sink } = await start(stage, load)
  const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0)
  const all = sum(fleet.issued.values())
  const ofRefused = sum(refused.map(device => fleet.issued.get(device) ?? 0))
  // Which devices it is that are refused is found out once; the rate is taken when that is long over.
  const others = all - ofRefused
  await untilNoneIsLeft(() => Math.max(0, Math.round(others / 2) - sink.ledger.distinct))
  sink.pace.reset()
  const left = await untilNoneIsLeft(() => others - sink.ledger.distinct)
  const rate = sink.pace.perSecond
  await until('all that is refused is held', async () => {
    const stream = await instance.stream()
    return stream?.held.messages === ofRefused && stream.held.devices === refused.length
  })
  const stored = await stage.settled(group, topic) // though they wait
  sink.refused.clear()
  await untilNoneIsLeft(() => all - sink.ledger.distinct)
  await until('nothing is held', async () => (await instance.stream())?.lag === 0)
  const deadLetters = (await instance.stream())?.accounts.dead_lettered ?? 0
  await stage.stop(instance)
  await sink.stop()
  return {
    perSecond: rate,
    refusals: sink.refusals,
    complaints: [
      ...complaintsAbout(sink.ledger, { sent: fleet.issued, stored }),
      ...unless(
        [left === 0, `${left} messages of other devices waited for those that are refused`],
        [deadLetters === 0, `${deadLetters} dead letters`]
      )
    ]
  }
}

/** What a process holds while devices are refused for long, and what they send piles up. */
async function watch(stage: Stage, durationMs: number) {
  const topic = await stage.createTopic()
  const fleet = new Fleet(devices)
  const refused = fleet.devices.slice(devices - refusedDevices)
  const { instance, group, sink } = await start(stage, { topic, fleet, refused })
  const sender = stage.send(topic, fleet, perSecond)
  await untilNoneIsLeft(() => warmUpSeconds * perSecond - sink.ledger.distinct)
  // A process that sends and holds all the while wanders more in a minute than one whose target is down.
  const { complaints: shortfalls, notes } = await watchMemory(instance, durationMs)
  await sender.finish(0)
  const stream = await instance.stream()
  sink.refused.clear()
  await untilNoneIsLeft(() => sender.stored - sink.ledger.distinct)
  const stored = await stage.settled(group, topic)
  await stage.stop(instance)
  const before = `${stream?.held.messages} messages of ${stream?.held.devices} devices were held`
  return {
    notes: [...notes, before],
    shortfalls,
    complaints: complaintsAbout(sink.ledger, { sent: fleet.issued, stored })
  }
}
