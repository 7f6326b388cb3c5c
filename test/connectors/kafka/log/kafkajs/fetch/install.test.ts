import { createRequire } from 'node:module'
import test from 'ava'
import { installFetchDecoder } from '../../../../../../connectors/kafka/log/kafkajs/fetch/install.ts'
import type {
  FetchedBatch,
  FetchResponse,
  UnreadResponse
} from '../../../../../../connectors/kafka/log/kafkajs/fetch/types.ts'
import { FaultError } from '../../../../../../schemas/errors.ts'
import { linesOf } from './oracle.ts'
import { type Codec, wireBatch, wireMarker, wireResponse, wireResponseV4 } from './wire.ts'

const require = createRequire(import.meta.url)
const { lookup, requests } = require('kafkajs/src/protocol/requests')
const MessageSet = require('kafkajs/src/protocol/messageSet')

interface Response {
  decode(bytes: Buffer): Promise<UnreadResponse>
  parse(response: unknown): Promise<unknown>
}

/** A stand-in for kafkajs' cluster with kafkajs' real requests, for a broker that speaks Fetch up to `maxVersion`. */
async function open(maxVersion = 11) {
  const versions = { 0: { maxVersion: 7 }, 1: { maxVersion } }
  const broker = { lookupRequest: lookup(versions), fetch: () => {}, connectionPool: { pool: [] } }
  const cluster = { findBroker: async (_query: { nodeId: string }) => broker }
  const lost: unknown[] = []
  const corrupt: unknown[] = []
  const copied: Buffer[] = []
  installFetchDecoder(cluster, {
    copied: bytes => copied.push(bytes),
    onPositionLost: (partition, position) => lost.push([partition, position]),
    onCorrupt: (partition, fault) => corrupt.push([partition, fault.code, fault.message])
  })
  const found = await cluster.findBroker({ nodeId: '1' })
  await cluster.findBroker({ nodeId: '1' })
  const responseFor = (fetchOffset: string): Response => {
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset }] }]
    return found.lookupRequest(1, requests.Fetch)({ topics, maxWaitTime: 1, minBytes: 1, maxBytes: 1 })
      .response
  }
  return { broker, versions, lost, corrupt, copied, responseFor }
}

const record = { offsetDelta: 0, timestampDelta: 0, key: Buffer.from('k'), value: Buffer.from('v') }
const good = wireBatch({ baseOffset: 5, lastOffsetDelta: 0, records: [record] })

const read = async (response: Response, bytes: Buffer) => (await response.decode(bytes)).read()

const lines = ({ responses }: FetchResponse<FetchedBatch>) =>
  linesOf(responses[0]?.partitions[0]?.messages ?? [])

test('a Fetch response is decoded by us, other requests stay as they are', async t => {
  const { responseFor, broker } = await open()
  const decoded = await read(responseFor('5'), wireResponse('t', [{ partition: 0, records: good }]))
  t.is(decoded.responses[0]?.partitions[0]?.messages[0]?.chunk.baseOffset, 5)
  const produce = broker.lookupRequest(0, requests.Produce)({ topicData: [], acks: -1, timeout: 1 })
  t.is(produce.response.decode, require('kafkajs/src/protocol/requests/produce/v7/response').decode)
})

test('the decoder stays when the broker connects anew', async t => {
  const { responseFor, broker, versions } = await open()
  broker.lookupRequest = lookup(versions)
  const decoded = await read(responseFor('5'), wireResponse('t', [{ partition: 0, records: good }]))
  t.is(decoded.responses[0]?.partitions[0]?.messages[0]?.chunk.baseOffset, 5)
})

test('a lost position is told to us and hidden from kafkajs, which would jump', async t => {
  const { responseFor, lost } = await open()
  const response = responseFor('17')
  const decoded = await response.decode(
    wireResponse('t', [{ partition: 0, errorCode: 1, records: Buffer.alloc(0) }])
  )
  await t.notThrowsAsync(response.parse(decoded))
  t.deepEqual(lost, [], 'it was not read yet')
  const { responses } = await decoded.read()
  t.deepEqual(lost, [[{ topic: 't', partition: 0 }, 17]])
  t.deepEqual(responses[0]?.partitions[0]?.messages, [])
})

test('other errors of a partition are still raised by kafkajs', async t => {
  const { responseFor, lost } = await open()
  const response = responseFor('17')
  const decoded = await response.decode(
    wireResponse('t', [{ partition: 0, errorCode: 6, records: Buffer.alloc(0) }])
  )
  await t.throwsAsync(response.parse(decoded), { message: /not the leader/ })
  t.deepEqual(lost, [])
})

