import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type ChunkSource, RecordChunk } from '../../../../connectors/kafka/log/record-chunk.ts'
import { wireRecord } from './kafkajs/fetch/wire.ts'

const origin = { topic: 't', partition: 0 }

function sourceOf(bytes: Buffer, about: Partial<ChunkSource> = {}): ChunkSource {
  return {
    bytes,
    start: 0,
    end: bytes.length,
    count: 1,
    baseOffset: 100,
    lastOffset: 200,
    baseTimestampMs: 1_700_000_000_000,
    appendTimestampMs: null,
    ...about
  }
}

const record = (offsetDelta: number, about: Partial<Parameters<typeof wireRecord>[0]> = {}) =>
  wireRecord({ offsetDelta, timestampDelta: 0, key: null, value: null, ...about })

test('a cursor steps through records and leaves key, value and time where they are', t => {
  const bytes = Buffer.concat([
    record(0, { key: Buffer.from('k'), value: Buffer.from('first'), timestampDelta: -7 }),
    record(3, { key: Buffer.alloc(0), value: null })
  ])
  const chunk = new RecordChunk(origin, sourceOf(bytes, { count: 2 }), 300)
  t.true(chunk.next())
  t.is(chunk.offset, 100)
  t.is(chunk.timestampMs, 1_699_999_999_993)
  t.is(chunk.bytes.toString('utf8', chunk.keyStart, chunk.keyEnd), 'k')
  t.is(chunk.bytes.toString('utf8', chunk.valueStart, chunk.valueEnd), 'first')
  t.true(chunk.next())
  t.is(chunk.offset, 103)
  t.is(chunk.keyEnd, chunk.keyStart, 'an empty key is not null')
  t.true(chunk.valueEnd < chunk.valueStart, 'null')
  t.false(chunk.next())
  t.false(chunk.next())
})

test('the head of a chunk is what fits, at least one record, in bytes of its own', t => {
  const records = [0, 1, 2].map(offset => record(offset, { value: Buffer.alloc(100, 48 + offset) }))
  const bytes = Buffer.concat([Buffer.alloc(9), ...records])
  const chunk = () => new RecordChunk(origin, sourceOf(bytes, { start: 9, count: 3 }), 300)
  const offsets = (head: RecordChunk) => {
    const found: [number, string][] = []
    while (head.next())
      found.push([head.offset, head.bytes.toString('utf8', head.valueStart, head.valueStart + 1)])
    return found
  }
  const two = chunk().head(2 * 150, 40)
  t.is(two.lastOffset, 101)
  t.true(two.bytes.length < 250)
  t.deepEqual(offsets(two), [
    [100, '0'],
    [101, '1']
  ])
  t.is(chunk().head(0, 40).lastOffset, 100)
  t.is(chunk().head(10_000, 40).lastOffset, 200, 'all that the batch covers')
})

test('the append time of the batch replaces the times of its records', t => {
  const chunk = new RecordChunk(
    origin,
    sourceOf(record(0, { timestampDelta: 99 }), { appendTimestampMs: 5 }),
    0
  )
  chunk.next()
  t.is(chunk.timestampMs, 5)
})

test('headers are read on demand and do not move the cursor', t => {
  const headers = { a: Buffer.from('1'), b: [Buffer.alloc(0), Buffer.from('2')] }
  const bytes = Buffer.concat([record(0, { headers }), record(1)])
  const chunk = new RecordChunk(origin, sourceOf(bytes, { count: 2 }), 0)
  chunk.next()
  const expected = [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: Buffer.alloc(0) },
    { key: 'b', value: Buffer.from('2') }
  ]
  t.deepEqual(chunk.headers(), expected)
  t.deepEqual(chunk.headers(), expected)
  t.true(chunk.next())
  t.is(chunk.offset, 101)
  t.deepEqual(chunk.headers(), [])
})

