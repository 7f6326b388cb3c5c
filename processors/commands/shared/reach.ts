// The first contact of a command with Kafka. What follows it is patient with a broker that moves or hangs; but whoever sits
// in front of a terminal is to hear soon that none is there at all.

import { systemClock } from '../../../connectors/clock.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import type { Config } from '../../../schemas/config.ts'

/** For one attempt at each broker, and another. */
const patienceMs = 8_000
/** Silence after which a person is told what is waited for. */
const quietMs = 2_000

/** Resolves once Kafka has answered. Rejects with `kafka_unreachable` or `kafka_unauthorized` within some 10 s. */
export async function reachKafka({ kafka }: Pick<Config, 'kafka'>): Promise<void> {
  const admin = kafkaLog(kafka, { log: () => {}, clock: systemClock, patienceMs }).admin()
  const cancel = systemClock.after(quietMs, () => {
    if (process.stderr.isTTY) process.stderr.write(`Waiting for Kafka at ${kafka.brokers.join(', ')}\n`)
  })
  try {
    await admin.brokers()
  } finally {
    cancel()
    await admin.close()
  }
}
