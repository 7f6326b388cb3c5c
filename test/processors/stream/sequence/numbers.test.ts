// Which numbers are known, and which messages are kept with them.

import test from 'ava'
import { type Numbered, Numbers } from '../../../../processors/stream/sequence/numbers.ts'
import { encodeSequence } from '../../../../processors/stream/sequence/sequence-record.ts'

function recordOf(offset: number) {
  const facts = {
    kind: 'number',
    at: offset,
    topic: 'fleet',
    place: `c${offset}`,
    device: 'a',
    timeMs: 1,
    number: offset + 1
  } as const
  const {
    key,
    value,
    headers = {}
  } = encodeSequence({ key: `key-${offset}`, value: Buffer.from('{}'), facts })
  const list = Object.entries(headers).map(([name, text]) => ({ key: name, value: Buffer.from(text) }))
  return { offset, timestampMs: 1, key, value, headers: list }
}

test('of what the commit says has ended the number is known, its bytes take no room, and its record stays', t => {
  const settled = new Set(['c0'])
  const numbers = new Numbers({
    isOver: () => false,
    isSettled: ({ place }: Numbered) => settled.has(place),
    claimed: () => {}
  })
  numbers.take(recordOf(0))
  numbers.take(recordOf(1))
  t.is(numbers.at('c0')?.value, null)
  t.is(numbers.at('c0')?.number, 1)
  t.is(numbers.at('c1')?.value?.toString(), '{}')
  t.deepEqual(numbers.takeGarbage(10), [])
})
