// Chaos in its long form, for `npm run chaos -- [--minutes 20] [--seed N] [--per-second 1000] [--json]`: tells what
// happens while it runs, and at the end the verdict, as a table or as JSON. The exit code is 1 when the verdict fails.

import { parseArgs } from 'node:util'
import { type ChaosResult, hasPassed, runChaos } from './chaos.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    'per-second': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false }
  }
})

const result = await runChaos({
  seed: numberOf(values.seed, 'seed'),
  minutes: numberOf(values.minutes, 'minutes'),
  perSecond: numberOf(values['per-second'], 'per-second'),
  progress: line => process.stderr.write(`${line}\n`)
})
if (values.json) process.stdout.write(`${JSON.stringify({ ...figuresOf(result), ...evidenceOf(result) })}\n`)
else process.stdout.write([...evidenceLines(result), tableOf(result)].join('\n'))
process.exit(hasPassed(result) ? 0 : 1)

function numberOf(text: string, name: string): number {
  const number = Number(text)
  if (text !== '' && number > 0) return number
  throw new Error(`--${name} must be a number above 0`)
}

function figuresOf(result: ChaosResult) {
  const { seed, minutes, sent, lost, altered, outOfOrder, duplicates, bound, unexplained, faults, books } =
    result
  return { seed, minutes, sent, lost, altered, outOfOrder, duplicates, bound, unexplained, faults, books }
}

/** What there is to look into; nothing after a run that passed. */
function evidenceOf({ complaints, examples, logsDir }: ChaosResult) {
  return logsDir === undefined ? {} : { complaints, examples, logsDir }
}

function evidenceLines(result: ChaosResult): string[] {
  const { complaints = [], examples = [], logsDir } = evidenceOf(result)
  return [...complaints, ...examples, ...(logsDir === undefined ? [] : [`the logs are kept in ${logsDir}`])]
}

function tableOf(result: ChaosResult): string {
  const { faults, books, ...figures } = figuresOf(result)
  const { complaints, ...scraped } = books
  const rows = [
    ...Object.entries(figures),
    ['scraped'],
    ...Object.entries({ ...scraped, imbalances: complaints.length }).map(([name, value]) => [
      `  ${name}`,
      value
    ]),
    ['faults'],
    ...Object.entries(faults).map(([kind, times]) => [`  ${kind}`, times])
  ]
  const lines = rows.map(([name, value]) => `${String(name).padEnd(18)}${String(value ?? '').padStart(10)}\n`)
  return [...lines, hasPassed(result) ? 'passed\n' : 'FAILED\n'].join('')
}
