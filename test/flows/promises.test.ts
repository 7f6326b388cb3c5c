// What the engine promises, each in its short form on real Kafka, through the product as it is run. Only what noise cannot
// spoil is judged here; the rates and ratios beside it are those of `npm run flows`.

import test from 'ava'
import { testBrokers } from '../kafka.ts'
import { short } from './promises/promise.ts'
import { promises, runPromise } from './promises/run.ts'

for (const promise of promises) {
  test.serial(promise.title, async t => {
    t.timeout(600_000)
    const { complaints, figures, logs } = await runPromise(promise, short, testBrokers())
    t.log(JSON.stringify(figures))
    t.deepEqual(complaints, [], logs)
  })
}
