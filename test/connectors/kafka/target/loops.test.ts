// A stream whose target is a topic that it reads would send every message to itself for ever.

import test, { type ExecutionContext } from 'ava'
import { folder, outputOf } from '../../../processors/commands/shared/output.ts'

const config = (target: string, from = 'fleet') => `kafka: { brokers: ["kafka-1:9092, kafka-2:9092"] }
channels:
  fleet: {}
  cars: { topic: raw.cars }
streams:
  loop:
    from: [${from}]
    target: { kafka: ${target} }
`

async function check(t: ExecutionContext, target: string, from?: string) {
  const files = { 'tailrace.yaml': config(target, from) }
  const { code, stderr } = await outputOf(['check', 'tailrace.yaml'], folder(t, files), {})
  return { code, stderr }
}

for (const [target, from, could] of [
  ['{ brokers: ["kafka-2:9092"], topic: fleet }', 'fleet', 'is fleet'],
  ['{ brokers: ["kafka-1:9092"], topic: raw.cars }', 'cars', 'is raw.cars'],
  ['{ brokers: ["kafka-1:9092"], topic: "{ident}" }', 'fleet/a', 'can become fleet'],
  ['{ brokers: ["kafka-1:9092"], topic: "raw.{kind}" }', 'cars', 'can become raw.cars']
] as const) {
  test(`${target} of a stream that reads ${from} is refused`, async t => {
    const { code, stderr } = await check(t, target, from)
    t.is(code, 2)
    t.regex(stderr, /^tailrace\.yaml:8:\d+ streams\.loop\.target\.kafka\.topic /)
    t.true(stderr.includes(`${could}, which the stream reads on the same brokers`), stderr)
  })
}

for (const [target, from] of [
  ['{ brokers: ["elsewhere:9092"], topic: fleet }', 'fleet'],
  ['{ brokers: ["kafka-1:9092"], topic: raw.cars }', 'fleet'],
  ['{ brokers: ["kafka-1:9092"], topic: rawXcars }', 'cars'],
  ['{ brokers: ["kafka-1:9092"], topic: "out.{ident}" }', 'fleet']
] as const) {
  test(`${target} of a stream that reads ${from} is no loop`, async t => {
    t.deepEqual(await check(t, target, from), { code: 0, stderr: '' })
  })
}
