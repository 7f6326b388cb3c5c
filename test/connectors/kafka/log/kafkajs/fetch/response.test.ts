import test from 'ava'
import type { Corruption } from '../../../../../../connectors/kafka/log/kafkajs/fetch/record-set.ts'
import { decodeResponse, readOutline } from '../../../../../../connectors/kafka/log/kafkajs/fetch/response.ts'
import { Batch, linesOf } from './oracle.ts'
import { type WireBatch, type WirePartition, wireBatch, wireMarker, wireResponse } from './wire.ts'

/** A batch of records numbered by their values. */
function batch(baseOffset: number, count: number, about: Partial<WireBatch> = {}): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({
    offsetDelta: index,
    timestampDelta: 0,
    key: Buffer.from('k'),
    value: Buffer.from(`value ${baseOffset + index}`)
  }))
  return wireBatch({ baseOffset, lastOffsetDelta: count - 1, records, ...about })
}

async function decode(partitions: readonly WirePartition[], position = 0, checkCrc = false) {
  const corruptions: (Corruption & { partition: number })[] = []
  const response = await decodeResponse(readOutline(wireResponse('t', partitions)), {
    checkCrc,
    position: () => position,
    onCorrupt: (_topic, partition, corruption) => corruptions.push({ partition, ...corruption })
  })
  return { response, corruptions, partitions: response.responses[0]?.partitions ?? [] }
}

async function decodeOne(parts: readonly Buffer[], about: Partial<WirePartition> = {}, position = 0) {
  const partition = { partition: 0, records: Buffer.concat(parts), ...about }
  const { partitions, corruptions } = await decode([partition], position)
  const messages = partitions[0]?.messages ?? []
  const offsets = linesOf(messages).map(line => JSON.parse(line)[0])
  return { messages, offsets, corruption: corruptions[0], partition: partitions[0] }
}

test('every record batch becomes one message that covers its offsets', async t => {
  const { messages, offsets } = await decodeOne([batch(10, 3), batch(20, 2, { lastOffsetDelta: 9 })])
  t.deepEqual(
    messages.map(({ offset, chunk }) => [offset, chunk.baseOffset, chunk.lastOffset, chunk.count]),
    [
      ['12', 10, 12, 3],
      ['29', 20, 29, 2]
    ]
  )
  t.deepEqual(offsets, [10, 11, 12, 20, 21])
})

test('kafkajs moves its position past what holds no records', async t => {
  const parts = [batch(0, 0, { lastOffsetDelta: 4 }), wireMarker(5, 1, 1)]
  const { partition, offsets } = await decodeOne(parts, { highWatermark: 6 })
  const seen = partition && new Batch('t', '0', partition)
  t.deepEqual(offsets, [])
  t.is(seen?.isEmpty(), false, 'the consumer is told, so that it can commit past them')
  t.is(seen?.lastOffset(), '5')
  t.is(seen?.offsetLag(), '0')
})

test('a partition ends where an open transaction begins, since nothing behind can be read yet', async t => {
  const { partition } = await decodeOne([batch(0, 3)], { highWatermark: 9, lastStableOffset: 3 })
  t.is(partition?.highWatermark, '3')
})

test('the records of an aborted transaction are left out until its marker, those of others are not', async t => {
  const parts = [
    batch(0, 2, { producerId: 7, transactional: true }),
    batch(2, 2, { producerId: 8, transactional: true }),
    batch(4, 2),
    batch(6, 1, { producerId: 7, transactional: true }),
    wireMarker(7, 8, 1),
    wireMarker(8, 7, 0),
    batch(9, 1, { producerId: 7, transactional: true }),
    wireMarker(10, 7, 1)
  ]
  const { offsets, messages } = await decodeOne(parts, { aborted: [{ producerId: 7, firstOffset: 0 }] })
  t.deepEqual(offsets, [2, 3, 4, 5, 9])
  t.is(messages.at(-1)?.offset, '10')
})

test('two aborted transactions that began before the fetched offset are both left out', async t => {
  const parts = [
    batch(100, 1, { producerId: 1, transactional: true }),
    batch(101, 1, { producerId: 2, transactional: true }),
    batch(102, 1)
  ]
  const aborted = [
    { producerId: 1, firstOffset: 10 },
    { producerId: 2, firstOffset: 20 }
  ]
  const { offsets } = await decodeOne(parts, { aborted }, 100)
  t.deepEqual(offsets, [102])
})

test('under read uncommitted there is no list of aborted transactions, and all is handed out', async t => {
  const parts = [batch(0, 2, { producerId: 7, transactional: true }), wireMarker(2, 7, 0)]
  const { offsets } = await decodeOne(parts, { aborted: null })
  t.deepEqual(offsets, [0, 1])
})

test('a batch that begins before the fetched offset is handed out from there on', async t => {
  const { offsets } = await decodeOne([batch(0, 2), batch(2, 5, { codec: 'gzip' })], {}, 4)
  t.deepEqual(offsets, [4, 5, 6])
})

test('a batch that is cut off at the end waits for the next fetch', async t => {
  const last = batch(3, 3)
  for (const length of [1, 16, 17, 60, last.length - 1]) {
    const { offsets, corruption } = await decodeOne([batch(0, 3), last.subarray(0, length)])
    t.deepEqual(offsets, [0, 1, 2])
    t.is(corruption, undefined)
  }
})

