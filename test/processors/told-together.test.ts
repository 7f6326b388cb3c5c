import test from 'ava'
import { VirtualClock } from '../../connectors/virtual-clock.ts'
import { ToldTogether } from '../../processors/told-together.ts'

function setUp() {
  const clock = new VirtualClock()
  const told: [number, string][] = []
  const together = new ToldTogether<string>(clock, (count, first) => told.push([count, first]))
  return { clock, told, together }
}

test('the first is told at once, what follows within ten seconds together, and another reason waits for none', async t => {
  const { clock, told, together } = setUp()
  for (const first of ['a', 'b', 'c']) together.happened('late', first)
  together.happened('broken', 'd', 5)
  t.deepEqual(told.splice(0), [
    [1, 'a'],
    [5, 'd']
  ])
  await clock.advance(9_999)
  t.deepEqual(told, [])
  await clock.advance(1)
  t.deepEqual(told.splice(0), [[2, 'b']])
  await clock.advance(60_000)
  together.happened('late', 'e')
  t.deepEqual(told, [[1, 'e']])
})

test('the counts add up to what happened, also when it ends amid it', t => {
  const { clock, told, together } = setUp()
  for (let at = 1; at <= 8; at++) together.happened('late', `${at}`)
  together.close()
  together.happened('late', '9')
  together.happened('late', '10')
  t.deepEqual(told, [
    [1, '1'],
    [7, '2'],
    [1, '9'],
    [1, '10']
  ])
  t.is(clock.waiting, 0)
})
