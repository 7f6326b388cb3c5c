// The long forms of the promises: runs them one after the other on real Kafka, prints the figures and judges them. The
// exit code is 1 when something is not as it must be, or a figure misses what is promised.
//   npm run flows -- [--case poison,slow-device,outage,fairness,held,held-crashes,resend,rate-limit,concurrency,reload,replay,scale-out,faults,destinations,tokens,hostile,reshaped,lacking,remembered,toll,sequence,aws-iot,iot-hub,journey,through] [--short] [--rounds 5] [--minutes 15] [--json]

import { parseArgs } from 'node:util'
import { startLocalKafka } from '../../../connectors/kafka/local/local.ts'
import { long, type Scale, short } from './promise.ts'
import { type PromiseResult, promises, runPromise } from './run.ts'

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: promises.map(({ name }) => name).join() },
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    json: { type: 'boolean', default: false }
  }
})

const results = await runAll()
if (values.json) process.stdout.write(`${JSON.stringify({ flows: results }, null, 2)}\n`)
process.exitCode = results.every(isKept) ? 0 : 1

async function runAll(): Promise<PromiseResult[]> {
  const chosen = values.case.split(',').map(name => {
    const promise = promises.find(one => one.name === name)
    if (promise === undefined) throw new Error(`there is no case ${name}`)
    return promise
  })
  const given = process.env.TAILRACE_TEST_KAFKA
  const kafka = given
    ? undefined
    : await startLocalKafka({ progress: line => process.stderr.write(`${line}\n`) })
  const brokers = kafka?.brokers ?? given?.split(',') ?? []
  const found: PromiseResult[] = []
  try {
    for (const promise of chosen) {
      const result = await runPromise(promise, scale(), brokers)
      found.push(result)
      show(result)
    }
  } finally {
    await kafka?.stop()
  }
  return found
}

function scale(): Scale {
  const { rounds, minutes } = values
  return {
    ...(values.short ? short : long),
    ...(rounds !== undefined && { rounds: Number(rounds), forwardRounds: Number(rounds) }),
    ...(minutes !== undefined && { outageMs: Number(minutes) * 60_000 })
  }
}

function isKept({ complaints, shortfalls }: PromiseResult): boolean {
  return complaints.length + shortfalls.length === 0
}

function show(result: PromiseResult): void {
  const figures = Object.entries(result.figures).map(
    ([name, value]) => `  ${name}: ${[value].flat().join(', ')}`
  )
  const verdict = `${result.case}: ${result.title}: ${isKept(result) ? 'kept' : 'NOT KEPT'} (${result.seconds} s)`
  const lines = [verdict, ...figures, ...result.complaints, ...result.shortfalls]
  ;(values.json ? process.stderr : process.stdout).write(`${lines.join('\n')}\n`)
  if (result.logs !== '') process.stderr.write(`${result.logs}\n`)
}
