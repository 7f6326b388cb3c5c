// What a promise of the engine is, as a flow: a story on real Kafka with figures to print, told in a short form in every
// test run and in a long one for proof. What noise cannot spoil (counts, outcomes) is a complaint in both; ratios and
// rates are shortfalls, which only the long form judges.

import type { Stage } from './stage.ts'

export interface Scale {
  /** For proof; else it only has to be seen to work. */
  readonly isLong: boolean
  /** How often what is compared is run, in turn. */
  readonly rounds: number
  /** How long a target is down. */
  readonly outageMs: number
  /** How often the drain after it is compared with forwarding the same messages. */
  readonly forwardRounds: number
  /** Messages of one run that is timed. */
  readonly messages: number
}

export const short: Scale = { isLong: false, rounds: 1, outageMs: 60_000, forwardRounds: 0, messages: 20_000 }
export const long: Scale = { isLong: true, rounds: 5, outageMs: 900_000, forwardRounds: 3, messages: 160_000 }

export interface Findings {
  /** What was not as it must be. */
  readonly complaints: readonly string[]
  /** Figures that miss what is promised. */
  readonly shortfalls: readonly string[]
  readonly figures: Readonly<Record<string, number | readonly number[] | readonly string[]>>
}

export interface EnginePromise {
  readonly name: string
  /** A sentence. */
  readonly title: string
  run(stage: Stage, scale: Scale): Promise<Findings>
}

/** What a run that is compared with another has to tell. */
interface Compared {
  readonly perSecond: number
  readonly complaints: readonly string[]
}

/** Runs in turn, each as often as the other, and the share of `alone`'s rate that is left `beside` what disturbs. */
export interface Comparison<R extends Compared> {
  readonly alone: readonly R[]
  readonly beside: readonly R[]
  readonly shares: readonly number[]
  /** The median. */
  readonly share: number
  readonly complaints: readonly string[]
}

export async function compare<R extends Compared>(
  rounds: number,
  { alone, beside }: { alone(): Promise<R>; beside(): Promise<R> }
): Promise<Comparison<R>> {
  const runs: { alone: R[]; beside: R[] } = { alone: [], beside: [] }
  const shares: number[] = []
  for (let round = 0; round < rounds; round++) {
    const [one, other] = [await alone(), await beside()]
    runs.alone.push(one)
    runs.beside.push(other)
    shares.push(round3(other.perSecond / one.perSecond))
  }
  const complaints = [...runs.alone, ...runs.beside].flatMap(run => run.complaints)
  return { ...runs, shares, share: median(shares), complaints }
}

/** A sentence for each that does not hold. */
export function unless(...checks: readonly (readonly [holds: boolean, sentence: string])[]): string[] {
  return checks.filter(([holds]) => !holds).map(([, sentence]) => sentence)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Three digits after the point. */
export const round3 = (value: number) => Math.round(value * 1000) / 1000
