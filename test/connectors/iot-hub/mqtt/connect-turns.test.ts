// Turns to connect: evenly, in line, and none is lost by those that give up.

import test from 'ava'
import { ConnectTurns } from '../../../../connectors/iot-hub/mqtt/connect-turns.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'

const never = new AbortController().signal

/** Takes a turn and notes, in `taken`, by which name it came. */
function take(turns: ConnectTurns, taken: string[], [name, signal]: [string, AbortSignal]): void {
  void turns.take(signal).then(() => taken.push(name))
}

test('turns come one after the other, in line', async t => {
  const clock = new VirtualClock()
  const turns = new ConnectTurns(clock, 10)
  const taken: string[] = []
  for (const name of ['a', 'b', 'c']) take(turns, taken, [name, never])
  await clock.advance(0)
  t.deepEqual(taken, ['a'])
  await clock.advance(100)
  t.deepEqual(taken, ['a', 'b'])
  await clock.advance(100)
  t.deepEqual(taken, ['a', 'b', 'c'])
  t.is(clock.waiting, 0)
  await clock.advance(10_000)
  for (const name of ['d', 'e']) take(turns, taken, [name, never])
  await clock.advance(0)
  t.deepEqual(taken, ['a', 'b', 'c', 'd'], 'what was not used is not made up for')
})

test('whoever gives up leaves the turn to those behind, and the last one leaves no timer', async t => {
  const clock = new VirtualClock()
  const turns = new ConnectTurns(clock, 10)
  const taken: string[] = []
  const [leaving, last] = [new AbortController(), new AbortController()]
  take(turns, taken, ['first', never])
  for (let at = 0; at < 8; at++) take(turns, taken, ['gone', leaving.signal])
  take(turns, taken, ['behind', never])
  take(turns, taken, ['last', last.signal])
  leaving.abort()
  await clock.advance(100)
  t.deepEqual(
    taken.filter(name => name !== 'gone'),
    ['first', 'behind']
  )
  last.abort()
  t.is(clock.waiting, 0)
})