test('a corrupt batch is told with topic, partition and offset, and the fetch goes on', async t => {
  const { responseFor, corrupt } = await open()
  const broken = Buffer.from(good)
  broken[22] = 7
  const response = responseFor('5')
  const decoded = await read(response, wireResponse('t', [{ partition: 0, records: broken }]))
  t.deepEqual(decoded.responses[0]?.partitions[0]?.messages, [])
  const [[partition, code, message] = []] = corrupt as [unknown, string, string][] // what open() pushes
  t.deepEqual([partition, code], [{ topic: 't', partition: 0 }, 'records_corrupt'])
  t.regex(message ?? '', /^t\/0: .*: at offset 5: .*codec 7 is not known/)
})

test('a response that is garbage as a whole fails the fetch in a way that kafkajs tries again', async t => {
  const { responseFor } = await open()
  const error = await t.throwsAsync(responseFor('5').decode(Buffer.alloc(7)), { instanceOf: FaultError })
  t.is(error instanceof FaultError && error.code, 'records_corrupt')
})

test('records of the old message format are decoded by kafkajs and come as chunks all the same', async t => {
  const { responseFor } = await open()
  const set = (compression: number, messageVersion: number) => {
    const entries = [
      { key: Buffer.from('a'), value: Buffer.from('one'), timestamp: 1000 },
      { key: null, value: Buffer.from('two'), timestamp: 2000 }
    ]
    return MessageSet({ messageVersion, compression, entries }).buffer as Buffer // an Encoder's
  }
  const offsets = (bytes: Buffer) => {
    // kafkajs writes -1 for the offsets that a broker would assign
    const copy = Buffer.from(bytes)
    for (let at = 0, offset = 7n; at < copy.length; at += 12 + copy.readInt32BE(at + 8)) {
      copy.writeBigInt64BE(offset++, at)
    }
    return copy
  }
  const decoded = await read(
    responseFor('0'),
    wireResponse('t', [{ partition: 0, records: offsets(set(0, 1)) }])
  )
  t.deepEqual(
    lines(decoded).map(line => JSON.parse(line)),
    [
      [7, 1000, Buffer.from('a').toString('base64'), Buffer.from('one').toString('base64'), []],
      [8, 2000, null, Buffer.from('two').toString('base64'), []]
    ]
  )
  const later = await read(
    responseFor('8'),
    wireResponse('t', [{ partition: 0, records: offsets(set(0, 0)) }])
  )
  t.deepEqual(
    lines(later).map(line => JSON.parse(line)[0]),
    [8]
  )
})

test('an older Fetch version is decoded by kafkajs with all codecs, transactions included', async t => {
  const { responseFor } = await open(4)
  const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'xerial', 'lz4', 'zstd']
  const batches = codecs.map((codec, baseOffset) => {
    const headers = { codec: Buffer.from(codec) }
    return wireBatch({ baseOffset, lastOffsetDelta: 0, codec, records: [{ ...record, headers }] })
  })
  const aborted = wireBatch({
    baseOffset: 6,
    lastOffsetDelta: 0,
    producerId: 3,
    transactional: true,
    records: [record]
  })
  const records = Buffer.concat([...batches, aborted, wireMarker(7, 3, 0)])
  const transactions = [{ producerId: 3, firstOffset: 6 }]
  const decoded = await read(
    responseFor('1'),
    wireResponseV4('t', { partition: 0, records, aborted: transactions })
  )
  const found = lines(decoded).map(line => JSON.parse(line))
  t.deepEqual(
    found.map(([offset, , , , [[key, codec]]]) => [offset, key, Buffer.from(codec, 'base64').toString()]),
    codecs.map((codec, offset) => [offset, 'codec', codec]).slice(1)
  )
  t.is(decoded.responses[0]?.partitions[0]?.messages.at(-1)?.offset, '7')
})

test('the bytes of a response are given back once the records of several partitions were copied, and not before', async t => {
  const { responseFor, copied } = await open()
  const bytes = wireResponse('t', [
    { partition: 0, records: good },
    { partition: 1, records: good }
  ])
  const response = await responseFor('5').decode(bytes)
  t.deepEqual(copied, [])
  const { responses } = await response.read()
  t.deepEqual(copied, [bytes])
  bytes.fill(0)
  for (const { messages } of responses[0]?.partitions ?? []) t.is(linesOf(messages).length, 1)
  const alone = wireResponse('t', [
    { partition: 0, records: good },
    { partition: 1, records: Buffer.alloc(0) }
  ])
  await read(responseFor('5'), alone)
  t.is(copied.length, 1)
})
