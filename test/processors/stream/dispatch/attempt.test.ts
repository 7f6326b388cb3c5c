import test from 'ava'
import { type Batch, delivered, type Outcome, type Target } from '../../../../connectors/connector.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { Attempt } from '../../../../processors/stream/dispatch/attempt.ts'

const batch: Batch = { destination: '', messages: [], bytes: 0 }

function targetThat(deliver: Target['deliver']): Target {
  const limits = { maxMessages: 10, maxBytes: 1_000, batchesInFlight: 1 }
  return { limits, deliver, open: async () => {}, close: async () => {} }
}

test("the target's answer is the result", async t => {
  const clock = new VirtualClock()
  const attempt = new Attempt(batch, { clock, timeoutMs: 1_000 })
  t.is(await attempt.run(targetThat(async () => delivered)), delivered)
  t.is(clock.waiting, 0)
})

test('a target that throws counts as unknown, with what it threw', async t => {
  const attempt = new Attempt(batch, { clock: new VirtualClock(), timeoutMs: 1_000 })
  const outcome = await attempt.run(targetThat(() => Promise.reject(new TypeError('x is not y'))))
  t.deepEqual(outcome, { kind: 'unknown', code: 'target_threw', detail: 'x is not y' })
})

test('a target that throws before it returns a promise counts as unknown', async t => {
  const attempt = new Attempt(batch, { clock: new VirtualClock(), timeoutMs: 1_000 })
  const outcome = await attempt.run(
    targetThat(() => {
      throw new Error('at once')
    })
  )
  t.like(outcome, { kind: 'unknown', code: 'target_threw' })
})

test('at the deadline the signal fires, and what the target then says is the result', async t => {
  const clock = new VirtualClock()
  const attempt = new Attempt(batch, { clock, timeoutMs: 1_000 })
  const said: Outcome = { kind: 'unsent', code: 'attempt_timeout', detail: 'was still connecting' }
  const running = attempt.run(
    targetThat((_, signal) => new Promise(resolve => signal.addEventListener('abort', () => resolve(said))))
  )
  await clock.advance(1_000)
  t.is(await running, said)
  t.is(clock.waiting, 0)
})

test('a target that ignores its signal is counted as unknown after a grace', async t => {
  const clock = new VirtualClock()
  const attempt = new Attempt(batch, { clock, timeoutMs: 1_000 })
  const running = attempt.run(targetThat(() => new Promise(() => {})))
  await clock.advance(2_000)
  t.like(await running, { kind: 'unknown', code: 'attempt_timeout', detail: 'no answer within 1000 ms' })
})

test('an attempt that is given up ends within the grace', async t => {
  const clock = new VirtualClock()
  const attempt = new Attempt(batch, { clock, timeoutMs: 60_000 })
  const running = attempt.run(targetThat(() => new Promise(() => {})))
  attempt.abort()
  await clock.advance(1_000)
  t.like(await running, { kind: 'unknown', code: 'attempt_aborted' })
  t.is(clock.waiting, 0)
})

test('a list of outcomes that does not fit the batch counts as unknown', async t => {
  const attempt = new Attempt(batch, { clock: new VirtualClock(), timeoutMs: 1_000 })
  const outcome = await attempt.run(targetThat(async () => [delivered]))
  t.like(outcome, { kind: 'unknown', code: 'target_threw', detail: '1 outcomes for 0 messages' })
})
