// 1, 2, 4 and 8 processes, up and down again, while 2,000 messages a second go through: every message arrives once and in
// order, since each of these moves is an orderly one.

import { Fleet } from '../../harness/fleet.ts'
import { until } from '../../harness/until.ts'
import { complaintsAbout } from '../arrivals.ts'
import { type Findings, round3, type Scale } from '../promise.ts'
import { Sink } from '../sink.ts'
import type { Stage } from '../stage.ts'
import { Crew } from './crew.ts'

const sizes = { long: [1, 2, 4, 8, 4, 2, 1], short: [1, 2, 3, 1] }
const rates = { long: 2_000, short: 500 }
/** How long each size is left in peace, in messages of so many seconds. */
const seconds = { long: 15, short: 1 }

export async function moves(stage: Stage, { isLong }: Scale): Promise<Findings> {
  const form = isLong ? 'long' : 'short'
  const topic = await stage.createTopic()
  const fleet = new Fleet()
  const sink = await Sink.open(stage, { latencyMs: 20 })
  const crew = new Crew(stage, topic, { target: { http: { url: sink.url } } })
  const perSecond = rates[form]
  const sender = stage.send(topic, fleet, perSecond)
  const movesS: number[] = []
  for (const size of sizes[form]) {
    const startedMs = performance.now()
    await crew.resize(size)
    movesS.push(round3((performance.now() - startedMs) / 1000))
    await arrive(sink, perSecond * seconds[form])
  }
  await sender.finish(0)
  const stored = await stage.settled(crew.group, topic)
  await crew.resize(0)
  await sink.stop()
  return {
    complaints: complaintsAbout(sink.ledger, { sent: fleet.issued, stored }),
    shortfalls: [],
    figures: {
      sizes: sizes[form],
      messages: stored,
      perSecond,
      secondsOfMoves: movesS,
      arrivals: sink.ledger.arrivals,
      longestGapMs: Math.round(sink.pace.longestGapMs)
    }
  }
}

/** Resolves once so many messages more have come. */
async function arrive(sink: Sink, messages: number): Promise<void> {
  const goal = sink.ledger.distinct + messages
  await until(`${messages} messages more`, () => sink.ledger.distinct >= goal)
}
