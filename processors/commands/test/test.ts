// Plays the cases of the files and prints what is not as expected.

import { stringify } from 'yaml'
import { parseJson } from '../../../connectors/shared/json/values.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { formatProblem } from '../../service/config/problem.ts'
import { counted, type Paint, painter, printJson } from '../output.ts'
import { compare, type Difference, type DiffLine } from './compare.ts'
import { type Observed, play } from './observe.ts'
import { contract } from './suite/names.ts'
import { readSuite, type TestCase } from './suite/suite.ts'

export interface TestOptions {
  readonly show?: true
  readonly json?: true
}

interface Played {
  readonly test: TestCase
  readonly observed: Observed
  readonly differences: readonly Difference[]
}

/** Throws `config_invalid` with a line for each mistake of all files, before anything is played. */
export async function test(paths: readonly string[], options: TestOptions): Promise<void> {
  const startedMs = performance.now()
  const suites = paths.map(path => readSuite(path, options.show))
  const problems = suites.flatMap(suite => (suite.kind === 'invalid' ? suite.problems : []))
  if (problems.length > 0)
    throw new FaultError('config_invalid', { detail: ['', ...problems.map(formatProblem)].join('\n') })
  const played: Played[] = []
  for (const one of suites.flatMap(suite => (suite.kind === 'valid' ? suite.cases : []))) {
    const observed = await play(one)
    const differences = options.show ? [] : compare(one.expect, one.requests, observed)
    played.push({ test: one, observed, differences })
    if (!options.json)
      process.stdout.write(options.show ? shown(one, observed) : lines({ test: one, observed, differences }))
  }
  const seconds = (performance.now() - startedMs) / 1000
  const failed = played.filter(({ differences }) => differences.length > 0).length
  if (options.json) printJson(jsonOf(played))
  else if (!options.show) process.stdout.write(summary(played.length, failed, seconds))
  process.exitCode = failed > 0 ? 1 : 0
}

function shown({ title, config }: TestCase, { isCutOff: _, sent: texts, ...rest }: Observed): string {
  const sent = Object.fromEntries([...texts].map(([name, text]) => [name, parseJson(text)]))
  const observed = { ...rest, ...(config.steps.length > 0 && { sent }) }
  return `${stringify([{ case: title, expect: { ...observed, delivered: inOneLine(observed.delivered) } }], { lineWidth: 0 })}`
}

/** Names as a case may have them. */
function inOneLine(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [contract(names)]
}

function lines({ test: { title, place }, observed, differences }: Played): string {
  const paint = painter(process.stdout)
  if (differences.length === 0) return `${paint('green', '✔')} ${title}\n`
  const parts = differences.flatMap(({ part, lines }) => [`    ${part}`, ...diffLines(lines, paint)])
  const where = paint('dim', `${place.file}:${place.line}`)
  if (observed.isCutOff) parts.push(paint('dim', '    (it ended after an hour, with something left to do)'))
  return `${[`${paint('red', '✘')} ${title}  ${where}`, ...parts].join('\n')}\n`
}

const signs = { same: ' ', expected: '-', found: '+' } as const
const styles = { same: 'dim', expected: 'red', found: 'green' } as const
/** Around what differs, so many lines are shown that do not. */
const context = 2

function diffLines(lines: readonly DiffLine[], paint: Paint): string[] {
  const isNear = (at: number) =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ kind }) => kind !== 'same')
  const printed: string[] = []
  let hidden = 0
  lines.forEach(({ kind, text }, at) => {
    if (isNear(at)) {
      if (hidden > 0) printed.push(paint('dim', `        (${hidden} as expected)`))
      hidden = 0
      printed.push(`      ${paint(styles[kind], `${signs[kind]} ${text}`)}`)
    } else hidden++
  })
  return hidden > 0 ? [...printed, paint('dim', `        (${hidden} as expected)`)] : printed
}

function summary(all: number, failed: number, seconds: number): string {
  const paint = painter(process.stdout)
  const time = paint('dim', `${seconds.toFixed(1)} s`)
  if (failed === 0) return `${paint('green', counted(all, 'case'))} as expected, ${time}\n`
  const legend = `${paint('red', '- expected')}  ${paint('green', '+ what happened')}`
  return `${legend}\n${paint('red', `${failed} of ${counted(all, 'case')}`)} not as expected, ${time}\n`
}

function jsonOf(played: readonly Played[]): unknown {
  const cases = played.map(({ test: { title, place }, observed, differences }) => ({
    case: title,
    file: place.file,
    line: place.line,
    ok: differences.length === 0,
    differences,
    observed
  }))
  return { ok: cases.every(({ ok }) => ok), cases }
}
