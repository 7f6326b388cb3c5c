// The short form of chaos. The long one: npm run chaos -- --minutes 20 --seed N.

import test from 'ava'
import { hasPassed, runChaos } from './chaos.ts'

test('a minute of chaos loses, alters and disorders nothing, repeats only what it must, and balances in every scrape', async t => {
  t.timeout(600_000)
  const result = await runChaos({ seed: 1, minutes: 1, perSecond: 500, progress: () => {} })
  const { logs, sent, duplicates, bound, faults, books } = result
  t.log(`sent ${sent}, duplicates ${duplicates}, at most ${bound}; ${JSON.stringify({ faults, books })}`)
  t.true(books.processes >= 3 && books.read > 0, JSON.stringify(books))
  t.true(hasPassed(result), JSON.stringify({ ...result, logs: undefined }) + logs)
})
