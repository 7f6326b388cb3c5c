// From Kafka to a receiver that confirms: Tailrace, the plain loop, and kafkajs consuming alone, interleaved, with
// what the receiver got judged after each run.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { uniqueName } from '../../kafka.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import { measureJudged, verdict } from '../judged.ts'
import { benchLog, loadFleet, withKafka } from '../kafka.ts'
import { medianRow } from '../measure.ts'
import type { ForwardOptions } from './systems.ts'

const partitions = 6

/** The 93 devices of the sample, cloned to 12,276: a fleet of some size. */
const copies = 132

/**
 * `inFlight` is the concurrency of Tailrace; the plain loop has one request per partition by its nature, so with
 * latency fewer messages tell as much of it. Without latency a million take so little time that the start would count.
 */
const cases = [
  { batch: 100, latencyMs: 0, inFlight: 64, messages: 3_000_000, plainMessages: 3_000_000 },
  { batch: 500, latencyMs: 0, inFlight: 64, messages: 3_000_000, plainMessages: 3_000_000 },
  { batch: 100, latencyMs: 20, inFlight: 128, messages: 1_000_000, plainMessages: 120_000 },
  { batch: 500, latencyMs: 20, inFlight: 128, messages: 1_000_000, plainMessages: 400_000 },
  { batch: 100, latencyMs: 200, inFlight: 256, messages: 1_000_000, plainMessages: 20_000 }
]

/** All cases, or those whose latency BENCH_LATENCY names. */
const chosen = () => {
  const wanted = process.env.BENCH_LATENCY
  return wanted === undefined ? cases : cases.filter(one => wanted.split(',').includes(`${one.latencyMs}`))
}

type Case = (typeof cases)[number]

export const forward: Bench = {
  summary: 'Kafka to an HTTP receiver that confirms: Tailrace, the plain loop, and kafkajs reading only',
  run: context =>
    withKafka(context, async brokers => {
      const receiver = fork(fileURLToPath(new URL('./receiver.js', import.meta.url)))
      const [{ url }] = await once(receiver, 'message')
      const rows: Row[] = []
      try {
        for (const one of chosen()) {
          const topic = uniqueName('forward')
          const load = { name: topic, partitions, copies, messages: one.messages }
          await loadFleet(benchLog(brokers), load, context)
          const options: ForwardOptions = { ...one, brokers, topic, partitions, url }
          rows.push(...(await runCase(receiver, { one, options, context })))
        }
      } finally {
        receiver.disconnect()
      }
      return rows
    })
}

interface CaseRun {
  readonly one: Case
  readonly options: ForwardOptions
  readonly context: BenchContext
}

async function runCase(receiver: ChildProcess, { one, options, context }: CaseRun): Promise<Row[]> {
  const { batch, latencyMs } = one
  const results = await measureJudged({
    ...{ receiver, module: new URL('./systems.js', import.meta.url).href, latencyMs },
    systems: ['tailrace', 'plain loop', 'kafkajs alone'].map(name => ({
      name,
      options: { ...options, messages: messagesOf(name, one) }
    })),
    told: line => context.progress(`batch ${batch}, ${latencyMs} ms, ${line}`)
  })
  return results.map(({ name, options: { messages }, measured, arrived }) => ({
    ...{ system: name, batch, latencyMs },
    ...medianRow(measured),
    ...(name === 'kafkajs alone' ? {} : verdict(arrived, messages))
  }))
}

function messagesOf(name: string, one: Case): number {
  return name === 'plain loop' ? one.plainMessages : one.messages
}
