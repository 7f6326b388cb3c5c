// Two ways to read a topic to its end and count what is in it: kafkajs alone, and the log port.

import { Kafka, logLevel } from 'kafkajs'
import { uniqueName } from '../../kafka.ts'
import { benchLog } from '../kafka.ts'
import type { RunSystem } from '../stopwatch.ts'

export interface ConsumeOptions {
  readonly brokers: string[]
  readonly topic: string
  readonly messages: number
}

const kafkajs: RunSystem<ConsumeOptions> = async ({ brokers, topic, messages }, stopwatch) => {
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
    groupId: uniqueName('bench'),
    maxWaitTimeInMs: 200 // else as it comes: 1 MiB of a partition to a fetch, as ours
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let read = 0
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    })
    const run = consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 6,
      eachBatch: async ({ batch }) => {
        stopwatch.start()
        read += batch.messages.length
        for (const { value } of batch.messages) bytes += value?.length ?? 0
        if (read >= messages) resolve()
      }
    })
    run.catch(reject)
  })
  return stopwatch.stop(read, bytes)
}

const tailrace: RunSystem<ConsumeOptions> = async ({ brokers, topic, messages }, stopwatch) => {
  const consumer = benchLog(brokers).consumer({
    group: uniqueName('bench'),
    topics: [topic],
    birthMs: () => 0,
    maxFetchBytes: () => 4 * 1024 * 1024
  })
  let read = 0
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    const start = consumer.start({
      onAssigned({ added }) {
        for (const partition of added) consumer.seek(partition, 0)
        consumer.resume(added)
      },
      onRevoking: async () => {},
      onRecords(chunk) {
        stopwatch.start()
        while (chunk.next()) {
          read++
          bytes += chunk.valueEnd - chunk.valueStart
        }
        if (read >= messages) resolve()
      },
      onPositionLost: partition => reject(new Error(`position lost in ${partition.partition}`)),
      onFault: reject,
      onRecovered() {}
    })
    start.catch(reject)
  })
  return stopwatch.stop(read, bytes)
}

export const systems = { kafkajs, tailrace }