test('one batch with 200,000 records is one chunk', async t => {
  const { messages } = await decodeOne([batch(0, 200_000, { codec: 'lz4' })])
  t.deepEqual(
    messages.map(({ chunk }) => chunk.count),
    [200_000]
  )
})

const corruptions: Readonly<Record<string, { bytes: Buffer; reason: RegExp }>> = {
  'a batch with a hole': { bytes: batch(5, 2).subarray(0, 70), reason: /./ },
  'a garbage length': { bytes: changed(batch(5, 2), 8, 0x7f), reason: /cut off/ },
  'a negative length': { bytes: changed(batch(5, 2), 8, 0xff), reason: /shorter than its header/ },
  'an unknown format': { bytes: changed(batch(5, 2), 16, 3), reason: /format 3/ },
  'an unknown codec': { bytes: changed(batch(5, 2), 22, 7), reason: /codec 7/ },
  'a broken gzip': { bytes: changed(batch(5, 9, { codec: 'gzip' }), 75, 0xff), reason: /gzip cannot/ },
  'a broken snappy': { bytes: changed(batch(5, 9, { codec: 'snappy' }), 61, 0xff), reason: /snappy cannot/ },
  'a broken xerial': { bytes: changed(batch(5, 9, { codec: 'xerial' }), 77, 0xff), reason: /snappy cannot/ },
  'a broken lz4': { bytes: changed(batch(5, 9, { codec: 'lz4' }), 61, 0xff), reason: /lz4 cannot/ },
  'a broken zstd': { bytes: changed(batch(5, 9, { codec: 'zstd' }), 61, 0xff), reason: /zstd cannot/ },
  'a wrong count': { bytes: batch(5, 2, { count: 3 }), reason: /./ },
  'a negative count': { bytes: batch(5, 2, { count: -3 }), reason: /count is negative/ },
  'a negative last offset': { bytes: batch(5, 2, { lastOffsetDelta: -1 }), reason: /offsets of a batch/ },
  'an offset above 2^53': {
    bytes: wireBatch({ baseOffset: 2n ** 53n, lastOffsetDelta: 0, records: [] }),
    reason: /2\^53/
  },
  'a last offset above 2^53': {
    bytes: wireBatch({ baseOffset: 2n ** 53n - 5n, lastOffsetDelta: 5, records: [] }),
    reason: /2\^53/
  }
}

function changed(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = value
  return copy
}

for (const [what, { bytes, reason }] of Object.entries(corruptions)) {
  test(`${what} is reported, and nothing after it is handed out`, async t => {
    const { corruption, messages } = await decodeOne([bytes, batch(20, 1)], {}, 5)
    t.regex(corruption?.reason ?? '', reason)
    t.is(corruption?.offset, 5)
    t.deepEqual(messages, [])
  })
}

test('a first batch that is cut off is corrupt, since Kafka never does that', async t => {
  const { corruption } = await decodeOne([batch(5, 2).subarray(0, 70)], {}, 5)
  t.is(corruption?.reason, 'the first batch is cut off')
})

test('what stands before a corrupt batch is handed out, and other partitions are not touched', async t => {
  const bad = Buffer.concat([batch(0, 2), batch(2, 2, { count: 9 }), batch(4, 2)])
  const { partitions, corruptions } = await decode([
    { partition: 0, records: bad },
    { partition: 1, records: batch(0, 4) }
  ])
  t.deepEqual(
    corruptions.map(({ partition, offset }) => [partition, offset]),
    [[0, 2]]
  )
  t.deepEqual(
    partitions.map(({ messages }) => messages.map(({ offset }) => offset)),
    [['1'], ['3']]
  )
})

test('the checksum is compared where that is asked for', async t => {
  const good = { partition: 0, records: batch(0, 2) }
  const bad = { partition: 0, records: changed(batch(0, 2), 17, batch(0, 2).readUInt8(17) ^ 1) }
  t.deepEqual((await decode([good], 0, true)).corruptions, [])
  t.is((await decode([bad], 0, true)).corruptions[0]?.reason, 'the checksum does not match')
  t.deepEqual((await decode([bad], 0, false)).corruptions, [])
})

test('partitions of one response do not keep each other in memory, and a lone one is not copied', async t => {
  const records = batch(0, 50)
  const alone = await decode([
    { partition: 0, records },
    { partition: 1, records: Buffer.alloc(0) }
  ])
  t.true((alone.partitions[0]?.messages[0]?.chunk.bytes.buffer.byteLength ?? 0) > records.length)
  const big = batch(0, 1000)
  const both = await decode([0, 1].map(partition => ({ partition, records: big })))
  for (const { messages } of both.partitions) {
    t.is(messages[0]?.chunk.bytes.buffer.byteLength, big.length)
  }
})

test('bytes that are no response are refused with a RangeError', t => {
  const bytes = wireResponse('t', [{ partition: 0, records: batch(0, 2) }])
  for (const length of [0, 3, 20, 50, bytes.length - 1]) {
    t.throws(() => readOutline(bytes.subarray(0, length)), { instanceOf: RangeError })
  }
})
