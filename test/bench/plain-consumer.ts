// kafkajs as anybody would use it first: one message after the other, each awaited, offsets committed as it does by
// itself.

import { Kafka, logLevel } from 'kafkajs'
import { uniqueName } from '../kafka.ts'
import type { PlainOptions } from './against-plain.ts'
import type { Measurement } from './measure.ts'
import type { Stopwatch } from './stopwatch.ts'

interface Keyed {
  readonly value: Buffer | null
  readonly key: Buffer | null
}

/** Sends all messages with `send`, and resolves with what that took from the first of them. */
export async function consumeEach(
  { brokers, topic, messages }: PlainOptions,
  stopwatch: Stopwatch,
  send: (value: Buffer, key: Buffer | null) => Promise<unknown>
): Promise<Measurement> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: uniqueName('plain'), maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let sent = 0
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message: { value, key } }: { message: Keyed }) => {
      if (value === null || sent >= messages) return
      stopwatch.start()
      await send(value, key)
      bytes += value.length
      if (++sent === messages) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  return stopwatch.stop(sent, bytes)
}
