// Measures systems that send to a receiver in a process of its own, interleaved, and lets the receiver judge after each
// run what has arrived.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Arrivals } from './forward/judge.ts'
import { type Measurement, measure } from './measure.ts'

export interface JudgedSystem {
  readonly name: string
  /** Must survive JSON. */
  readonly options: { readonly messages: number }
}

export interface JudgedRuns {
  /** An order `{ latencyMs }` begins a new run, to `judge` it answers with the Arrivals. */
  readonly receiver: ChildProcess
  /** Exports `systems`. */
  readonly module: string
  readonly systems: readonly JudgedSystem[]
  readonly latencyMs: number
  told(line: string): void
}

const rounds = 3

/** The rounds of each system, in the order of `systems`. */
export async function measureJudged({ receiver, module, systems, latencyMs, told }: JudgedRuns) {
  const results = systems.map(system => ({
    ...system,
    measured: [] as Measurement[],
    arrived: [] as Arrivals[]
  }))
  for (let round = 1; round <= rounds; round++) {
    for (const { name, options, measured, arrived } of results) {
      receiver.send({ latencyMs })
      const result = await measure({ name, module, options })
      receiver.send('judge')
      const [arrivals] = await once(receiver, 'message')
      measured.push(result)
      arrived.push(arrivals)
      told(`round ${round}, ${name}: ${Math.round(result.messages / result.seconds)} messages/s`)
    }
  }
  return results
}

/** Over all rounds: a single lost message counts. */
export function verdict(runs: readonly Arrivals[], messages: number) {
  const sum = (of: (run: Arrivals) => number) => runs.reduce((total, run) => total + of(run), 0)
  return {
    lost: sum(run => Math.max(0, messages - run.distinct)),
    duplicates: sum(run => run.duplicates),
    outOfOrder: sum(run => run.outOfOrder)
  }
}