test('a null header value is told from an empty one', t => {
  const bytes = Buffer.of(16, 0, 0, 0, 1, 1, 2, 0, 1) // one header with an empty key and the value null
  const chunk = new RecordChunk(origin, sourceOf(bytes), 0)
  chunk.next()
  t.deepEqual(chunk.headers(), [{ key: '', value: null }])
})

test('checking leaves out the records before the wanted position', t => {
  const bytes = Buffer.concat([record(0), record(5), record(6)])
  const source = sourceOf(bytes, { count: 3 })
  const offsets = (position: number) => {
    const chunk = new RecordChunk(origin, RecordChunk.checked(source, position), 0)
    const found: number[] = []
    while (chunk.next()) found.push(chunk.offset)
    return found
  }
  t.deepEqual(offsets(0), [100, 105, 106])
  t.deepEqual(offsets(101), [105, 106])
  t.deepEqual(offsets(106), [106])
  t.deepEqual(offsets(107), [])
})

const broken: Readonly<Record<string, [Buffer, Partial<ChunkSource>]>> = {
  'a count that is too high': [record(0), { count: 2 }],
  'a count that is too low': [Buffer.concat([record(0), record(1)]), { count: 1 }],
  'an offset twice': [Buffer.concat([record(1), record(1)]), { count: 2 }],
  'an offset after the last of the batch': [record(101), {}],
  'a record that is cut off': [record(0, { value: Buffer.alloc(50) }).subarray(0, 40), {}],
  'a record longer than its batch': [record(0, { value: Buffer.alloc(50) }), { end: 40 }],
  'a key that is longer than its record': [Buffer.of(12, 0, 0, 0, 0x80, 1, 1), {}],
  'a value that is longer than its record': [Buffer.of(12, 0, 0, 0, 1, 0x80, 1), {}],
  'a key of negative length': [Buffer.of(12, 0, 0, 0, 3, 1, 0), {}],
  'no room for headers': [Buffer.of(10, 0, 0, 0, 1, 1), {}],
  'headers that end before their record': [Buffer.of(14, 0, 0, 0, 1, 1, 0, 0), {}],
  'headers that reach beyond their record': [Buffer.of(14, 0, 0, 0, 1, 1, 2, 4), {}],
  'a varint without end': [Buffer.alloc(20, 0xff), {}],
  'nothing at all': [Buffer.alloc(0), {}]
}

for (const [what, [bytes, about]] of Object.entries(broken)) {
  test(`checking refuses ${what}`, t => {
    t.throws(() => RecordChunk.checked(sourceOf(bytes, about), 0), { instanceOf: RangeError })
  })
}

testProp(
  'whatever the bytes are, checking ends with records inside of them or with a RangeError',
  [fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 5 })],
  (t, bytes, count) => {
    const source = sourceOf(Buffer.from(bytes), { count })
    try {
      const chunk = new RecordChunk(origin, RecordChunk.checked(source, 0), 0)
      while (chunk.next()) {
        t.true(chunk.keyStart >= 0 && chunk.keyEnd <= bytes.length)
        t.true(chunk.valueStart >= 0 && chunk.valueEnd <= bytes.length)
        chunk.headers()
      }
    } catch (error) {
      t.true(error instanceof RangeError)
    }
    t.pass()
  },
  { numRuns: 5_000 }
)

testProp(
  'times up to 2^52 and offsets up to 2^31 survive being written by kafkajs and read by the cursor',
  [fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), fc.integer({ min: 0, max: 2 ** 31 - 1 })],
  (t, timestampDelta, offsetDelta) => {
    const lastOffset = 2 ** 31
    const source = sourceOf(record(offsetDelta, { timestampDelta }), {
      baseOffset: 0,
      lastOffset,
      baseTimestampMs: 0
    })
    const chunk = new RecordChunk(origin, RecordChunk.checked(source, 0), 0)
    chunk.next()
    t.is(chunk.timestampMs, timestampDelta)
    t.is(chunk.offset, offsetDelta)
  },
  { numRuns: 5_000 }
)
