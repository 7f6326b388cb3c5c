// What has waited, and what was set aside and resent, still has the headers of its producer.

import test from 'ava'
import { encodeRecords } from '../../../../connectors/kafka/log/encode-records.ts'
import type { AppendRecord } from '../../../../connectors/kafka/log/log.ts'
import { Message } from '../../../../connectors/kafka/log/message.ts'
import { type LogRecord, RecordChunk } from '../../../../connectors/kafka/log/record-chunk.ts'
import { decodeHeld, heldMessage, resentMessage } from '../../../../processors/stream/held/held-record.ts'
import { viewOf } from '../../../../processors/stream/held/release/released-message.ts'
import { deadLetterOf, decodeFacts } from '../../../../processors/stream/settlement/dead-letter.ts'
import { messagesOf } from '../../../messages.ts'

const headers = [
  { key: 'trace', value: Buffer.from('1') },
  { key: 'trace', value: null },
  { key: 'tailrace.held', value: Buffer.from('what somebody made up') }
]
const why = { code: 'mqtt_device_refused', answer: '' }

/** The record as a log gives it back. */
function stored(record: AppendRecord): LogRecord {
  const bytes = encodeRecords([record])
  const [baseOffset, baseTimestampMs] = [7, 1_700_000_000_000]
  const chunk = new RecordChunk(
    { topic: 'held', partition: 0 },
    {
      ...{ bytes, start: 0, end: bytes.length, count: 1, baseOffset, lastOffset: baseOffset },
      ...{ baseTimestampMs, appendTimestampMs: null }
    },
    8
  )
  chunk.next()
  return chunk.record()
}

function released(record: LogRecord): Message {
  const held = decodeHeld(record.headers)
  if (held?.kind !== 'message') throw new Error('it is no message that waits')
  return new Message({ topic: held.topic, partition: 0 }, viewOf(record, held))
}

test('a message that waits keeps its headers, and waits again with them', t => {
  const [message] = messagesOf(['{"speed":1}'], { keys: ['a'], headers })
  if (message === undefined) return t.fail()
  const once = released(stored(heldMessage(message, { why, owner: 'me', nowMs: 1 })))
  t.deepEqual(once.headers(), headers)
  t.is(once.value().toString(), '{"speed":1}')
  t.is(once.key(), 'a')
  const twice = released(stored(heldMessage(once, { why, owner: 'me', nowMs: 2 })))
  t.deepEqual(twice.headers(), headers)
})

test('a dead letter keeps them but for those that could be taken for ours, and so does what is resent', t => {
  const [message] = messagesOf(['{}'], {
    keys: ['a'],
    headers: [...headers, { key: 'tailrace.code', value: Buffer.from('made_up') }]
  })
  if (message === undefined) return t.fail()
  const failure = { code: 'kafka_target_rejected', detail: '' } as const
  const letter = stored(deadLetterOf(message, { failure, attempts: 1 }, { stream: 's', timeMs: 1 }))
  t.is(decodeFacts(letter.headers)?.code, 'kafka_target_rejected')
  t.deepEqual(letter.headers.slice(-2), headers.slice(0, 2))
  const facts = {
    topic: 'fleet',
    offset: 0,
    timestampMs: 0,
    heldMs: 0,
    resent: 1,
    letter: '0/7',
    isRaw: false,
    sequence: null
  }
  const resent = released(stored(resentMessage(letter, { ...facts, ...why }, 0)))
  t.deepEqual(resent.headers(), headers.slice(0, 2))
})
