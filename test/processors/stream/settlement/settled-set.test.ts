import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import {
  decodeSettled,
  encodeSettled,
  maxSettledBytes,
  type Run,
  safeSpan,
  union
} from '../../../../processors/stream/settlement/settled-set.ts'

/** Rising runs that do not touch, from lengths of gaps and of runs. */
function runsOf(base: number, lengths: readonly [number, number][]): Run[] {
  let at = base
  return lengths.map(([gap, length]) => {
    const from = at + gap
    at = from + length
    return { from, to: at }
  })
}

const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100_000 })), {
  maxLength: 600
})

testProp('a set that fits comes back as it was', [fc.nat(2 ** 40), lengths], (t, base, list) => {
  const runs = runsOf(base, list)
  const decoded = decodeSettled(base, encodeSettled(base, runs))
  t.deepEqual(decoded, runs.slice(0, decoded.length))
  if (runs.length < 500) t.is(decoded.length, runs.length)
})

test('whatever is settled within the safe span fits and comes back', t => {
  const every = (nth: number) =>
    runsOf(
      7,
      Array.from({ length: Math.floor(safeSpan / nth) }, (): [number, number] => [nth - 1, 1])
    )
  for (const runs of [every(2), every(3), every(9), every(200)]) {
    const text = encodeSettled(7, runs)
    t.true(text.length <= maxSettledBytes)
    t.deepEqual(decodeSettled(7, text), runs)
  }
})

test('one device that waits among a hundred leaves room for a span of 100,000', t => {
  const runs = runsOf(
    0,
    Array.from({ length: 1_000 }, (): [number, number] => [1, 99])
  )
  t.deepEqual(decodeSettled(0, encodeSettled(0, runs)), runs)
})

test('a set that cannot fit keeps everything within the safe span', t => {
  const runs = runsOf(
    5,
    Array.from({ length: safeSpan * 0.75 }, (): [number, number] => [1, 1])
  )
  const text = encodeSettled(5, runs)
  t.is(text.length, maxSettledBytes)
  t.deepEqual(decodeSettled(5, text), runs.slice(0, safeSpan / 2))
})

test('a set that cannot fit keeps as many runs as do where they reach beyond the safe span', t => {
  const runs = runsOf(
    0,
    Array.from({ length: 2_000 }, (): [number, number] => [1, 99])
  )
  const decoded = decodeSettled(0, encodeSettled(0, runs))
  t.true(decoded.length > 1_450)
  t.deepEqual(decoded, runs.slice(0, decoded.length))
})

test('a set that cannot fit keeps its lowest runs', t => {
  const runs = runsOf(
    0,
    Array.from({ length: 20_000 }, (): [number, number] => [2, 2])
  )
  const text = encodeSettled(0, runs)
  const decoded = decodeSettled(0, text)
  t.true(text.length <= maxSettledBytes)
  t.true(decoded.length > 1_000)
  t.deepEqual(decoded, runs.slice(0, decoded.length))
})

const fewRuns = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
  maxLength: 12
})

testProp('a union holds what is in either', [fewRuns, fewRuns], (t, one, other) => {
  const [left, right] = [runsOf(0, one), runsOf(0, other)]
  const merged = union(left, right)
  const holds = (runs: readonly Run[], at: number) => runs.some(run => run.from <= at && at < run.to)
  for (let at = 0; at < 220; at++) t.is(holds(merged, at), holds(left, at) || holds(right, at))
})
