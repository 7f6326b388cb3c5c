import test from 'ava'
import { Health } from '../../../../processors/stream/health/health.ts'
import type { PartitionState } from '../../../../processors/stream/health/state.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../schemas/events.ts'
import { testContext } from '../context.ts'

const troubleOf = (code: ErrorCode) => ({ code, detail: 'ordered by a test', untilMs: null, attempt: 1 })

/** A running stream; `told` is what its log says: events, and the code or the state that comes with them. */
function setUp() {
  const context = testContext()
  const told: string[] = []
  const log: LogEvent = (name, fields) => told.push(`${name} ${fields?.code ?? fields?.state}`)
  const state: { delivery: PartitionState | null } = { delivery: null }
  const health = new Health({ ...context, log }, [], () => state.delivery)
  health.enter('running')
  told.length = 0
  const wait = (code: ErrorCode = 'kafka_unreachable') => health.trouble('kafka', 'waiting', troubleOf(code))
  const recover = () => health.clear('kafka')
  return { clock: context.clock, health, state, told, wait, recover }
}

test('a long wait that begins soon after a short one is told, once the quiet time has passed', async t => {
  const { clock, told, wait, recover } = setUp()
  wait()
  await clock.advance(2_000)
  recover()
  await clock.advance(2_000)
  wait()
  t.deepEqual(told, ['stream_waiting kafka_unreachable', 'stream_state_changed running'])
  await clock.advance(6_000)
  t.is(told.at(-1), 'stream_waiting kafka_unreachable')
  await clock.advance(600_000)
  t.is(told.length, 3)
  recover()
  t.is(told.at(-1), 'stream_state_changed running')
  t.is(clock.waiting, 0)
})

test('waits that are over before they could be told are not told, nor is their end', async t => {
  const { clock, told, wait, recover } = setUp()
  for (let round = 0; round < 4; round++) {
    wait()
    await clock.advance(1_000)
    recover()
    await clock.advance(1_000)
  }
  await clock.advance(60_000)
  t.deepEqual(told, ['stream_waiting kafka_unreachable', 'stream_state_changed running'])
  t.is(clock.waiting, 0)
})

test('what is waited for is told anew when the reason has changed, as it is then', async t => {
  const { clock, told, wait } = setUp()
  wait()
  await clock.advance(1_000)
  wait('target_threw')
  await clock.advance(1_000)
  wait('internal')
  await clock.advance(60_000)
  t.deepEqual(told, ['stream_waiting kafka_unreachable', 'stream_waiting internal'])
})

test('a wait that follows a halt within the quiet time is told later', async t => {
  const { clock, health, told, wait } = setUp()
  wait()
  health.trouble('kafka', 'halted', troubleOf('kafka_unauthorized'))
  t.is(told.at(-1), 'stream_halted kafka_unauthorized')
  wait()
  await clock.advance(10_000)
  t.is(told.at(-1), 'stream_waiting kafka_unreachable')
})

test('nothing is told, and no timer left, after a stop', async t => {
  const { clock, health, told, wait, recover } = setUp()
  wait()
  recover()
  wait()
  health.enter('draining')
  t.is(clock.waiting, 0)
  wait('target_threw')
  health.enter('stopped')
  await clock.advance(60_000)
  t.is(told.at(-1), 'stream_state_changed stopped')
  t.is(clock.waiting, 0)
})

test('the gravest trouble is the state, and what is left of it when that is cleared', t => {
  const { health, state, wait } = setUp()
  wait()
  state.delivery = { kind: 'halted', trouble: troubleOf('http_unauthorized') }
  health.refresh()
  t.like(health.state, { kind: 'halted', trouble: { code: 'http_unauthorized' } })
  state.delivery = null
  health.refresh()
  t.like(health.state, { kind: 'waiting', trouble: { code: 'kafka_unreachable' } })
})

test('a state keeps the time at which it began while only its details change', async t => {
  const { clock, health, wait } = setUp()
  wait()
  const { sinceMs } = health.state
  await clock.advance(5_000)
  wait()
  t.is(health.state.sinceMs, sinceMs)
  wait('target_threw')
  t.is(health.state.sinceMs, sinceMs + 5_000)
})

test('a partition of the held topic that has halted is told, and the rest of the stream goes on', t => {
  const { health } = setUp()
  health.halt({ topic: 'tailrace.acme.held', partition: 1 }, 'records_corrupt', 'offset 7')
  t.like(health.standing, { state: { kind: 'halted' }, rest: 'running' })
  health.clear('tailrace.acme.held/1')
  t.like(health.standing, { state: { kind: 'running' }, rest: 'running' })
})
