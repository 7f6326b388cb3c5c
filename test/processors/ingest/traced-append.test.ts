// What of a source is appended with a trace, and how.

import test from 'ava'
import type { AppendRecord } from '../../../connectors/kafka/log/log.ts'
import { tracedAppend } from '../../../processors/ingest/traced-append.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { RecordingTracing } from '../tracing/recording.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = (flags: string) => `00-${traceId}-00f067aa0ba902b7-${flags}`
const messages = [{ key: Buffer.from('a'), value: Buffer.from('{}') }]

/** `fails` are the faults of the first appends. */
function setUp(fails: FaultError[] = []) {
  const tracing = new RecordingTracing()
  const appended: (readonly AppendRecord[])[] = []
  const producer = {
    append: async (_topic: string, records: readonly AppendRecord[]) => {
      appended.push(records)
      const fault = fails.shift()
      if (fault !== undefined) throw fault
    }
  }
  const append = (traceParent?: string) =>
    tracedAppend(messages, traceParent, { producer, tracing, channel: 'fleet', topic: 'fleet-topic' })
  return { tracing, appended, append }
}

test('what is sampled carries the context of its own span, in the trace of its sender', async t => {
  const { tracing, appended, append } = setUp()
  await append(parent('01'))
  const [span] = tracing.spans
  t.like(span, {
    kind: 'producer',
    parent: { traceId, spanId: '00f067aa0ba902b7' },
    ended: { error: undefined }
  })
  t.deepEqual(appended[0]?.[0]?.headers, { traceparent: `00-${traceId}-${span?.context.spanId}-01` })
})

test('who brings no context, or none that is valid, is sampled by chance; who is not sampled is left alone', async t => {
  const { tracing, appended, append } = setUp()
  for (const text of [undefined, 'nonsense', parent('00')]) await append(text)
  t.deepEqual([tracing.spans.length, appended], [0, [messages, messages, messages]])
  tracing.sampled = true
  await append(parent('00'))
  t.is(tracing.spans.length, 0)
  for (const text of [undefined, 'nonsense']) await append(text)
  t.deepEqual(
    tracing.spans.map(span => span.parent),
    [null, null]
  )
})

test('an append that fails ends its span with the reason, and rejects as ever', async t => {
  const { tracing, append } = setUp([new FaultError('kafka_unavailable')])
  const fault = await t.throwsAsync(append(parent('01')), { instanceOf: FaultError })
  t.is(fault.code, 'kafka_unavailable')
  t.is(tracing.spans[0]?.ended?.error, 'kafka_unavailable')
})

test('a message that has no room for a header goes without', async t => {
  const { tracing, appended, append } = setUp([new FaultError('body_too_large')])
  await append(parent('01'))
  t.is(appended[1], messages)
  t.is(tracing.spans[0]?.ended?.error, 'body_too_large')
  const tooLarge = setUp([new FaultError('body_too_large'), new FaultError('body_too_large')])
  await t.throwsAsync(tooLarge.append(parent('01')), { instanceOf: FaultError })
})
