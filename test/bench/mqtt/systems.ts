// Tailrace as `tailrace run` runs it, and mqtt.js that awaits each publish.

import { connectAsync } from 'mqtt'
import { Value } from 'typebox/value'
import { mqttTargetSchema } from '../../../connectors/mqtt/target-config.ts'
import type { PlainOptions } from '../against-plain.ts'
import { streamTo } from '../config.ts'
import { consumeEach } from '../plain-consumer.ts'
import { forwardAll } from '../service.ts'
import type { RunSystem } from '../stopwatch.ts'

const topic = 'fleet/telemetry'

const tailrace: RunSystem<PlainOptions> = (options, stopwatch) => {
  const mqtt = Value.Default(mqttTargetSchema, { url: options.receiver, topic })
  return forwardAll({ ...options, stream: streamTo(options.topic, { mqtt }) }, stopwatch)
}

const plain: RunSystem<PlainOptions> = async (options, stopwatch) => {
  const client = await connectAsync(options.receiver, { protocolVersion: 5 })
  const measured = await consumeEach(options, stopwatch, value =>
    client.publishAsync(topic, value, { qos: 1 })
  )
  await client.endAsync(true)
  return measured
}

export const systems = { tailrace, plain }
