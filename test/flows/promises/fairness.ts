// A dead, a slow and a fast stream in one process, all of the same channel: the fast one must keep its lone rate, which
// its receiver's latency sets well below what the processor allows.

import { uniqueName } from '../../kafka.ts'
import { Fleet } from '../harness/fleet.ts'
import type { Instance } from '../harness/instance.ts'
import { untilNoneIsLeft } from '../harness/until.ts'
import { complaintsAbout } from './arrivals.ts'
import { compare, type EnginePromise, round3, unless } from './promise.ts'
import { Sink } from './sink.ts'
import type { Stage } from './stage.ts'

const leastShare = 0.9

/** Eight requests of 100 messages, each answered after 100 ms: at most 8,000 messages/s. */
const fast = { latencyMs: 100, batchesInFlight: 8 }
/** A hundredth of that. */
const slow = { latencyMs: 5_000, batchesInFlight: 4 }

interface Run {
  /** Of the fast stream. */
  readonly perSecond: number
  /** Of a core, used by the process while the fast stream had something to do. */
  readonly cpuShare: number
  readonly complaints: readonly string[]
}

export const fairness: EnginePromise = {
  name: 'fairness',
  title: 'a dead and a slow stream take nothing from a fast one in the same process',
  async run(stage, { rounds, messages }) {
    const topic = await stage.createTopic()
    const fleet = new Fleet()
    await stage.fill(topic, { fleet, messages })
    const { alone, beside, shares, share, complaints } = await compare(rounds, {
      alone: () => runFast(stage, { topic, fleet, isAlone: true }),
      beside: () => runFast(stage, { topic, fleet, isAlone: false })
    })
    return {
      complaints,
      shortfalls: unless([
        share >= leastShare,
        `the fast stream keeps ${share} of its rate, not ${leastShare}`
      ]),
      figures: {
        perSecondAlone: alone.map(({ perSecond }) => perSecond),
        perSecondAmongOthers: beside.map(({ perSecond }) => perSecond),
        shares,
        medianShare: share,
        cpuShareAlone: alone.map(({ cpuShare }) => cpuShare),
        cpuShareAmongOthers: beside.map(({ cpuShare }) => cpuShare)
      }
    }
  }
}

interface Wanted {
  readonly topic: string
  readonly fleet: Fleet
  readonly isAlone: boolean
}

async function runFast(stage: Stage, { topic, fleet, isAlone }: Wanted): Promise<Run> {
  const sinks = {
    fast: await Sink.open(stage, fast),
    slow: await Sink.open(stage, slow),
    dead: await Sink.open(stage, fast)
  }
  await sinks.dead.stop()
  const stream = (sink: Sink, { batchesInFlight }: { batchesInFlight: number }) => ({
    group: uniqueName('fairness'),
    target: { http: { url: sink.url, batchesInFlight } }
  })
  const others = { slow: stream(sinks.slow, slow), dead: stream(sinks.dead, fast) }
  const streams = { fast: stream(sinks.fast, fast), ...(!isAlone && others) }
  const instance = await stage.start({ topic, streams })
  const all = [...fleet.issued.values()].reduce((sum, count) => sum + count, 0)
  const cpuShare = await cpuShareUntil(instance, () => all - sinks.fast.ledger.distinct)
  const { perSecond } = sinks.fast.pace
  const stored = await stage.settled(streams.fast.group, topic)
  const statuses = new Map((await instance.streams()).map(status => [status.name, status]))
  await stage.stop(instance)
  for (const sink of Object.values(sinks)) await sink.stop()
  const setAside = [...statuses.values()].reduce((sum, { accounts }) => sum + accounts.dead_lettered, 0)
  return {
    perSecond,
    cpuShare,
    complaints: [
      ...complaintsAbout(sinks.fast.ledger, { sent: fleet.issued, stored }),
      ...unless(
        [setAside === 0, `${setAside} dead letters`],
        [sinks.slow.ledger.outOfOrder === 0, 'the slow stream is out of order'],
        [isAlone || sinks.slow.pace.count > 0, 'the slow stream delivered nothing'],
        [
          isAlone || statuses.get('dead')?.state === 'waiting',
          `the dead stream was ${statuses.get('dead')?.state}`
        ]
      )
    ]
  }
}

/** The processor time that a process takes until `left` is 0, as a share of a core. */
async function cpuShareUntil(instance: Instance, left: () => number): Promise<number> {
  const [startedMs, cpuSeconds] = [performance.now(), await instance.cpuSeconds()]
  await untilNoneIsLeft(left)
  return round3((((await instance.cpuSeconds()) - cpuSeconds) * 1000) / (performance.now() - startedMs))
}
