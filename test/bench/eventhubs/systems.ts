// Tailrace as `tailrace run` runs it, and the SDK: each message sent and awaited, and its own batches, filled and sent one after
// the other, without a partition key, as that is how they become large.

import { EventHubProducerClient } from '@azure/event-hubs'
import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs'
import { Value } from 'typebox/value'
import { eventHubsTargetSchema } from '../../../connectors/event-hubs/target-config.ts'
import { uniqueName } from '../../kafka.ts'
import type { PlainOptions } from '../against-plain.ts'
import { streamTo } from '../config.ts'
import type { Measurement } from '../measure.ts'
import { consumeEach } from '../plain-consumer.ts'
import { forwardAll } from '../service.ts'
import type { RunSystem, Stopwatch } from '../stopwatch.ts'

const contentType = 'application/json'

const tailraceWith =
  (settings: object): RunSystem<PlainOptions> =>
  (options, stopwatch) => {
    const eventHubs = Value.Default(eventHubsTargetSchema, {
      connectionString: options.receiver,
      ...settings
    })
    return forwardAll({ ...options, stream: streamTo(options.topic, { eventHubs }) }, stopwatch)
  }

const plain: RunSystem<PlainOptions> = async (options, stopwatch) => {
  const client = new EventHubProducerClient(options.receiver)
  await client.createBatch()
  const measured = await consumeEach(options, stopwatch, body =>
    client.sendBatch([{ body, contentType }], { partitionKey: identOf(body) })
  )
  await client.close()
  return measured
}

const batches: RunSystem<PlainOptions> = async (options, stopwatch) => {
  const client = new EventHubProducerClient(options.receiver)
  await client.createBatch()
  const measured = await consumeBatches(options, stopwatch, async values => {
    let batch = await client.createBatch()
    for (const body of values) {
      if (batch.tryAdd({ body, contentType })) continue
      await client.sendBatch(batch)
      batch = await client.createBatch()
      batch.tryAdd({ body, contentType })
    }
    if (batch.count > 0) await client.sendBatch(batch)
  })
  await client.close()
  return measured
}

/** The batches of kafkajs, each confirmed before the next. */
async function consumeBatches(
  { brokers, topic, messages }: PlainOptions,
  stopwatch: Stopwatch,
  send: (values: readonly Buffer[]) => Promise<void>
): Promise<Measurement> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: uniqueName('plain'), maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let sent = 0
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: EachBatchPayload) => {
      const values = batch.messages.flatMap(({ value }) => value ?? [])
      if (sent >= messages) return
      stopwatch.start()
      await send(values)
      bytes += values.reduce((sum, value) => sum + value.length, 0)
      sent += values.length
      if (sent >= messages) resolve()
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  return stopwatch.stop(sent, bytes)
}

function identOf(body: Buffer): string {
  return body.toString('latin1', 10, body.indexOf('"', 10))
}

export const systems = {
  tailrace: tailraceWith({}),
  'tailrace, 16 keys': tailraceWith({ partitionKeys: 16 }),
  plain,
  'SDK batches': batches
}
