// The Kafka target against the contract of targets, with Apache Kafka: what real brokers make of it. What arrives is read from
// the topic.

import test from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaTarget } from '../../../../connectors/kafka/index.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { certificates, rightCredential } from '../../../conformance/fleet.ts'
import { confirmOnly, startBehind } from '../../../conformance/target/relay.ts'
import { type Double, type DoubleOptions, targetSuite } from '../../../conformance/target.ts'
import { startApache, Tail } from './apache.ts'
import { settingsFor, topic, username } from './suite.ts'

const notOrdered = 'Apache Kafka does not misbehave to order'

const apache = await startApache({ username, password: rightCredential, certificates })
const log = kafkaLog(
  { brokers: apache.kafka.brokers, clientId: 'ledger' },
  { clock: systemClock, log: () => {} }
)
const admin = log.admin()
await admin.createTopic({ name: topic, partitions: 1, replication: 1, settings: {} })
await admin.close()
test.after.always(() => apache.stop())

targetSuite(test.serial, {
  name: 'kafka with Apache Kafka',
  definition: kafkaTarget,
  start,
  settings: settingsFor,
  lagMs: 10_000, // the ledger is read from the topic
  lacks: {
    address: notOrdered,
    refusal: notOrdered,
    'size limit': notOrdered,
    throttle: notOrdered,
    'throttle with time': notOrdered,
    hang: notOrdered,
    late: notOrdered,
    drop: notOrdered,
    part: notOrdered
  }
})

/** The brokers run on; an outage is one of the relay in front of them. */
async function start({ tls }: DoubleOptions): Promise<Double> {
  const kind = tls === undefined ? 'plain' : 'tls'
  const tail = new Tail(log, topic)
  return startBehind(apache.relays[kind], {
    received: () => tail.values,
    order: confirmOnly('Apache Kafka'),
    start: async () => {
      await tail.start()
      return { port: apache.ports[kind], stop: () => tail.stop() }
    }
  })
}
