// The short form of chaos. The long one: npm run chaos -- --minutes 20 --seed N.

import test from 'ava'
import { hasPassed, runChaos } from './chaos.ts'

test('a minute of chaos loses, alters and disorders nothing, and repeats only what it must', async t => {
  t.timeout(600_000)
  const result = await runChaos({ seed: 1, minutes: 1, perSecond: 500, progress: () => {} })
  const { logs, sent, duplicates, bound, faults } = result
  t.log(`sent ${sent}, duplicates ${duplicates}, at most ${bound}; ${JSON.stringify(faults)}`)
  t.true(hasPassed(result), JSON.stringify({ ...result, logs: undefined }) + logs)
})
