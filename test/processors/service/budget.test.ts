import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { divideBudget } from '../../../processors/service/budget.ts'

const mib = 1024 * 1024
const kib = 1024

const cases = [
  { maxBytes: 256 * mib, streams: 1, brokers: 1, hasSources: false, fetchKib: 4_096, windowKib: 34_866 },
  { maxBytes: 256 * mib, streams: 1, brokers: 3, hasSources: true, fetchKib: 4_096, windowKib: 21_710 },
  { maxBytes: 256 * mib, streams: 16, brokers: 3, hasSources: false, fetchKib: 426, windowKib: 2_049 },
  { maxBytes: 256 * mib, streams: 100, brokers: 1, hasSources: false, fetchKib: 164, windowKib: 263 },
  { maxBytes: 256 * mib, streams: 100, brokers: 1, hasSources: true, fetchKib: 82, windowKib: 132 },
  { maxBytes: 8 * mib, streams: 100, brokers: 3, hasSources: false, fetchKib: 64, windowKib: 64 },
  { maxBytes: 256 * mib, streams: 0, brokers: 0, hasSources: false, fetchKib: 4_096, windowKib: 34_866 }
]

for (const { fetchKib, windowKib, ...request } of cases) {
  const { maxBytes, streams, brokers, hasSources } = request
  const sources = hasSources ? 'with' : 'without'
  test(`${maxBytes / mib} MiB for ${streams} streams on ${brokers} brokers ${sources} sources`, t => {
    const budget = divideBudget(request)
    t.is(Math.floor(budget.maxFetchBytes / kib), fetchKib)
    t.is(Math.floor(budget.windowBytes / kib), windowKib)
  })
}

const request = fc.record({
  maxBytes: fc.integer({ min: 8 * mib, max: 4096 * mib }),
  streams: fc.integer({ min: 1, max: 2_000 }),
  brokers: fc.integer({ min: 1, max: 12 }),
  hasSources: fc.boolean()
})

testProp(
  'two fetches of every broker and what waits take at most a third of any budget that is not too small',
  [request],
  (t, { maxBytes, ...rest }) => {
    const { neededBytes } = divideBudget({ maxBytes, ...rest })
    const enoughBytes = Math.max(maxBytes, neededBytes)
    const { maxFetchBytes, windowBytes } = divideBudget({ maxBytes: enoughBytes, ...rest })
    t.true(rest.streams * (2 * rest.brokers * maxFetchBytes + windowBytes) <= enoughBytes / 3)
  },
  { numRuns: 5_000 }
)

test('a budget that cannot hold so many streams says what would be enough', t => {
  const crowded = { streams: 100, brokers: 3, hasSources: false }
  const { neededBytes } = divideBudget({ maxBytes: 256 * mib, ...crowded })
  t.true(neededBytes > 256 * mib)
  t.is(divideBudget({ maxBytes: neededBytes, ...crowded }).maxFetchBytes, 64 * kib)
  t.is(divideBudget({ maxBytes: 1, streams: 1, brokers: 1, hasSources: false }).neededBytes, 128 * mib)
})
