import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Tracker } from '../../../../processors/stream/settlement/tracker.ts'

test('the commit point stays below the lowest offset that is owed', t => {
  const tracker = new Tracker(100)
  for (const offset of [100, 101, 102]) tracker.owe(offset)
  tracker.settle(102)
  tracker.settle(101)
  t.is(tracker.base, 100)
  tracker.settle(100)
  t.is(tracker.base, 103)
})

test('holes that compaction and control records leave do not hold the commit point back', t => {
  const tracker = new Tracker(0)
  tracker.owe(5)
  t.is(tracker.base, 5)
  tracker.owe(5_000_000)
  tracker.settle(5)
  t.is(tracker.base, 5_000_000)
  tracker.settle(5_000_000)
  tracker.skipTo(5_000_010)
  t.is(tracker.base, 5_000_010)
})

test('offsets beyond 32 bits are tracked exactly', t => {
  const start = 2 ** 33 - 3
  const tracker = new Tracker(start)
  for (let offset = start; offset < start + 5_000; offset++) tracker.owe(offset)
  for (let offset = start + 1; offset < start + 5_000; offset++) tracker.settle(offset)
  t.is(tracker.base, start)
  tracker.settle(start)
  t.is(tracker.base, start + 5_000)
})

/** Steps of a run: read the next offset after a gap, or settle one of those that are owed. */
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('owe' as const), gap: fc.integer({ min: 0, max: 700 }) }),
    fc.record({ kind: fc.constant('settle' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('skip' as const), gap: fc.integer({ min: 0, max: 3_000 }) })
  ),
  { maxLength: 200 }
)

testProp(
  'the commit point is always the lowest owed offset, or the read position when nothing is owed',
  [steps, fc.integer({ min: 0, max: 2 ** 40 })],
  (t, run, start) => {
    const tracker = new Tracker(start)
    const owed: number[] = []
    let next = start
    for (const step of run) {
      if (step.kind === 'owe') {
        const offset = next + step.gap
        tracker.owe(offset)
        owed.push(offset)
        next = offset + 1
      } else if (step.kind === 'skip') {
        next += step.gap
        tracker.skipTo(next)
      } else if (owed.length > 0) {
        const [offset = 0] = owed.splice(step.pick % owed.length, 1)
        tracker.settle(offset)
      }
      if (owed.length > 0) t.is(tracker.base, Math.min(...owed))
      t.true(tracker.base <= next)
      t.is(tracker.next, next)
    }
    for (const offset of owed) tracker.settle(offset)
    t.is(tracker.base, next)
  },
  { numRuns: 5_000 }
)

testProp(
  'what is settled above the commit point survives a restart',
  [fc.array(fc.boolean(), { minLength: 1, maxLength: 300 }), fc.tuple(fc.nat(2 ** 40), fc.nat(300))],
  (t, settled, [start, readAgain]) => {
    const first = new Tracker(start)
    settled.forEach((_, at) => {
      first.owe(start + at)
    })
    settled.forEach((isSettled, at) => {
      if (isSettled) first.settle(start + at)
    })
    const second = new Tracker(first.base, first.ahead())
    const isOwed = (at: number) => settled[at - start] === false
    const end = Math.min(start + settled.length, first.base + readAgain)
    for (let at = first.base; at < end; at++) {
      const wasSettled = second.takeSettled(at)
      if (!wasSettled) second.owe(at)
      // Above the highest settled offset nothing is told: there it is owed anyway.
      t.is(wasSettled, !isOwed(at))
    }
    t.is(second.next, Math.max(end, first.base))
    const third = second.ahead()
    for (let at = second.base; at < start + settled.length; at++)
      t.is(
        third.some(run => run.from <= at && at < run.to),
        !isOwed(at)
      )
  }
)
