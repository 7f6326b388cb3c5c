// What anybody would write first, and what Tailrace is measured against: kafkajs' eachBatch, one POST per slice of
// the batch, its offset committed, then the next slice. Order is kept because each partition waits for every answer.
// kafkajs is as it comes, with its own sockets: ours belong to what is measured.

import { type EachBatchPayload, Kafka, type KafkaMessage, logLevel } from 'kafkajs'
import { Pool } from 'undici'
import { uniqueName } from '../../kafka.ts'
import type { RunSystem } from '../stopwatch.ts'
import type { ForwardOptions } from './systems.ts'

export const plainLoop: RunSystem<ForwardOptions> = async (options, stopwatch) => {
  const url = new URL(options.url)
  const pool = new Pool(url.origin, { connections: options.partitions })
  const consumer = new Kafka({ brokers: options.brokers, logLevel: logLevel.NOTHING }).consumer({
    groupId: uniqueName('plain'),
    maxWaitTimeInMs: 200,
    maxBytesPerPartition: 512 * 1024
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
  let delivered = 0
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch, heartbeat }: EachBatchPayload) => {
      stopwatch.start()
      const { topic, partition, messages } = batch
      for (let at = 0; at < messages.length; at += options.batch) {
        const slice = messages.slice(at, at + options.batch)
        const body = bodyOf(slice)
        const { statusCode, body: answer } = await pool.request({
          path: url.pathname,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body
        })
        await answer.dump()
        if (statusCode >= 300) throw new Error(`status ${statusCode}`)
        const offset = String(Number(slice.at(-1)?.offset) + 1)
        await consumer.commitOffsets([{ topic, partition, offset }])
        await heartbeat()
        delivered += slice.length
        bytes += body.length
        if (delivered >= options.messages) resolve()
      }
    }
    const partitionsConsumedConcurrently = options.partitions
    consumer.run({ autoCommit: false, partitionsConsumedConcurrently, eachBatch }).catch(reject)
  })
  return stopwatch.stop(delivered, bytes)
}

function bodyOf(messages: readonly KafkaMessage[]): Buffer {
  const parts: Buffer[] = []
  for (const [at, { value }] of messages.entries()) {
    parts.push(at === 0 ? open : comma)
    if (value !== null) parts.push(value)
  }
  parts.push(close)
  return Buffer.concat(parts)
}

const open = Buffer.from('[')
const comma = Buffer.from(',')
const close = Buffer.from(']')
