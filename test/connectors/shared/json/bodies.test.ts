// Bodies carry every message byte for byte, in order.

import { testProp } from '@fast-check/ava'
import test from 'ava'
import fc from 'fast-check'
import { arrayBody, ndjsonBody } from '../../../../connectors/shared/json/bodies.ts'
import { messagesOf } from '../../../messages.ts'

const runs = { numRuns: 5000 }
const compact = fc.json({ maxDepth: 2 })
const indented = fc.jsonValue({ maxDepth: 2 }).map(value => JSON.stringify(value, null, 2))
const values = fc.array(fc.oneof(compact, indented), { minLength: 1, maxLength: 8 })

testProp(
  'an array body is the values with commas between, in brackets',
  [values],
  (t, list) => {
    t.is(arrayBody(messagesOf(list)).toString(), `[${list.join(',')}]`)
  },
  runs
)

testProp(
  'an NDJSON body has one line per message, each with the value of its message',
  [values],
  (t, list) => {
    const lines = ndjsonBody(messagesOf(list)).toString().split('\n')
    t.is(lines.pop(), '')
    t.deepEqual(
      lines,
      list.map(value => value.replaceAll('\n', ' '))
    )
    t.deepEqual(
      lines.map(line => JSON.parse(line)),
      list.map(value => JSON.parse(value))
    )
  },
  runs
)

test('an escaped newline in a string stays as it is', t => {
  const value = '{"note":"two\\nlines",\n"n":1.0}'
  t.is(ndjsonBody(messagesOf([value])).toString(), '{"note":"two\\nlines", "n":1.0}\n')
})

test('a record without value becomes null, so that the body stays well-formed', t => {
  t.is(arrayBody(messagesOf(['{"a":1}', null, ''])).toString(), '[{"a":1},null,null]')
  t.is(ndjsonBody(messagesOf([null, '{"a":1}'])).toString(), 'null\n{"a":1}\n')
})
