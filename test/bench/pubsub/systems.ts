// Tailrace as `tailrace run` runs it, and Google's client with an ordering key for each device: each message awaited, or
// all of them given to it without awaiting any.

import { PubSub } from '@google-cloud/pubsub'
import { Value } from 'typebox/value'
import { pubsubTargetSchema } from '../../../connectors/pubsub/target-config.ts'
import type { PlainOptions } from '../against-plain.ts'
import { streamTo } from '../config.ts'
import { consumeEach } from '../plain-consumer.ts'
import { forwardAll } from '../service.ts'
import type { RunSystem } from '../stopwatch.ts'

const projectId = 'acme-prod'
const name = 'telemetry'

const tailrace: RunSystem<PlainOptions> = (options, stopwatch) => {
  const settings = { project: projectId, topic: name, emulator: options.receiver }
  const pubsub = Value.Default(pubsubTargetSchema, settings)
  return forwardAll({ ...options, stream: streamTo(options.topic, { pubsub }) }, stopwatch)
}

function clientOf({ receiver }: PlainOptions) {
  const client = new PubSub({ projectId, apiEndpoint: receiver, emulatorMode: true })
  const topic = client.topic(name, { messageOrdering: true })
  const publish = (data: Buffer, key: Buffer | null) =>
    topic.publishMessage({ data, orderingKey: key?.toString() ?? '' })
  return { client, publish }
}

const plain: RunSystem<PlainOptions> = async (options, stopwatch) => {
  const { client, publish } = clientOf(options)
  const measured = await consumeEach(options, stopwatch, publish)
  await client.close()
  return measured
}

const batching: RunSystem<PlainOptions> = async (options, stopwatch) => {
  const { client, publish } = clientOf(options)
  const published: Promise<string>[] = []
  const { messages, bytes } = await consumeEach(options, stopwatch, async (data, key) => {
    published.push(publish(data, key))
  })
  await Promise.all(published)
  const measured = stopwatch.stop(messages, bytes)
  await client.close()
  return measured
}

export const systems = { tailrace, plain, batching }
