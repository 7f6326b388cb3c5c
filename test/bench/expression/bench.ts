// One filter on decoded messages: Tailrace, JavaScript written by hand, and CEL, in rounds that take turns. All must
// come to the same verdict on every message, fields missing or not.

import type { Bench, BenchContext, Row } from '../bench.ts'
import { round2 } from '../measure.ts'
import { candidates } from './candidates.ts'
import { Contestant } from './contestant.ts'
import type { Shapes } from './process.ts'

const rounds = 9
const roundMs = 300
const warmUpMs = 600

/** At least so many times as fast as the faster implementation of CEL, and as slow as code by hand at most. */
const bounds = { timesCel: 5, timesSlower: 3 }

export const expressionBench: Bench = {
  summary: 'a filter on decoded messages: Tailrace, JavaScript written by hand, and CEL',
  async run(context) {
    const complete = await contest('complete', context)
    const noSpeed = await contest('no speed', context)
    const rows = Object.entries(candidates).map(([candidate, { input, expression }]) => ({
      candidate,
      input,
      expression,
      hits: complete.hits,
      millionPerCpuSecond: millions(complete, candidate),
      millionPerCpuSecondNoSpeed: millions(noSpeed, candidate)
    }))
    return [...rows, ...ratios(complete, noSpeed)]
  }
}

interface Result {
  /** Of every candidate. */
  readonly hits: number
  /** Operations per second of processor time, the median, by candidate. */
  readonly rates: ReadonlyMap<string, number>
}

async function contest(shapes: Shapes, { progress }: BenchContext): Promise<Result> {
  const contestants = Object.keys(candidates).map(name => new Contestant(name))
  try {
    for (const contestant of contestants) await contestant.begin(shapes, warmUpMs)
    for (let round = 1; round <= rounds; round++) {
      progress(`messages with ${shapes === 'complete' ? 'all fields' : shapes}, round ${round} of ${rounds}`)
      // Back and forth, so that nobody always follows the same one.
      const order = round % 2 === 0 ? contestants.toReversed() : contestants
      for (const contestant of order) await contestant.round(roundMs)
    }
    await compareVerdicts(contestants)
    const hits = new Set(contestants.flatMap(contestant => [...contestant.hits]))
    if (hits.size !== 1) throw new Error(`numbers of hits differ: ${[...hits].join()}`)
    const rates = new Map(contestants.map(({ name, median }) => [name, median]))
    return { hits: [...hits][0] ?? 0, rates }
  } finally {
    for (const contestant of contestants) contestant.end()
  }
}

async function compareVerdicts(contestants: readonly Contestant[]): Promise<void> {
  const first = await contestants[0]?.verdicts()
  for (const contestant of contestants)
    if ((await contestant.verdicts()) !== first) throw new Error(`${contestant.name} comes to other verdicts`)
}

function ratios(complete: Result, noSpeed: Result): Row[] {
  const row = (candidate: string, ratio: (result: Result) => number, isMet: (ratio: number) => boolean) => ({
    candidate,
    ratio: round2(ratio(complete)),
    isMet: isMet(ratio(complete)) ? 'yes' : 'no',
    ratioNoSpeed: round2(ratio(noSpeed))
  })
  const overCel = (what: string, counts: (name: string) => boolean) =>
    row(
      `tailrace / ${what}: at least ${bounds.timesCel}`,
      result => rate(result, 'tailrace') / fastestCel(result, counts),
      ratio => ratio >= bounds.timesCel
    )
  return [
    overCel('faster of cel-js and @bufbuild/cel', name => !name.startsWith('@marcbachmann/')),
    overCel('fastest CEL on flat messages', name => candidates[name]?.input === 'flat'),
    overCel('fastest CEL, nested for free', () => true),
    row(
      `written by hand / tailrace: at most ${bounds.timesSlower}`,
      result => rate(result, 'written by hand') / rate(result, 'tailrace'),
      ratio => ratio <= bounds.timesSlower
    )
  ]
}

function rate({ rates }: Result, name: string): number {
  return rates.get(name) ?? Number.NaN
}

function fastestCel({ rates }: Result, counts: (name: string) => boolean): number {
  const others = [...rates].filter(([name]) => name !== 'tailrace' && name !== 'written by hand')
  return Math.max(...others.filter(([name]) => counts(name)).map(([, value]) => value))
}

function millions(result: Result, name: string): number {
  return round2(rate(result, name) / 1e6)
}
