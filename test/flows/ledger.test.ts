// The short forms of all cases on real Kafka, one after the other: lost 0, out of order 0, and no more duplicates than
// the receiver had recorded beyond Kafka's last commit at each fault. The long forms: npm run ledger, npm run soak.

import test from 'ava'
import { testBrokers } from '../kafka.ts'
import { cases } from './cases/all.ts'
import { short } from './cases/case.ts'
import { hasPassed, runCase } from './harness/run.ts'

for (const flow of cases) {
  test.serial(`nothing is lost, late or repeated without excuse: ${flow.title}`, async t => {
    t.timeout(300_000)
    const result = await runCase(flow, short, testBrokers())
    const { logs, notes, sent, duplicates, bound } = result
    t.log([`sent ${sent}, duplicates ${duplicates}, at most ${bound}`, ...notes].join('; '))
    t.true(hasPassed(result), JSON.stringify({ ...result, logs: undefined }) + logs)
  })
}
