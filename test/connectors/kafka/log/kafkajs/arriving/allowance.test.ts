import test from 'ava'
import { Allowance } from '../../../../../../connectors/kafka/log/kafkajs/arriving/allowance.ts'
import { VirtualClock } from '../../../../../../connectors/virtual-clock.ts'

function open() {
  const clock = new VirtualClock()
  const allowance = new Allowance(100, clock)
  const granted: string[] = []
  const claim = (name: string, bytes: number) => allowance.claim(bytes, () => granted.push(name))
  return { clock, granted, claim }
}

test('what fits is granted at once, the rest in its order when others are released', t => {
  const { claim, granted } = open()
  const first = claim('first', 60)
  const second = claim('second', 60)
  claim('third', 10)
  t.deepEqual(granted, ['first'])
  first.release()
  t.deepEqual(granted, ['first', 'second', 'third'])
  second.release()
})

test('a claim that is larger than everything gets its turn alone', t => {
  const { claim, granted } = open()
  const small = claim('small', 1)
  const large = claim('large', 1_000)
  claim('later', 1)
  t.deepEqual(granted, ['small'])
  small.release()
  t.deepEqual(granted, ['small', 'large'])
  large.release()
  t.deepEqual(granted, ['small', 'large', 'later'])
})

test('releasing twice, or what was never granted, gives nothing back', t => {
  const { claim, granted } = open()
  const first = claim('first', 80)
  claim('given up', 80).release()
  const second = claim('second', 80)
  first.release()
  first.release()
  claim('third', 80)
  t.deepEqual(granted, ['first', 'second'])
  second.release()
  t.deepEqual(granted, ['first', 'second', 'third'])
})

test('a broker that stops amidst its responses holds the others up for a second', async t => {
  const { claim, clock, granted } = open()
  claim('stuck', 100)
  claim('next', 100)
  await clock.advance(999)
  t.deepEqual(granted, ['stuck'])
  await clock.advance(1)
  t.deepEqual(granted, ['stuck', 'next'])
})
