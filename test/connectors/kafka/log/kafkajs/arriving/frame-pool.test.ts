import test from 'ava'
import { FramePool } from '../../../../../../connectors/kafka/log/kafkajs/arriving/frame-pool.ts'

const mib = 1 << 20

test('memory that was given back is used for the next response of about its size', t => {
  const pool = new FramePool(8 * mib)
  const first = pool.take(3 * mib)
  t.is(first.length, 3 * mib)
  pool.give(first.subarray(100, 200))
  const second = pool.take(3 * mib + 1_000)
  t.is(second.length, 3 * mib + 1_000)
  t.not(second.buffer, first.buffer)
  const third = pool.take(3 * mib - 1_000)
  t.is(third.buffer, first.buffer)
  t.is(third.length, 3 * mib - 1_000)
})

test('memory is lent to one at a time', t => {
  const pool = new FramePool(8 * mib)
  const first = pool.take(mib)
  pool.give(first)
  pool.give(first)
  t.not(pool.take(mib).buffer, pool.take(mib).buffer)
})

test('what was not lent is not kept, nor what is short, far too large, or more than may be kept', t => {
  const pool = new FramePool(4 * mib)
  const isSame = (one: Buffer, other: Buffer) => one.buffer === other.buffer
  const strange = Buffer.alloc(mib)
  pool.give(strange)
  t.false(isSame(pool.take(mib), strange))
  const short = pool.take(1_000)
  pool.give(short)
  t.true(pool.take(900) !== short)
  const large = pool.take(4 * mib)
  pool.give(large)
  const another = pool.take(mib)
  t.false(isSame(another, large))
  pool.give(another)
  t.false(isSame(pool.take(mib), another))
  t.true(isSame(pool.take(4 * mib), large))
})
