import test from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { encodeBatch } from '../../../../../../connectors/kafka/log/kafkajs/produce/batch.ts'
import {
  createProduceCluster,
  produce
} from '../../../../../../connectors/kafka/log/kafkajs/produce/cluster.ts'
import { testBrokers, uniqueName } from '../../../../../kafka.ts'

test('a request tells for each partition whether it was stored, and when by the clock of Kafka', async t => {
  const kafka = new Kafka({ brokers: testBrokers(), logLevel: logLevel.NOTHING })
  const topic = uniqueName('produce')
  const admin = kafka.admin()
  await admin.connect()
  const configEntries = [
    { name: 'max.message.bytes', value: '1000' },
    { name: 'message.timestamp.type', value: 'LogAppendTime' }
  ]
  await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }], waitForLeaders: true })
  const cluster = createProduceCluster(kafka, asked => asked)
  await cluster.connect()
  await cluster.brokerPool.refreshMetadata([topic])
  const [nodeId = ''] = Object.keys(cluster.brokerPool.brokers)
  const broker = await cluster.brokerPool.findBroker({ nodeId })
  const part = (partition: number, bytes: number) => ({
    topic,
    partition,
    batch: encodeBatch([{ key: null, value: Buffer.alloc(bytes) }], Date.now())
  })
  const sentMs = Date.now()
  const storedMs: number[] = []
  const options = { timeoutMs: 5_000, stored: (atMs: number) => storedMs.push(atMs) }
  const answers = await produce(broker, [part(2, 10), part(0, 2_000), part(1, 10), part(7, 10)], options)
  t.is(storedMs.length, 2)
  t.true(storedMs.every(atMs => atMs >= sentMs && atMs <= Date.now()))
  t.deepEqual(
    answers.map(answer => (typeof answer === 'number' ? answer : Reflect.get(answer, 'type'))),
    [0, 'MESSAGE_TOO_LARGE', 0, 'UNKNOWN_TOPIC_OR_PARTITION']
  )
  const offsets = await admin.fetchTopicOffsets(topic)
  const ends = offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => high)
  t.deepEqual(ends, ['0', '1', '1'])
  await Promise.all([cluster.disconnect(), admin.disconnect()])
})
