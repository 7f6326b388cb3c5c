// Reads a topic of a real Kafka from its beginning by kafkajs with our decoding underneath, for tests and benchmarks.

import kafkajs, { type Kafka } from 'kafkajs'
import { installFetchDecoder } from '../../../../../../connectors/kafka/log/kafkajs/fetch/install.ts'
import type { FetchedBatch } from '../../../../../../connectors/kafka/log/kafkajs/fetch/types.ts'
import { uniqueName } from '../../../../../kafka.ts'

export interface ReadOptions {
  readonly topic: string
  /** Default: a new group. */
  readonly group?: string
  readonly checkCrc?: boolean
  /** Called with what one fetch returned of one partition; reading ends when it returns true. */
  onBatches(batches: readonly FetchedBatch[], partition: number): boolean
  /** Default: an error. Reading ends when it returns true. */
  onPositionLost?(partition: number, position: number): boolean
}

/** Resolves when `onBatches` returned true; rejects when something could not be decoded or the consumer crashed. */
export async function readTopic(kafka: Kafka, options: ReadOptions): Promise<void> {
  const { promise, resolve, reject } = withResolvers<void>()
  const consumer = kafka.consumer({
    groupId: options.group ?? uniqueName('read'),
    maxWaitTimeInMs: 200,
    maxBytesPerPartition: 512 * 1024,
    partitionAssigners: [
      config => {
        installFetchDecoder(config.cluster, {
          checkCrc: options.checkCrc ?? false,
          onCorrupt: (_partition, fault) => reject(fault),
          onPositionLost: ({ partition }, position) => {
            if (options.onPositionLost === undefined) reject(new Error(`position ${position} is lost`))
            else if (options.onPositionLost(partition, position)) resolve()
          }
        })
        return kafkajs.PartitionAssigners.roundRobin(config)
      }
    ]
  })
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) reject(payload.error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 6,
      eachBatch: async ({ batch }) => {
        // What our decoder puts in the place of kafkajs' messages.
        const batches = batch.messages as unknown as readonly FetchedBatch[]
        if (options.onBatches(batches, batch.partition)) resolve()
      }
    })
    await promise
  } finally {
    await consumer.disconnect()
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
