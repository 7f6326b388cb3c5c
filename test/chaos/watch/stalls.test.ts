import test from 'ava'
import type { Commits } from './commit-watch.ts'
import { pausedEvent } from './pauses.ts'
import { Stalls } from './stalls.ts'

const lost = { event: 'partitions_assigned', added: 4, kept: 0, lost: 4 }
const commitsAt = (ms: number): Commits => [{ next: ms, settled: [] }]

/** Stalls at a time that the test sets; Kafka has committed as many messages as there are milliseconds. */
function createStalls() {
  const now = { ms: 100_000, arrivals: 7 }
  const stalls = new Stalls({ nowMs: () => now.ms, arrivals: () => now.arrivals, knownAt: commitsAt })
  return { now, stalls }
}

test('a membership that is lost soon after a pause of the process is a fault', t => {
  const { now, stalls } = createStalls()
  stalls.heard('one', { event: pausedEvent, pausedMs: 5_000 })
  now.ms += 9_000
  stalls.heard('one', lost)
  now.arrivals++
  t.deepEqual(stalls.faults(), [{ arrivals: 7, committed: commitsAt(95_000), partitions: null }])
  t.deepEqual(stalls.complaints(), [])
})

test('a pause of the harness counts for every process, and may be told after the loss', t => {
  const { stalls } = createStalls()
  stalls.heard('one', { event: 'partitions_lost', added: 0, kept: 0, lost: 4 })
  stalls.paused(5_000)
  t.is(stalls.faults().length, 1)
  t.deepEqual(stalls.complaints(), [])
})

test('a membership that is lost without a pause just before is complained of', t => {
  const { now, stalls } = createStalls()
  stalls.heard('one', lost)
  stalls.heard('two', { event: pausedEvent, pausedMs: 5_000 })
  now.ms += 11_000
  stalls.heard('two', lost)
  now.ms += 6_000
  stalls.paused(5_000) // began after it
  t.deepEqual(stalls.faults(), [])
  t.deepEqual(stalls.complaints(), [
    'one lost its membership at 1970-01-01T00:01:40.000Z, and nothing had stood still',
    'two lost its membership at 1970-01-01T00:01:51.000Z, and nothing had stood still'
  ])
})

test('partitions that come, or go to others in part, are no loss of a membership', t => {
  const { stalls } = createStalls()
  stalls.heard('one', { event: 'partitions_assigned', added: 12, kept: 0, lost: 0 })
  stalls.heard('one', { event: 'partitions_assigned', added: 0, kept: 6, lost: 6 })
  t.deepEqual(stalls.complaints(), [])
})
