// Tailrace beside what anybody would write first for a protocol, interleaved, with and without latency: messages a
// second, CPU, what the receiver makes of the arrivals, and how many times the plain way that is.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { uniqueName } from '../kafka.ts'
import type { Bench, BenchContext, Row } from './bench.ts'
import type { Arrivals } from './forward/judge.ts'
import { benchLog, loadFleet, withKafka } from './kafka.ts'
import { type Measurement, measure, medianRow, round2 } from './measure.ts'

export interface LatencyCase {
  readonly latencyMs: number
  /** Enough to run for some seconds each; with latency the plain way gets through few. */
  readonly messages: number
  readonly plainMessages: number
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
  /** Exports `systems` with the names `tailrace` and `plain`, which take PlainOptions. */
  readonly systems: URL
  readonly cases: readonly LatencyCase[]
}

const partitions = 6
const rounds = 3
const copies = 132
const names = ['tailrace', 'plain']

export function againstPlain({ summary, receiver: module, systems, cases }: AgainstPlain): Bench {
  return {
    summary,
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
  const measured = new Map<string, Measurement[]>(names.map(name => [name, []]))
  const arrived = new Map<string, Arrivals[]>(names.map(name => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      receiver.send({ latencyMs: one.latencyMs })
      const messages = messagesOf(name, one)
      const result = await measure({ name, module: systems.href, options: { ...options, messages } })
      receiver.send('judge')
      const [arrivals] = await once(receiver, 'message')
      measured.get(name)?.push(result)
      arrived.get(name)?.push(arrivals)
      const rate = Math.round(result.messages / result.seconds)
      context.progress(`${one.latencyMs} ms, round ${round}, ${name}: ${rate} messages/s`)
    }
  }
  const rows = names.map(name => ({
    system: name,
    latencyMs: one.latencyMs,
    ...medianRow(measured.get(name) ?? []),
    ...verdict(arrived.get(name) ?? [], messagesOf(name, one))
  }))
  return [...rows, ...comparison(rows, one)]
}

const messagesOf = (name: string, one: LatencyCase) => (name === 'plain' ? one.plainMessages : one.messages)

/** Over all rounds: a single lost message counts. */
export function verdict(runs: readonly Arrivals[], messages: number) {
  const sum = (of: (run: Arrivals) => number) => runs.reduce((total, run) => total + of(run), 0)
  return {
    lost: sum(run => Math.max(0, messages - run.distinct)),
    duplicates: sum(run => run.duplicates),
    outOfOrder: sum(run => run.outOfOrder)
  }
}

/** Tailrace in multiples of the plain way. */
function comparison(rows: readonly ReturnType<typeof medianRow>[], { latencyMs }: LatencyCase): Row[] {
  const [tailrace, plain] = rows
  if (tailrace === undefined || plain === undefined) return []
  return [
    {
      system: 'tailrace / plain',
      latencyMs,
      messagesPerSecond: round2(tailrace.messagesPerSecond / plain.messagesPerSecond),
      cpuSecondsPerMillion: round2(tailrace.cpuSecondsPerMillion / plain.cpuSecondsPerMillion)
    }
  ]
}
