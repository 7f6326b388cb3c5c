// The W3C trace context as it comes and goes.

import test from 'ava'
import { encodeHeaders } from '../../../connectors/kafka/log/headers.ts'
import {
  formatTraceParent,
  parseTraceParent,
  traceParentOf
} from '../../../processors/tracing/trace-parent.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const valid = `00-${traceId}-${spanId}-01`

test('a valid context is read, and written as it was', t => {
  t.deepEqual(parseTraceParent(valid), { traceId, spanId, isSampled: true })
  t.deepEqual(parseTraceParent(`00-${traceId}-${spanId}-00`), { traceId, spanId, isSampled: false })
  t.is(formatTraceParent({ traceId, spanId, isSampled: true }), valid)
  t.is(formatTraceParent({ traceId, spanId, isSampled: false }), `00-${traceId}-${spanId}-00`)
})

test('of flags only the one that is known counts, and of later versions what is alike', t => {
  t.is(parseTraceParent(`00-${traceId}-${spanId}-03`)?.isSampled, true)
  t.is(parseTraceParent(`00-${traceId}-${spanId}-fe`)?.isSampled, false)
  t.is(parseTraceParent(`cc-${traceId}-${spanId}-01-more`)?.traceId, traceId)
})

for (const [why, text] of [
  ['nothing', ''],
  ['another thing', 'hello'],
  ['more than there is in its version', `${valid}-more`],
  ['a version that is none', valid.replace('00-', 'ff-')],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a span of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['capital letters', valid.toUpperCase()],
  ['a trace that is too short', `00-${traceId.slice(1)}-${spanId}-01`],
  ['two of them', `${valid}, ${valid}`],
  ['spaces', ` ${valid}`]
] as const)
  test(`${why} is no context`, t => t.is(parseTraceParent(text), null))

test('a record carries a context in its headers, or none', t => {
  const record = (headers: { key: string; value: string | null }[]) => {
    const bytes = encodeHeaders(headers)
    return { bytes, headersStart: 0, headersEnd: bytes.length }
  }
  const other = { key: 'source', value: 'gateway' }
  t.like(traceParentOf(record([other, { key: 'traceparent', value: valid }])), { traceId, spanId })
  t.is(traceParentOf(record([])), null)
  t.is(traceParentOf(record([other])), null)
  t.is(traceParentOf(record([{ key: 'x', value: 'traceparent' }])), null)
  t.is(traceParentOf(record([{ key: 'traceparent', value: null }])), null)
  t.is(traceParentOf(record([{ key: 'traceparent', value: 'broken' }])), null)
})
