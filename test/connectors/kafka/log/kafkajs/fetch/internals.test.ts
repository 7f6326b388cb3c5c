// The guard of what install.ts takes for granted about the inside of kafkajs. When it fails after an upgrade, read the
// named file of kafkajs again before changing the expectation.

import { createRequire } from 'node:module'
import test from 'ava'
import { kafkajsResponse } from './oracle.ts'
import { wireBatch, wireResponse } from './wire.ts'

const require = createRequire(import.meta.url)
const sourceOf = (path: string, part: { prototype: object }, method: string) => {
  const found = Object.getOwnPropertyDescriptor(part.prototype, method)?.value
  return typeof found === 'function' ? String(found).replaceAll(/\s+/g, ' ') : `${path} has no ${method}`
}

test('kafkajs is the version whose inside we know', t => {
  t.is(require('kafkajs/package.json').version, '2.2.4')
})

test('a consumer finds brokers by cluster.findBroker and fetches by broker.fetch', t => {
  const ConsumerGroup = require('kafkajs/src/consumer/consumerGroup')
  const fetch = sourceOf('consumerGroup', ConsumerGroup, 'fetch')
  t.true(fetch.includes('const broker = await this.cluster.findBroker({ nodeId })'))
  t.true(fetch.includes('const { responses } = await broker.fetch({'))
  t.true(fetch.includes('return new Batch(topicName, fetchedOffset, partitionData)'))
  t.true(fetch.includes('fetchOffset: this.offsetManager.nextOffset(topic, partition).toString()'))
})

test('a broker looks its Fetch request up by API key 1 and sets its lookup anew on connecting', t => {
  const Broker = require('kafkajs/src/broker')
  t.is(require('kafkajs/src/protocol/requests/apiKeys').Fetch, 1)
  const fetch = sourceOf('broker', Broker, 'fetch')
  t.true(fetch.includes('const fetch = this.lookupRequest(apiKeys.Fetch, requests.Fetch)'))
  t.true(fetch.includes('topics: consolidatedTopicPartitions'))
  t.true(sourceOf('broker', Broker, 'connect').includes('this.lookupRequest = lookup(this.versions)'))
})

test('a connection decodes and then parses a response by the request that it was given', t => {
  const Connection = require('kafkajs/src/network/connection')
  const send = sourceOf('connection', Connection, 'send')
  t.true(send.includes('async send({ request, response, requestTimeout = null'))
  t.true(send.includes('const payloadDecoded = await response.decode(payload)'))
  t.true(send.includes('const data = await response.parse(payloadDecoded)'))
})

test('fetches have a connection of their own', t => {
  const Pool = require('kafkajs/src/network/connectionPool')
  t.true(sourceOf('connectionPool', Pool, 'getConnectionByRequest').includes('[apiKeys.Fetch]: 1'))
})

test('a connection keeps the rest of a response as a piece of the next, also when it is empty', t => {
  const Connection = require('kafkajs/src/network/connection')
  const processData = sourceOf('connection', Connection, 'processData')
  t.true(processData.includes('this.chunks.length > 1 ? Buffer.concat(this.chunks) : this.chunks[0]'))
  t.true(processData.includes('this.chunks = [remainderBuffer]'))
  const Broker = require('kafkajs/src/broker')
  t.true(String(Broker).includes('this.connectionPool = connectionPool'))
})

test('version 11 is the newest Fetch that kafkajs speaks, and read committed its default', t => {
  const { versions, protocol } = require('kafkajs/src/protocol/requests/fetch')
  t.is(versions.at(-1), '11')
  const { request, response } = protocol({ version: 11 })({ topics: [], maxWaitTime: 1 })
  t.is(request.apiVersion, 11)
  t.deepEqual(Object.keys(response).toSorted(), ['decode', 'parse'])
  t.is(require('kafkajs/src/protocol/isolationLevel').READ_COMMITTED, 1)
})

test('a decoded response has the shape that we build', async t => {
  const record = { offsetDelta: 0, timestampDelta: 0, key: null, value: null }
  const records = wireBatch({ baseOffset: 0, lastOffsetDelta: 0, records: [record] })
  const decoded = await kafkajsResponse.decode(wireResponse('t', [{ partition: 0, records }]))
  const keys = (value: object | undefined) => Object.keys(value ?? {}).toSorted()
  t.deepEqual(keys(decoded), [
    'clientSideThrottleTime',
    'errorCode',
    'responses',
    'sessionId',
    'throttleTime'
  ])
  t.deepEqual(keys(decoded.responses[0]), ['partitions', 'topicName'])
  t.deepEqual(keys(decoded.responses[0]?.partitions[0]), [
    'abortedTransactions',
    'errorCode',
    'highWatermark',
    'lastStableOffset',
    'lastStartOffset',
    'messages',
    'partition',
    'preferredReadReplica'
  ])
})
