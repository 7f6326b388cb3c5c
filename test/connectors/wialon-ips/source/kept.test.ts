// Which records count as kept already.

import test from 'ava'
import { KeptRecords } from '../../../../connectors/wialon-ips/source/kept.ts'

test('the same record of the same device in the same channel is known, and no other', t => {
  const kept = new KeptRecords()
  const record = Buffer.from('a;b')
  kept.add('fleet', 'x', record)
  t.true(kept.has('fleet', 'x', Buffer.from('a;b')))
  t.false(kept.has('fleet', 'x', Buffer.from('a;c')))
  t.false(kept.has('fleet', 'xa', Buffer.from(';b')))
  t.false(kept.has('other', 'x', record))
})

test('after ten thousand others a record is forgotten, so that memory is bounded', t => {
  const kept = new KeptRecords()
  const record = (number: number) => Buffer.from(String(number))
  for (let number = 0; number < 10_000; number++) kept.add('fleet', 'x', record(number))
  t.true(kept.has('fleet', 'x', record(0)))
  kept.add('fleet', 'x', record(10_000))
  t.false(kept.has('fleet', 'x', record(0)))
  t.true(kept.has('fleet', 'x', record(1)))
})
