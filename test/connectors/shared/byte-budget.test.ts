// Room for bodies: in line, the small before the large, and nothing is left behind.

import test from 'ava'
import { ByteBudget } from '../../../connectors/shared/byte-budget.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'

function scene(maxBytes: number) {
  const clock = new VirtualClock({ seed: 1 })
  const budget = new ByteBudget(maxBytes, clock)
  const done: string[] = []
  const ask = (name: string, bytes: number, waitMs = 1_000) => {
    const share = budget.share(waitMs)
    const asked = share.reserve(bytes).then(
      () => done.push(name),
      error => done.push(`${name} ${error.code}`)
    )
    return { share, asked }
  }
  return { clock, budget, done, ask }
}

const large = 1_000_000

test('who does not fit waits in line, and small ones pass', async t => {
  const { budget, done, ask } = scene(4 * large)
  const first = ask('first', 2 * large)
  const second = ask('second', 2 * large)
  const third = ask('third', large)
  const small = ask('small', 500)
  await Promise.all([first.asked, small.asked])
  t.deepEqual(done, ['first', 'small'], 'the third would fit, and waits behind the second')
  first.share.release()
  await second.asked
  small.share.release()
  await third.asked
  t.deepEqual(done, ['first', 'small', 'second', 'third'])
  second.share.release()
  third.share.release()
  t.is(budget.usedBytes, 0)
})

test('who waits too long is refused, and those behind it go on', async t => {
  const { budget, clock, done, ask } = scene((8 / 3) * large)
  const held = ask('held', large)
  const second = ask('second', 2 * large)
  const third = ask('third', large, 10_000)
  await held.asked
  await clock.advance(1_000)
  await Promise.all([second.asked, third.asked])
  t.deepEqual(done, ['held', 'second overloaded', 'third'])
  for (const { share } of [held, second, third]) share.release()
  t.is(budget.usedBytes, 0)
})

test('large ones leave room for small ones', async t => {
  const { budget, done, ask } = scene(4 * large)
  t.is(budget.largestBytes, 2 * large)
  const [first, second, small] = [ask('large', 3 * large), ask('second', large), ask('small', 500)]
  await Promise.all([first.asked, small.asked])
  t.deepEqual(done, ['large', 'small'])
  for (const { share } of [first, small]) share.release()
  await second.asked
  second.share.release()
  t.is(budget.usedBytes, 0)
})

test('who has gone waits no longer, and leaves no timer', async t => {
  const { budget, clock, done, ask } = scene((8 / 3) * large)
  const first = ask('first', large)
  await first.asked
  const gone = ask('gone', 2 * large)
  const next = ask('next', large)
  t.is(clock.waiting, 2)
  gone.share.release()
  await Promise.all([gone.asked, next.asked])
  t.deepEqual(done, ['first', 'gone overloaded', 'next'])
  t.is(clock.waiting, 0)
  first.share.release()
  next.share.release()
  t.is(budget.usedBytes, 0)
})

test('who names no time waits as long as it takes', async t => {
  const { budget, clock } = scene(large)
  const [first, second] = [budget.share(), budget.share()]
  await first.reserve(large / 2)
  const asked = second.reserve(0.7 * large)
  await clock.advance(86_400_000)
  first.release()
  await asked
  t.is(budget.usedBytes, 0.7 * large)
})

test('a share that needs more than it asked for says so', async t => {
  const { budget, ask } = scene(large)
  const { share, asked } = ask('one', 100)
  await asked
  share.take(101)
  t.is(share.roomBytes, -1)
  await share.reserve(1_000)
  t.is(share.roomBytes, 899)
  t.is(budget.usedBytes, 1_000)
  share.release()
  t.is(budget.usedBytes, 0)
})
