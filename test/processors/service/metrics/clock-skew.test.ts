// How the clocks of Tailrace and of Kafka are told apart, from when something was sent, stored and answered.

import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { ClockSkew, setClockGauge } from '../../../../processors/service/metrics/clock-skew.ts'
import { Metrics } from '../../../../processors/service/metrics/metrics.ts'

/** A clock that is ahead of Kafka's; requests take some ms there, and some back. */
function setUp() {
  const clock = new VirtualClock()
  const skew = new ClockSkew(clock)
  const store = async (aheadMs: number, [thereMs, backMs]: [number, number]) => {
    const sentMs = clock.now()
    await clock.advance(thereMs)
    const storedMs = clock.now() - aheadMs
    await clock.advance(backMs)
    skew.stored({ sentMs, storedMs, answeredMs: clock.now() })
  }
  return { clock, skew, store }
}

test('nothing is known before anything was stored, and an answer that takes long is no skew', async t => {
  const { skew, store } = setUp()
  t.is(skew.seconds, null)
  await store(0, [1, 3_000])
  t.is(skew.seconds, 0)
  await store(0, [4_000, 1])
  t.is(skew.seconds, 0)
})

test('a clock that is ahead, or behind, is told by as much as is certain', async t => {
  for (const ahead of [5_000, -5_000]) {
    const { skew, store } = setUp()
    await store(ahead, [800, 900])
    const rough = skew.seconds ?? 0
    t.true(Math.abs(rough - ahead / 1000) < 1, `${rough}`)
    await store(ahead, [2, 3])
    await store(ahead, [500, 2_000])
    const fine = skew.seconds ?? 0
    t.true(Math.abs(fine - ahead / 1000) < 0.01, `${fine}`)
    t.true(Math.abs(fine) <= 5)
  }
})

test('a clock that is set right is told at the next answer, also one that was set back', async t => {
  const { skew, store } = setUp()
  await store(5_000, [2, 3])
  await store(0, [2, 3])
  t.is(skew.seconds, 0)
  await store(-7_000, [2, 3])
  t.true(Math.abs((skew.seconds ?? 0) + 7) < 0.01)
})

test('what was learnt long ago is known no more', async t => {
  const { clock, skew, store } = setUp()
  await store(5_000, [2, 3])
  await clock.advance(299_000)
  t.true((skew.seconds ?? 0) > 4.9)
  await clock.advance(600_000)
  t.is(skew.seconds, null)
})

test('it is shown only while it is known', async t => {
  const metrics = new Metrics('test')
  const shown = async (seconds: number | null) => {
    setClockGauge(metrics, seconds)
    return (await metrics.page()).split('\n').find(line => line.startsWith('tailrace_clock_skew_seconds'))
  }
  t.is(await shown(null), undefined)
  t.is(await shown(-1.5), 'tailrace_clock_skew_seconds -1.5')
  t.is(await shown(0), 'tailrace_clock_skew_seconds 0')
  t.is(await shown(null), undefined)
})
