// The least that a test needs to see that a local Kafka takes records and keeps them.

import { Kafka, type KafkaConfig, logLevel, Partitioners } from 'kafkajs'

export type Access = Pick<KafkaConfig, 'brokers' | 'sasl' | 'ssl'>

const logging = { logLevel: logLevel.NOTHING }

/** Creates a topic with one partition on all nodes, whose records the nodes themselves compress. */
export async function createTopic(access: Access, topic: string, replicationFactor = 1): Promise<void> {
  const admin = new Kafka({ ...access, ...logging }).admin()
  await admin.connect()
  const configEntries = [{ name: 'compression.type', value: 'lz4' }]
  const spec = { topic, numPartitions: 1, replicationFactor, configEntries }
  await admin.createTopics({ topics: [spec], waitForLeaders: true })
  await admin.disconnect()
}

/** Appends one record, acknowledged by all in-sync copies. */
export async function append(access: Access, topic: string): Promise<void> {
  const kafka = new Kafka({ ...access, ...logging })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: [{ value: 'kept' }] })
  await producer.disconnect()
}

/** How many records the topic holds. */
export async function countRecords(access: Access, topic: string): Promise<number> {
  const admin = new Kafka({ ...access, ...logging }).admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return Number(partition?.high)
}

/** Rejects with what the broker answers to wrong credentials, and does not try again. */
export async function connectOnce(access: Access): Promise<void> {
  const admin = new Kafka({ ...access, ...logging, retry: { retries: 0 } }).admin()
  await admin.connect().finally(() => admin.disconnect())
}
