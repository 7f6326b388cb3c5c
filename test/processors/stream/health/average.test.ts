import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { Average } from '../../../../processors/stream/health/average.ts'

const near = (value: number, wanted: number) => Math.abs(value - wanted) < 0.001

test('a value counts for as long as it holds, and what is older counts less', async t => {
  const clock = new VirtualClock()
  const average = new Average(clock)
  average.note(1)
  t.is(average.mean, 0)
  await clock.advance(60_000)
  t.true(near(average.mean, 1 - Math.exp(-1)))
  await clock.advance(600_000)
  t.true(near(average.mean, 1))
  average.note(0)
  await clock.advance(60_000)
  t.true(near(average.mean, Math.exp(-1)))
})

test('half of the time is half, however often it changes', async t => {
  const clock = new VirtualClock()
  const average = new Average(clock)
  for (let second = 0; second < 600; second++) {
    average.note(second % 2)
    await clock.advance(1_000)
  }
  t.true(Math.abs(average.mean - 0.5) < 0.02, `${average.mean}`)
})

test('what is noted afterwards counts from when it began', async t => {
  const clock = new VirtualClock()
  const [late, prompt] = [new Average(clock), new Average(clock)]
  await clock.advance(10_000)
  prompt.note(1)
  await clock.advance(20_000)
  late.note(1, clock.now() - 20_000)
  t.true(near(late.mean, prompt.mean))
})
