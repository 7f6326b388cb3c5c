import test from 'ava'
import { backoffMs } from '../../../../../processors/stream/dispatch/outcome/backoff.ts'

const retry = { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 }

test('the ceiling doubles with every attempt up to the cap', t => {
  const ceilings = [1, 2, 3, 6, 7, 8, 1_000].map(attempt => backoffMs(retry, attempt, 0.999999))
  t.deepEqual(ceilings, [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000])
})

test('the delay is spread over the whole range below the ceiling', t => {
  t.is(backoffMs(retry, 3, 0), 0)
  t.is(backoffMs(retry, 3, 0.5), 1_000)
})
