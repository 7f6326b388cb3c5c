import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { divideBudget } from '../../../processors/service/budget.ts'

const mib = 1024 * 1024

const cases = [
  { maxBytes: 256 * mib, streams: 1, brokers: 1, maxFetchBytes: 4 * mib, windowBytes: 64 * mib },
  { maxBytes: 256 * mib, streams: 1, brokers: 3, maxFetchBytes: 4 * mib, windowBytes: 64 * mib },
  { maxBytes: 256 * mib, streams: 16, brokers: 3, maxFetchBytes: 699_050, windowBytes: 4 * mib },
  { maxBytes: 256 * mib, streams: 100, brokers: 1, maxFetchBytes: 335_544, windowBytes: 671_088 },
  { maxBytes: 16 * mib, streams: 1, brokers: 1, maxFetchBytes: 2 * mib, windowBytes: 4 * mib },
  { maxBytes: 8 * mib, streams: 100, brokers: 3, maxFetchBytes: 65_536, windowBytes: 65_536 },
  { maxBytes: 256 * mib, streams: 0, brokers: 0, maxFetchBytes: 4 * mib, windowBytes: 64 * mib }
]

for (const { maxFetchBytes, windowBytes, ...request } of cases) {
  const { maxBytes, streams, brokers } = request
  test(`${maxBytes / mib} MiB for ${streams} streams on ${brokers} brokers`, t => {
    const budget = divideBudget(request)
    t.is(budget.maxFetchBytes, maxFetchBytes)
    t.is(budget.windowBytes, windowBytes)
  })
}

testProp(
  'all streams together hold at most half of any budget that is not too small for them',
  [
    fc.record({
      maxBytes: fc.integer({ min: 8 * mib, max: 4096 * mib }),
      streams: fc.integer({ min: 1, max: 2_000 }),
      brokers: fc.integer({ min: 1, max: 12 })
    })
  ],
  (t, request) => {
    const { maxFetchBytes, windowBytes, neededBytes } = divideBudget(request)
    const usedBytes = request.streams * (2 * request.brokers * maxFetchBytes + windowBytes)
    t.true(usedBytes <= Math.max(request.maxBytes, neededBytes) / 2)
  },
  { numRuns: 5_000 }
)
