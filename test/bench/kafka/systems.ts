// Tailrace as `tailrace run` runs it, and kafkajs in the two ways in which anybody would use it: each message awaited, and one
// send of many awaited, for each partition at a time, before its offsets are committed.

import { type EachBatchPayload, Kafka, logLevel, Partitioners } from 'kafkajs'
import { Value } from 'typebox/value'
import { kafkaTargetSchema } from '../../../connectors/kafka/target/config.ts'
import { uniqueName } from '../../kafka.ts'
import type { PlainOptions } from '../against-plain.ts'
import { streamTo } from '../config.ts'
import { consumeEach } from '../plain-consumer.ts'
import { forwardAll } from '../service.ts'
import type { RunSystem } from '../stopwatch.ts'

export interface KafkaOptions extends Omit<PlainOptions, 'receiver'> {
  readonly to: { readonly brokers: string[]; readonly topic: string }
}

/** As many as a batch of the target holds. */
const { maxMessages: batch } = Value.Parse(
  kafkaTargetSchema,
  Value.Default(kafkaTargetSchema, { brokers: ['x:1'], topic: 'x' })
)

const tailrace: RunSystem<KafkaOptions> = (options, stopwatch) => {
  const kafka = Value.Default(kafkaTargetSchema, { ...options.to })
  return forwardAll({ ...options, stream: streamTo(options.topic, { kafka }) }, stopwatch)
}

async function producerTo({ brokers }: KafkaOptions['to']) {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner
  })
  await producer.connect()
  return producer
}

const each: RunSystem<KafkaOptions> = async (options, stopwatch) => {
  const producer = await producerTo(options.to)
  const { topic } = options.to
  const plain = { ...options, receiver: '' }
  const measured = await consumeEach(plain, stopwatch, (value, key) =>
    producer.send({ topic, acks: -1, messages: [{ key, value }] })
  )
  await producer.disconnect()
  return measured
}

const batches: RunSystem<KafkaOptions> = async (options, stopwatch) => {
  const producer = await producerTo(options.to)
  const { topic } = options.to
  const consumer = new Kafka({ brokers: options.brokers, logLevel: logLevel.NOTHING }).consumer({
    groupId: uniqueName('plain'),
    maxWaitTimeInMs: 200,
    maxBytesPerPartition: 512 * 1024
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
  let sent = 0
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch: read, heartbeat }: EachBatchPayload) => {
      stopwatch.start()
      for (let at = 0; at < read.messages.length; at += batch) {
        const slice = read.messages.slice(at, at + batch)
        const messages = slice.map(({ key, value, headers = {} }) => ({ key, value, headers }))
        await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages }] })
        const offset = String(Number(slice.at(-1)?.offset) + 1)
        await consumer.commitOffsets([{ topic: read.topic, partition: read.partition, offset }])
        await heartbeat()
        sent += slice.length
        if (sent >= options.messages) resolve()
      }
    }
    const partitionsConsumedConcurrently = options.partitions
    consumer.run({ autoCommit: false, partitionsConsumedConcurrently, eachBatch }).catch(reject)
  })
  return stopwatch.stop(sent, 0)
}

export const systems = { tailrace, 'kafkajs each': each, 'kafkajs batches': batches }
