import test from 'ava'
import { pauseFor } from '../../connectors/clock.ts'
import { VirtualClock } from '../../connectors/virtual-clock.ts'

test('timers run in the order in which they are due, equal ones in the order in which they were set', async t => {
  const clock = new VirtualClock()
  const start = clock.now()
  const ran: string[] = []
  for (const [delayMs, name] of [
    [20, 'c'],
    [10, 'a'],
    [10, 'b'],
    [31, 'late']
  ] as const) {
    clock.after(delayMs, () => ran.push(`${name}${clock.now() - start}`))
  }
  await clock.advance(30)
  t.deepEqual(ran, ['a10', 'b10', 'c20'])
  t.is(clock.now() - start, 30)
  t.is(clock.waiting, 1)
})

test('a chain of awaited pauses runs within one advance', async t => {
  const clock = new VirtualClock()
  const start = clock.now()
  const at: number[] = []
  const chain = async () => {
    for (let i = 0; i < 3; i++) {
      await pauseFor(clock, 100)
      at.push(clock.now() - start)
    }
  }
  const done = chain()
  await clock.advance(1000)
  await done
  t.deepEqual(at, [100, 200, 300])
})

test('a cancelled timer does not run', async t => {
  const clock = new VirtualClock()
  clock.after(5, () => t.fail())()
  await clock.advance(10)
  t.is(clock.waiting, 0)
})

test('until() stops as soon as the state is reached and throws when it is not', async t => {
  const clock = new VirtualClock()
  const start = clock.now()
  let reached = false
  clock.after(70, () => {
    reached = true
  })
  clock.after(500, () => undefined)
  await clock.until(() => reached)
  t.is(clock.now() - start, 70)
  await t.throwsAsync(
    clock.until(() => false, 100),
    { message: /not reached/ }
  )
})

test('one seed gives one sequence of chances', t => {
  const draw = (seed: number) => {
    const clock = new VirtualClock({ seed })
    return Array.from({ length: 5 }, () => clock.random())
  }
  t.deepEqual(draw(7), draw(7))
  t.notDeepEqual(draw(7), draw(8))
  t.true(draw(7).every(value => value >= 0 && value < 1))
})
