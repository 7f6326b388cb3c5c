// The long forms of the flows, for `npm run ledger` and `npm run soak`: runs the cases one after the other on real
// Kafka and prints one table, or JSON. The exit code is 1 when a verdict fails.
//   npm run ledger -- [--case a,b] [--short] [--json]     all but the hanging target, unless it is named
//   npm run soak -- [--minutes 10] [--json]               the hanging target

import { parseArgs } from 'node:util'
import { startLocalKafka } from '../../connectors/kafka/local/local.ts'
import { cases } from './cases/all.ts'
import { long, type Scale, short } from './cases/case.ts'
import { type CaseResult, hasPassed, runCase } from './harness/run.ts'

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'a,b,c,d,e,f,g,h,j,k' },
    short: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false }
  }
})

const columns = [
  'case',
  'sent',
  'lost',
  'altered',
  'outOfOrder',
  'duplicates',
  'bound',
  'unexplained',
  'seconds'
] as const

const results = await runAll()
if (values.json) process.stdout.write(`${JSON.stringify({ ledger: results }, null, 2)}\n`)
process.exitCode = results.every(hasPassed) ? 0 : 1

async function runAll(): Promise<CaseResult[]> {
  const given = process.env.TAILRACE_TEST_KAFKA
  const kafka = given
    ? undefined
    : await startLocalKafka({ progress: line => process.stderr.write(`${line}\n`) })
  const brokers = kafka?.brokers ?? given?.split(',') ?? []
  const scale: Scale = { ...(values.short ? short : long), hangMs: Number(values.minutes) * 60_000 }
  const found: CaseResult[] = []
  print([...columns, ''])
  try {
    for (const letter of values.case.split(',')) {
      const flow = cases.find(one => one.letter === letter)
      if (flow === undefined) throw new Error(`there is no case ${letter}`)
      const result = await runCase(flow, scale, brokers)
      found.push(result)
      show(result)
    }
  } finally {
    await kafka?.stop()
  }
  return found
}

function show(result: CaseResult): void {
  const { title, notes, complaints, examples, logs } = result
  const verdict = hasPassed(result) ? title : `${title}: FAILED`
  print([...columns.map(column => String(result[column])), [verdict, ...notes].join('; ')])
  for (const text of [...complaints, ...examples, logs]) if (text !== '') process.stderr.write(`${text}\n`)
}

function print(cells: readonly string[]): void {
  const row = cells.map((cell, at) => (at < columns.length ? cell.padStart(11) : `  ${cell}`)).join('')
  ;(values.json ? process.stderr : process.stdout).write(`${row}\n`)
}
