// The pace of a connection: even below the quota, and never above it in any second as the other side counts, whatever
// the network between does to what was sent.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Pace } from '../../../../connectors/shared/publishing/pace.ts'
import { seeded } from '../../../seeded.ts'

const quota = { maxPerSecond: 100, publishesPerSecond: 80, bytesPerSecond: 400_000 }

/** The most of these times that lie in one second. */
function mostInOneSecond(timesMs: readonly number[]): number {
  let first = 0
  let most = 0
  timesMs.forEach((timeMs, at) => {
    while ((timesMs[first] ?? 0) <= timeMs - 1_000) first++
    most = Math.max(most, at - first + 1)
  })
  return most
}

interface Network {
  /** From sending until the other side counts, and from there until the answer is here, in ms. */
  readonly delay: (nowMs: number) => readonly [thereMs: number, backMs: number]
  readonly forMs: number
  readonly bytes?: number
  /** How late a timer may be. */
  readonly lateMs?: () => number
}

/** Sends as much as it may. A TCP connection keeps the order, so nothing is counted before what was sent before. */
function send(pace: Pace, { delay, forMs, bytes = 400, lateMs = () => 0 }: Network) {
  const [sentMs, countedMs]: number[][] = [[], []]
  const answersMs: number[] = []
  const times = { sentMs: sentMs ?? [], countedMs: countedMs ?? [], answersMs }
  let mayAtMs = 0
  for (let nowMs = 0; nowMs < forMs; nowMs++) {
    while ((answersMs[0] ?? forMs) <= nowMs) {
      answersMs.shift()
      pace.answered(nowMs)
      mayAtMs = Math.min(mayAtMs, nowMs)
    }
    while (mayAtMs <= nowMs) {
      const waitMs = pace.take(nowMs, bytes)
      if (waitMs > 0) mayAtMs = nowMs + waitMs + lateMs()
      else note(times, nowMs, delay(nowMs))
    }
  }
  return times
}

function note(
  { sentMs, countedMs, answersMs }: Record<'sentMs' | 'countedMs' | 'answersMs', number[]>,
  nowMs: number,
  [thereMs, backMs]: readonly [number, number]
): void {
  const atMs = Math.max(nowMs + thereMs, countedMs.at(-1) ?? 0)
  sentMs.push(nowMs)
  countedMs.push(atMs)
  answersMs.push(Math.max(Math.ceil(atMs + backMs), answersMs.at(-1) ?? 0))
}

test('on a good network the rate is used, and evenly so', t => {
  const random = seeded(1)
  const { sentMs, countedMs } = send(new Pace(quota), {
    delay: () => [10 + random() * 10, 10],
    forMs: 60_000,
    lateMs: () => Math.floor(random() * 8)
  })
  t.true(sentMs.length >= 60 * 78 && sentMs.length <= 60 * 80 + 5, `${sentMs.length}`)
  t.true(mostInOneSecond(sentMs) <= 85)
  t.true(mostInOneSecond(countedMs) <= 87)
})

test('what is held up on its way and comes all at once does not exceed the quota', t => {
  // A second and more of every five nothing passes.
  const stalled = (nowMs: number) => Math.max(0, 1_300 - (nowMs % 5_000))
  const { countedMs } = send(new Pace(quota), {
    delay: nowMs => [20 + stalled(nowMs), 20],
    forMs: 120_000
  })
  t.true(countedMs.length > 6_000)
  const most = mostInOneSecond(countedMs)
  t.true(most <= 100, `${most}`)
  t.true(most > 90, 'the stalls are of no consequence')
})

testProp(
  'never are more than the quota counted in a second or without an answer, whatever the network does',
  [
    fc.record({
      seed: fc.integer(),
      worstMs: fc.integer({ min: 1, max: 3_000 }),
      rate: fc.integer({ min: 1, max: 150 })
    })
  ],
  (t, { seed, worstMs, rate }) => {
    const random = seeded(seed)
    let wayMs = 0
    const { sentMs, countedMs } = send(
      new Pace({ maxPerSecond: 50, publishesPerSecond: rate, bytesPerSecond: 1e9 }),
      {
        delay: () => {
          if (random() < 0.05) wayMs = random() < 0.5 ? 0 : random() * worstMs
          return [wayMs, random() < 0.1 ? random() * worstMs : 1]
        },
        forMs: 10_000
      }
    )
    t.true(sentMs.length > 0)
    t.true(mostInOneSecond(countedMs) <= 50)
  },
  { numRuns: 200 }
)

test('large messages go at the rate of their bytes', t => {
  const { sentMs } = send(new Pace(quota), { delay: () => [5, 5], forMs: 30_000, bytes: 40_000 })
  t.true(sentMs.length >= 300 && sentMs.length <= 302, `${sentMs.length}`)
})

test('without answers it stops at the quota, and goes on a second after one', t => {
  const pace = new Pace({ ...quota, maxPerSecond: 3 })
  t.deepEqual([pace.take(0, 1), pace.take(0, 1), pace.take(0, 1)], [0, 0, 0])
  t.is(pace.take(60_000, 1), Number.POSITIVE_INFINITY)
  pace.answered(60_000)
  t.is(pace.take(60_400, 1), 605)
  t.is(pace.take(61_005, 1), 0)
  t.is(pace.take(61_005, 1), Number.POSITIVE_INFINITY)
})

test('a clock that is put back stops nothing, and lets nothing pass', t => {
  const pace = new Pace({ ...quota, maxPerSecond: 1_000 })
  const taken = (atMs: number) => {
    let count = 0
    while (pace.take(atMs, 1) === 0) count++
    return count
  }
  t.is(taken(10_000_000), 5)
  t.is(taken(4_000_000), 0)
  t.is(taken(4_001_000), 5)
})
