// Our decoding against what Apache Kafka itself writes: its own compression, its transactions, its compaction.

import test from 'ava'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { createKafka } from '../../../../../../connectors/kafka/log/kafkajs/client.ts'
import type { FetchedBatch } from '../../../../../../connectors/kafka/log/kafkajs/fetch/types.ts'
import { testBrokers, uniqueName } from '../../../../../kafka.ts'
import { linesOf } from './oracle.ts'
import { readTopic } from './reading.ts'

const kafka: Kafka = createKafka({ brokers: testBrokers(), clientId: 'test' }, () => {})
const { DefaultPartitioner } = kafkajs.Partitioners

async function createTopic(settings: Readonly<Record<string, string>>): Promise<string> {
  const topic = uniqueName('decoder')
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
  await withAdmin(admin => admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] }))
  return topic
}

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Reads up to the end of the topic's one partition: offset, key and value of every record. */
async function readAll(topic: string, checkCrc = true) {
  const [end] = await withAdmin(admin => admin.fetchTopicOffsets(topic))
  const batches: FetchedBatch[] = []
  await readTopic(kafka, {
    topic,
    checkCrc,
    onBatches: fetched => {
      batches.push(...fetched)
      return Number(fetched.at(-1)?.offset) >= Number(end?.high) - 1
    }
  })
  const text = (base64: string | null) => base64 && Buffer.from(base64, 'base64').toString()
  return linesOf(batches).map(line => {
    const [offset, timestampMs, key, value, headers] = JSON.parse(line)
    return { offset, timestampMs, key: text(key), value: text(value), headers }
  })
}

/** Telling values, long and compressible. */
const valueAt = (index: number) => `${index} ${'tailrace '.repeat(index % 50)}`

for (const compression of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`what Kafka itself stores as ${compression} arrives as it was sent`, async t => {
    const topic = await createTopic({
      'compression.type': compression,
      'message.timestamp.type': 'LogAppendTime'
    })
    const producer = kafka.producer({ createPartitioner: DefaultPartitioner })
    await producer.connect()
    const before = Date.now()
    for (let round = 0; round < 10; round++) {
      const messages = Array.from({ length: 500 }, (_, index) => ({
        key: `key ${index}`,
        value: valueAt(round * 500 + index),
        headers: { round: String(round) },
        timestamp: '1'
      }))
      await producer.send({ topic, messages })
    }
    await producer.disconnect()
    const records = await readAll(topic)
    t.deepEqual(
      records.map(({ offset, key, value }) => [offset, key, value]),
      Array.from({ length: 5_000 }, (_, index) => [index, `key ${index % 500}`, valueAt(index)])
    )
    t.deepEqual(records[4_999]?.headers, [['round', Buffer.from('9').toString('base64')]])
    t.true(records.every(({ timestampMs }) => timestampMs >= before && timestampMs <= Date.now()))
  })
}

test('the messages of an aborted transaction are not handed out, and the position passes them', async t => {
  const topic = await createTopic({})
  const producer = kafka.producer({
    createPartitioner: DefaultPartitioner,
    transactionalId: uniqueName('transaction'),
    maxInFlightRequests: 1,
    idempotent: true
  })
  await producer.connect()
  for (const [index, end] of (['commit', 'abort', 'commit', 'abort'] as const).entries()) {
    const transaction = await producer.transaction()
    for (const part of ['first', 'second']) {
      await transaction.send({ topic, messages: [{ value: `${end} ${index} ${part}` }] })
    }
    await transaction[end]()
  }
  await producer.disconnect()
  const values = (await readAll(topic)).map(({ value }) => value)
  t.deepEqual(values, ['commit 0 first', 'commit 0 second', 'commit 2 first', 'commit 2 second'])
})

test('reading passes the holes that compaction left', async t => {
  const topic = await createTopic({
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.001',
    'segment.ms': '100',
    'max.compaction.lag.ms': '100',
    'delete.retention.ms': '100'
  })
  const producer = kafka.producer({ createPartitioner: DefaultPartitioner })
  await producer.connect()
  const newest = new Map<string, string>()
  let sent = 0
  const send = () => {
    const messages = Array.from({ length: 100 }, () => {
      const message = { key: `key ${sent % 37}`, value: `${sent++}` }
      newest.set(message.key, message.value)
      return message
    })
    return producer.send({ topic, messages })
  }
  await send()
  // The cleaner works when it likes, on segments that are closed; writing closes them. Seconds, not minutes.
  let records = await readAll(topic)
  for (const deadline = Date.now() + 90_000; records.length === sent && Date.now() < deadline; ) {
    await send()
    records = await readAll(topic)
  }
  await producer.disconnect()
  t.true(records.length < sent, 'nothing was compacted')
  t.deepEqual(Object.fromEntries(records.map(({ key, value }) => [key, value])), Object.fromEntries(newest))
  const offsets = records.map(({ offset }) => offset)
  t.deepEqual(
    offsets,
    offsets.toSorted((a, b) => a - b)
  )
})

test('a position that Kafka no longer holds is told, and kafkajs does not jump', async t => {
  const topic = await createTopic({})
  const group = uniqueName('behind')
  const producer = kafka.producer({ createPartitioner: DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, messages: Array.from({ length: 10 }, (_, index) => ({ value: `${index}` })) })
  await producer.disconnect()
  await withAdmin(async admin => {
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '2' }] })
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '5' }] })
  })
  const told: number[] = []
  await readTopic(kafka, {
    topic,
    group,
    onBatches: () => {
      t.fail('something was read')
      return true
    },
    onPositionLost: (_partition, position) => told.push(position) === 3
  })
  t.deepEqual(told, [2, 2, 2], 'every fetch begins at the same position')
})
