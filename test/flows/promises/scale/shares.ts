// A receiver that takes 20 ms for each request, of which a process has at most eight in flight: two processes must get
// more through than one. Small batches, so that the receiver sets the pace and not the processor.

import { Fleet } from '../../harness/fleet.ts'
import { untilNoneIsLeft } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { compare, type Findings, type Scale, unless } from '../promise.ts'
import { Sink } from '../sink.ts'
import type { Stage } from '../stage.ts'
import { Crew } from './crew.ts'

const latencyMs = 20
const concurrency = 8
const maxMessages = 5
/** What two processes deliver, as a multiple of one. */
const leastRatio = 1.2

interface Load {
  readonly topic: string
  readonly fleet: Fleet
  readonly messages: number
}

interface Run {
  readonly perSecond: number
  readonly complaints: readonly string[]
}

export async function shares(stage: Stage, { isLong, rounds }: Scale): Promise<Findings> {
  const topic = await stage.createTopic()
  const fleet = new Fleet()
  const messages = isLong ? 40_000 : 4_000
  await stage.fill(topic, { fleet, messages })
  const load = { topic, fleet, messages }
  const { alone, beside, share, complaints } = await compare(rounds, {
    alone: () => drain(stage, load, 1),
    beside: () => drain(stage, load, 2)
  })
  return {
    complaints,
    shortfalls: unless([
      share >= leastRatio,
      `two processes deliver ${share} times what one does, not ${leastRatio}`
    ]),
    figures: {
      perSecondOfOne: alone.map(({ perSecond }) => perSecond),
      perSecondOfTwo: beside.map(({ perSecond }) => perSecond),
      ratioOfTwo: share
    }
  }
}

/** All of the topic, once every process has its partitions: what is asked is what they deliver, not how fast they start. */
async function drain(stage: Stage, { topic, fleet, messages }: Load, processes: number): Promise<Run> {
  const sink = await Sink.open(stage, { latencyMs })
  const target = { http: { url: sink.url, maxMessages, batchesInFlight: concurrency } }
  const crew = new Crew(stage, topic, { concurrency, target })
  await sink.stop()
  await crew.resize(processes)
  await sink.start()
  await untilNoneIsLeft(() => messages - sink.ledger.distinct)
  const stored = await stage.settled(crew.group, topic)
  const { perSecond } = sink.pace
  await crew.resize(0)
  await sink.stop()
  return { perSecond, complaints: complaintsAbout(sink.ledger, { sent: fleet.issued, stored }) }
}
