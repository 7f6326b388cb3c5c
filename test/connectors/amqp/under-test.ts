// The AMQP target as the suite of targets takes it, with the broker that misbehaves to order.

import { AmqpDouble, type AmqpPublished, type AmqpReply } from '../../../connectors/amqp/double/double.ts'
import { amqpTarget } from '../../../connectors/amqp/index.ts'
import { systemClock } from '../../../connectors/clock.ts'
import { idOf } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, TargetUnderTest, Wish } from '../../conformance/target.ts'

export const username = 'fleet'
export const exchange = 'telemetry'

export const underTest: TargetUnderTest = {
  name: 'amqp',
  definition: amqpTarget,
  start,
  settings: settingsFor,
  lacks: {
    refusal:
      'no answer refuses one message: the broker closes the channel, and says in words only over which (target.test.ts)',
    'throttle with time': 'a basic.nack has no word for when to come back'
  }
}

export function settingsFor({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  return {
    url: `${tls === undefined ? 'amqp' : 'amqps'}://${host}:${port}`,
    exchange,
    routingKey: 'fleet',
    username,
    password: credential,
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs,
    ...(tls !== undefined && { tls })
  }
}

async function start({ credential, tls }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const double = new AmqpDouble({
    clock: systemClock,
    ...(tls !== undefined && { tls }),
    login: ({ password }) =>
      password === credential
        ? undefined
        : { code: 403, text: `ACCESS_REFUSED - Login was refused for ${password}` },
    exchange: name =>
      ordered.order.kind === 'refuse address'
        ? { code: 404, text: `NOT_FOUND - no exchange '${name}' in vhost '/'` }
        : undefined,
    maxMessageBytes: () =>
      ordered.order.kind === 'limit' ? ordered.order.maxBytes : Number.POSITIVE_INFINITY,
    ledger: ({ body }) => ordered.received(body),
    confirmed: ({ body }) => ordered.confirmed(body),
    reply: message => {
      const reply = replyTo(message, ordered)
      if (reply.kind === 'hangUp') ordered.begin()
      return reply
    }
  })
  await double.start()
  return ordered.dress(double)
}

/** What the order means for the message that came last under it. */
function replyTo({ body }: AmqpPublished, { order, sinceOrder }: Ordered): AmqpReply {
  if (order.kind === 'confirm') return { kind: 'ack', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return { kind: 'hold' }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'hold' : 'hangUp' }
  if (order.kind === 'part') return { kind: sinceOrder <= order.messages ? 'ack' : 'hangUp' }
  if (order.kind === 'throttle') return { kind: 'nack' }
  if (order.kind === 'limit' || order.kind === 'refuse address') return { kind: 'ack' }
  throw new Error(`no order to ${order.kind} ${idOf(body)}`)
}
