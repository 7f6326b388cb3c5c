// What reading a range does when fetches fail, which the log contract cannot order from a real Kafka.

import test from 'ava'
import type { Kafka } from 'kafkajs'
import { readRange } from '../../../../../../connectors/kafka/log/kafkajs/direct/read.ts'
import { ReadConnections } from '../../../../../../connectors/kafka/log/kafkajs/direct/read-connections.ts'
import { MemoryPartition } from '../../../../../../connectors/kafka/log/memory/topics.ts'
import { VirtualClock } from '../../../../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../../../../schemas/errors.ts'

/** A kafkajs with one partition of five records, two to a fetch; `fail` orders what a fetch throws. */
function setUp(fail: (fetch: number) => Error | undefined) {
  const clock = new VirtualClock()
  const partition = new MemoryPartition()
  for (let at = 0; at < 5; at++) partition.append([{ key: null, value: Buffer.from(`v${at}`) }], 0)
  const counts = { fetches: 0, opened: 0, closed: 0 }
  const fetch = async ({ topics }: { topics: { partitions: { fetchOffset: string }[] }[] }) => {
    const error = fail(counts.fetches++)
    if (error !== undefined) throw error
    const from = Number(topics[0]?.partitions[0]?.fetchOffset)
    const chunks = [from, from + 1].flatMap(offset => partition.read(offset) ?? [])
    const messages = chunks.map(chunk => ({
      offset: String(chunk.lastOffset),
      isControlRecord: false,
      chunk
    }))
    const read = { partition: 0, errorCode: 0, highWatermark: '5', messages }
    // As our decoder hands it on: read when it is asked for.
    return { read: async () => ({ responses: [{ topicName: 'dead', partitions: [read] }] }) }
  }
  const cluster = () => {
    counts.opened++
    return {
      connect: async () => {},
      disconnect: async () => void counts.closed++,
      addTargetTopic: async () => {},
      findLeaderForPartitions: () => ({ 1: [0] }),
      findBroker: async () => ({ fetch, lookupRequest: () => () => {}, connectionPool: { pool: [] } })
    }
  }
  // The part of kafkajs that is used, under the symbol by which it is found.
  const kafka = { [Symbol('createCluster')]: cluster } as unknown as Kafka
  const connections = new ReadConnections(kafka, clock)
  const read = async () => {
    const values: string[] = []
    const env = { connections, clock, patienceMs: 5_000 }
    for await (const { value } of readRange(env, whole)) values.push(String(value))
    return values
  }
  return { clock, counts, read, connections }
}

const whole = { topic: 'dead', partition: 0, from: 0, to: 5 }
const broken = () => new Error('the connection broke')

test('a connection is kept for the next who reads, and closed when nobody does for a while', async t => {
  const { clock, counts, read, connections } = setUp(() => undefined)
  await read()
  await read()
  t.like(counts, { opened: 1, closed: 0 })
  await clock.advance(31_000)
  t.like(counts, { opened: 1, closed: 1 })
  await read()
  await connections.close()
  t.like(counts, { opened: 2, closed: 2 })
})

test('a fetch that fails is repeated on a new connection, from where the reading was', async t => {
  const { clock, counts, read } = setUp(fetch => (fetch === 1 || fetch === 2 ? broken() : undefined))
  const reading = read()
  await clock.advance(1_000)
  t.deepEqual(await reading, ['v0', 'v1', 'v2', 'v3', 'v4'])
  t.deepEqual(counts, { fetches: 5, opened: 3, closed: 2 })
})

test('what goes on failing is given up as kafka_unreachable, and leaves nothing open', async t => {
  const { clock, counts, read } = setUp(fetch => (fetch === 0 ? undefined : broken()))
  const failing = t.throwsAsync(read(), { code: 'kafka_unreachable', message: /the connection broke/ })
  await clock.advance(10_000)
  await failing
  t.is(counts.opened, counts.closed)
  t.is(clock.waiting, 0)
})

test('what does not pass by waiting is told at once', async t => {
  const { counts, read } = setUp(() => new FaultError('kafka_unauthorized'))
  await t.throwsAsync(read(), { code: 'kafka_unauthorized' })
  t.deepEqual(counts, { fetches: 1, opened: 1, closed: 1 })
})
