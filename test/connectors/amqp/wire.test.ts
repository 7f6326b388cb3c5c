// Frames, methods and properties, from our side and as another client understands them.

import { fc, testProp } from '@fast-check/ava'
import { connect } from 'amqplib'
import test from 'ava'
import {
  encodeBody,
  encodeFrame,
  type Frame,
  FrameReader,
  frameType
} from '../../../connectors/amqp/wire/frames.ts'
import { decodeMethod, encodeMethod } from '../../../connectors/amqp/wire/methods.ts'
import { decodeHeader, encodeHeader } from '../../../connectors/amqp/wire/properties.ts'
import { decodeTable, encodeTable, type Table } from '../../../connectors/amqp/wire/values.ts'
import { doubleWith } from './harness.ts'

const frameMaxBytes = 4_096
const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.constantFrom(...Object.values(frameType)),
  channel: fc.integer({ min: 0, max: 65_535 }),
  payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
})

testProp(
  'frames come out as they went in, however the bytes are cut',
  [fc.array(frame), fc.infiniteStream(fc.integer({ min: 1, max: 50 }))],
  (t, frames, cuts) => {
    const bytes = Buffer.concat(frames.map(encodeFrame))
    const reader = new FrameReader(frameMaxBytes)
    const read: Frame[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = cuts.next().value ?? 1
      read.push(...reader.take(bytes.subarray(at, at + length)))
      at += length
    }
    t.deepEqual(read, frames)
  }
)

testProp(
  'whatever comes, it is frames or an error, and never more than was agreed upon is kept',
  [fc.uint8Array({ maxLength: 400 })],
  (t, bytes) => {
    const reader = new FrameReader(frameMaxBytes)
    try {
      for (const { payload } of reader.take(Buffer.from(bytes))) decodeMethod(payload)
    } catch (error) {
      t.true(error instanceof Error)
    }
    t.pass()
  }
)

test('a frame that announces too much is an error before it is there', t => {
  const head = Buffer.from([frameType.body, 0, 1, 0xff, 0xff, 0xff, 0xff])
  t.throws(() => [...new FrameReader(frameMaxBytes).take(head)], {
    message: /4294967295 bytes, at most 4088/
  })
})

testProp(
  'a content is cut into frames that fit, and nothing of it is lost',
  [fc.integer({ min: 0, max: 20_000 })],
  (t, length) => {
    const body = Buffer.alloc(length, 'x')
    const frames = [...new FrameReader(frameMaxBytes).take(encodeBody(1, body, frameMaxBytes))]
    t.true(Buffer.concat(frames.map(({ payload }) => payload)).equals(body))
  }
)

const table: fc.Arbitrary<Table> = fc
  .letrec<{ table: Table; value: Table[string] }>(tie => ({
    table: fc.dictionary(fc.string({ maxLength: 20 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    value: fc.oneof(
      { maxDepth: 2 },
      fc.string(),
      fc.boolean(),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      tie('table')
    )
  }))
  .table.filter(value => !JSON.stringify(value).includes('__proto__'))

testProp('tables come out as they went in', [table], (t, value) => {
  t.deepEqual(decodeTable(encodeTable(value)), value)
})

test('methods and headers come out as they went in, and neighbouring bits share a byte', t => {
  const nack = { deliveryTag: 2 ** 40, multiple: true, requeue: false }
  t.deepEqual(decodeMethod(encodeMethod('basicNack', nack)), { name: 'basicNack', args: nack })
  t.is(encodeMethod('basicNack', nack).length, 4 + 8 + 1)
  const properties = { contentType: 'a', deliveryMode: 2, messageId: 'łódź', timestamp: 5, appId: '' }
  t.deepEqual(decodeHeader(encodeHeader(77, properties)), { bodyBytes: 77, properties })
})

test('what is no method, or ends too early, is an error', t => {
  for (const hex of ['', '000a', '000affff', '003c0050', '003c00500000']) {
    t.throws(() => decodeMethod(Buffer.from(hex, 'hex')))
  }
  t.throws(() => encodeHeader(0, { messageId: 'x'.repeat(256) }), { instanceOf: RangeError })
})

test('another client gets along with our double: it is a broker as others are', async t => {
  const { double, ledger } = await doubleWith(t, {
    reply: ({ routingKey }) => ({ kind: routingKey === 'nowhere' ? 'return' : 'ack' })
  })
  const connection = await connect(double.url)
  const channel = await connection.createConfirmChannel()
  const returned: string[] = []
  channel.on('return', ({ content }) => returned.push(content.toString()))
  const options = { mandatory: true, persistent: true, messageId: 'm', headers: { device: 'd1' } }
  channel.publish('telemetry', 'nowhere', Buffer.from('lost'), options)
  channel.publish('telemetry', 'fleet', Buffer.alloc(300_000, 'x'), options)
  await channel.waitForConfirms()
  await connection.close()
  t.deepEqual(returned, ['lost'])
  t.deepEqual(
    ledger.map(({ body }) => body.length),
    [4, 300_000]
  )
  const { headers, messageId, deliveryMode } = ledger[1]?.properties ?? {}
  t.deepEqual(decodeTable(headers ?? Buffer.alloc(0)), { device: 'd1' })
  t.deepEqual([messageId, deliveryMode], ['m', 2])
})

test('a method or a header with bytes behind its end is an error', t => {
  const ack = encodeMethod('basicAck', { deliveryTag: 1, multiple: false })
  const header = encodeHeader(2, { type: 'telemetry' })
  const more = Buffer.from([0])
  t.is(decodeMethod(ack).name, 'basicAck')
  t.throws(() => decodeMethod(Buffer.concat([ack, more])), { message: /behind its end/ })
  t.is(decodeHeader(header).bodyBytes, 2)
  t.throws(() => decodeHeader(Buffer.concat([header, more])), { message: /behind the end/ })
})
