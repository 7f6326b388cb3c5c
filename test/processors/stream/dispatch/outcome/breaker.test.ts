import test from 'ava'
import { Breaker } from '../../../../../processors/stream/dispatch/outcome/breaker.ts'
import { testContext } from '../../context.ts'
import { failure } from '../../rig.ts'

function open(waitMs = 100) {
  const context = testContext()
  let halfOpened = 0
  const breaker = new Breaker(context, () => halfOpened++)
  for (let failures = 0; failures < 5; failures++) breaker.fail(failure('retry'), waitMs)
  return { breaker, clock: context.clock, halfOpened: () => halfOpened }
}

test('opens after five failures in a row, and lets one attempt through when its time is over', async t => {
  const { breaker, clock, halfOpened } = open()
  t.false(breaker.isClosed)
  t.false(breaker.allows(0))
  await clock.advance(1_000)
  t.is(halfOpened(), 1)
  t.true(breaker.allows(0))
  t.false(breaker.allows(1))
})

test('what is in flight when it opens may ask for a longer wait, but not for a shorter one', async t => {
  const { breaker, clock, halfOpened } = open()
  breaker.fail(failure('retry', { retryAfterMs: 30_000 }), 0)
  breaker.fail(failure('retry', { retryAfterMs: 10_000 }), 0)
  await clock.advance(29_000)
  t.is(halfOpened(), 0)
  const { untilMs } = breaker.trouble?.trouble ?? {}
  await clock.advance(1_000)
  t.is(halfOpened(), 1)
  t.is(untilMs, clock.now())
})

test('a halt is ended only by the success of an attempt that began after it', async t => {
  const { clock, ...context } = testContext()
  const breaker = new Breaker({ clock, ...context }, () => {})
  await clock.advance(1_000)
  breaker.fail(failure('halt'), 0)
  t.false(breaker.succeed(clock.now() - 500))
  t.is(breaker.trouble?.kind, 'halted')
  await clock.advance(60_000)
  t.true(breaker.succeed(clock.now()))
  t.is(breaker.trouble, null)
  t.true(breaker.isClosed)
  t.is(clock.waiting, 0)
})
