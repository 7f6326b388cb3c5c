// Tailrace beside what anybody would write first for a protocol, interleaved, with and without latency: messages a
// second, CPU, what the receiver makes of the arrivals, and how many times the plain way that is.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { uniqueName } from '../kafka.ts'
import type { Bench, BenchContext, Row } from './bench.ts'
import { measureJudged, verdict } from './judged.ts'
import { benchLog, loadFleet, withKafka } from './kafka.ts'
import { medianRow, round2 } from './measure.ts'

export interface LatencyCase {
  readonly latencyMs: number
  /** Enough to run for some seconds each; with latency the plain way gets through few. */
  readonly messages: number
  readonly plainMessages: number
  /** Further systems that the module exports, and how many messages each of them gets through. */
  readonly others?: Readonly<Record<string, number>>
}

/** What both systems are told, over JSON. */
export interface PlainOptions {
  readonly brokers: string[]
  readonly topic: string
  readonly partitions: number
  readonly messages: number
  /** What the receiver said of itself when it was ready. */
  readonly receiver: string
}

export interface AgainstPlain {
  readonly summary: string
  /**
   * A process that says where it is when it is ready; an order `{ latencyMs }` begins a new run, to `judge` it answers with
   * the Arrivals.
   */
  readonly receiver: URL
  /** Exports `systems` with the names `tailrace`, `plain` and those of `others`, which take PlainOptions. */
  readonly systems: URL
  readonly cases: readonly LatencyCase[]
  /** Of the 93 devices of the sample. */
  readonly copies?: number
}

const partitions = 6
export function againstPlain(against: AgainstPlain): Bench {
  const { receiver: module, systems, cases, copies = 132 } = against
  return {
    summary: against.summary,
    run: context =>
      withKafka(context, async brokers => {
        const receiver = fork(fileURLToPath(module))
        const [{ url }] = await once(receiver, 'message')
        const rows: Row[] = []
        try {
          for (const one of cases) {
            const topic = uniqueName('plain')
            await loadFleet(
              benchLog(brokers),
              { name: topic, partitions, copies, messages: one.messages },
              context
            )
            const options = { brokers, topic, partitions, receiver: url }
            rows.push(...(await runCase({ receiver, systems, one, options, context })))
          }
        } finally {
          receiver.disconnect()
        }
        return rows
      })
  }
}

interface CaseRun {
  readonly receiver: ChildProcess
  readonly systems: URL
  readonly one: LatencyCase
  readonly options: Omit<PlainOptions, 'messages'>
  readonly context: BenchContext
}

async function runCase({ receiver, systems, one, options, context }: CaseRun): Promise<Row[]> {
  const { latencyMs, messages, plainMessages, others = {} } = one
  const counts = Object.entries({ tailrace: messages, plain: plainMessages, ...others })
  const results = await measureJudged({
    ...{ receiver, module: systems.href, latencyMs },
    systems: counts.map(([name, count]) => ({ name, options: { ...options, messages: count } })),
    told: line => context.progress(`${latencyMs} ms, ${line}`)
  })
  const rows = results.map(({ name, options: { messages: sent }, measured, arrived }) => ({
    ...{ system: name, latencyMs },
    ...medianRow(measured),
    ...verdict(arrived, sent)
  }))
  return [...rows, ...comparison(rows, one)]
}

/** Tailrace in multiples of each other way. */
function comparison(rows: readonly Rated[], { latencyMs }: LatencyCase): Row[] {
  const [tailrace, ...others] = rows
  if (tailrace === undefined) return []
  return others.map(other => ({
    system: `tailrace / ${other.system}`,
    latencyMs,
    messagesPerSecond: round2(tailrace.messagesPerSecond / other.messagesPerSecond),
    cpuSecondsPerMillion: round2(tailrace.cpuSecondsPerMillion / other.cpuSecondsPerMillion)
  }))
}

type Rated = ReturnType<typeof medianRow> & { readonly system: string }
