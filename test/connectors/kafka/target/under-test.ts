// The Kafka target under the conformance suite, with the cluster that misbehaves to order.

import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaTarget } from '../../../../connectors/kafka/index.ts'
import {
  KafkaDouble,
  type ProducedPart,
  type ProducedRecord,
  type ProduceReply
} from '../../../../connectors/kafka/target/double/double.ts'
import { idOf } from '../../../conformance/fleet.ts'
import { Ordered } from '../../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, Order, TargetUnderTest } from '../../../conformance/target.ts'
import { settingsFor, topic, username } from './suite.ts'

const messageTooLarge = 10
const topicAuthorizationFailed = 29
const unknownTopic = 3
const invalidRecord = 87

/** One, since the suite looks at the order of a batch; partitions.test.ts has many. */
const partitions = 1

export const underTest: TargetUnderTest = {
  name: 'kafka',
  definition: kafkaTarget,
  start,
  settings: settingsFor,
  lacks: {
    throttle:
      'Kafka never refuses a message because there are too many: it stores and confirms it, and reads nothing more of the client for a while',
    'throttle with time': 'the time that it tells comes with a confirmation, and the client keeps to it'
  }
}

async function start({ credential, tls }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const isForbidden = () => ordered.order.kind === 'refuse address'
  const double = new KafkaDouble({
    clock: systemClock,
    ...(tls !== undefined && { tls }),
    account: { username, password: credential },
    partitionsOf: name => {
      if (isForbidden()) return { error: topicAuthorizationFailed }
      return name === topic ? partitions : { error: unknownTopic }
    },
    ledger: records => ordered.received(...records.map(bytesOf)),
    confirmed: records => ordered.confirmed(...records.map(bytesOf)),
    reply: () => {
      const reply = replyTo(ordered.order, ordered.sinceOrder)
      if (reply.kind === 'hangUp' || (reply.kind === 'answer' && reply.isCut)) ordered.begin()
      return reply
    }
  })
  await double.start()
  return ordered.dress(double)
}

const bytesOf = ({ value }: ProducedRecord) => value ?? Buffer.alloc(0)

/** What the order means for a request with which so many messages have come since it was given. */
function replyTo(order: Order, sinceOrder: number): ProduceReply {
  if (order.kind === 'confirm') return { kind: 'answer', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return { kind: 'hold' }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'hold' : 'hangUp' }
  if (order.kind === 'part') return { kind: 'answer', isCut: true }
  return { kind: 'answer', errorOf: part => errorOf(order, part) }
}

function errorOf(order: Order, { bytes, records }: ProducedPart): number {
  if (order.kind === 'refuse address') return topicAuthorizationFailed
  if (order.kind === 'limit') return bytes > order.maxBytes ? messageTooLarge : 0
  if (order.kind !== 'refuse') return 0
  return records.some(record => idOf(bytesOf(record)) === order.id) ? invalidRecord : 0
}
