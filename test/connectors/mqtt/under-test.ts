// What the contract of targets is taken with for MQTT: the broker that misbehaves to order, the suite's wishes as settings,
// and its orders as replies.

import { systemClock } from '../../../connectors/clock.ts'
import { mqttTarget } from '../../../connectors/mqtt/index.ts'
import {
  type ConnectReply,
  MqttDouble,
  type Published,
  type PublishReply
} from '../../../connectors/shared/mqtt/double.ts'
import { idOf } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, Order, TargetUnderTest, Wish } from '../../conformance/target.ts'

export const username = 'fleet'
export const topic = 'fleet/telemetry'

export const underTest: TargetUnderTest = {
  name: 'mqtt',
  definition: mqttTarget,
  start,
  settings: settingsFor,
  lacks: { 'throttle with time': 'MQTT has no word for when to come back' }
}

async function start({ credential, tls }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const double = new MqttDouble({
    clock: systemClock,
    ...(tls !== undefined && { tls }),
    connect: ({ password }) => connack(password?.toString() ?? '', credential, ordered.order),
    ...following(ordered)
  })
  await double.start()
  return ordered.dress(double)
}

function connack(given: string, credential: string, order: Order): ConnectReply {
  if (given !== credential)
    return { kind: 'connack', code: 0x86, properties: { reasonString: `no access for ${given}` } }
  const properties = order.kind === 'limit' ? { properties: { maximumPacketSize: order.maxBytes } } : {}
  return { kind: 'connack', code: 0, ...properties }
}

export function settingsFor({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  return {
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://${host}:${port}`,
    topic,
    username,
    password: credential,
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs,
    ...(tls !== undefined && { tls })
  }
}

/** What a double is told so that it follows. */
export function following(ordered: Ordered) {
  return {
    ledger: ({ payload }: Published) => ordered.received(payload),
    confirmed: ({ payload }: Published) => ordered.confirmed(payload),
    reply: (message: Published): PublishReply => {
      const reply = replyTo(message, ordered.order, ordered.sinceOrder)
      if (reply.kind === 'hangUp') ordered.begin()
      return reply
    }
  }
}

/** What the order means for the message that is the `sinceOrder`th under it. */
function replyTo({ payload }: Published, order: Order, sinceOrder: number): PublishReply {
  if (order.kind === 'confirm') return { kind: 'puback', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return { kind: 'hold' }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'hold' : 'hangUp' }
  if (order.kind === 'part') return { kind: sinceOrder <= order.messages ? 'puback' : 'hangUp' }
  if (order.kind === 'throttle') return { kind: 'puback', code: 0x97 }
  if (order.kind === 'refuse address') return { kind: 'puback', code: 0x87 }
  const isRefused = order.kind === 'refuse' && idOf(payload) === order.id
  return isRefused ? { kind: 'puback', code: 0x99, text: 'not to our taste' } : { kind: 'puback' }
}
