// The MQTT target against the contract of targets, with the broker that misbehaves to order.

import test from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { mqttTarget } from '../../../connectors/mqtt/index.ts'
import {
  type ConnectReply,
  MqttDouble,
  type Published,
  type PublishReply
} from '../../../connectors/shared/mqtt/double.ts'
import { idOf } from '../../conformance/fleet.ts'
import { type Double, type DoubleOptions, type Order, targetSuite } from '../../conformance/target.ts'
import { settingsFor } from './settings.ts'

targetSuite(test.serial, {
  name: 'mqtt',
  definition: mqttTarget,
  start,
  settings: settingsFor,
  lacks: { 'throttle with time': 'MQTT has no word for when to come back' }
})

async function start({ credential, tls }: DoubleOptions): Promise<Double> {
  const received: Buffer[] = []
  const confirmed: Buffer[] = []
  let order: Order = { kind: 'confirm' }
  let sinceOrder = 0
  const double = new MqttDouble({
    clock: systemClock,
    ...(tls !== undefined && { tls }),
    connect: ({ password }) => connack(password?.toString() ?? '', credential, order),
    ledger: ({ payload }) => {
      received.push(payload)
      sinceOrder++
    },
    confirmed: ({ payload }) => void confirmed.push(payload),
    reply: message => {
      const reply = replyTo(message, order, sinceOrder)
      if (reply.kind === 'hangUp') sinceOrder = 0
      return reply
    }
  })
  await double.start()
  return Object.assign(double, {
    order: (next: Order) => {
      order = next
      sinceOrder = 0
    },
    received: () => received,
    confirmed: () => confirmed
  })
}

function connack(given: string, credential: string, order: Order): ConnectReply {
  if (given !== credential)
    return { kind: 'connack', code: 0x86, properties: { reasonString: `no access for ${given}` } }
  const properties = order.kind === 'limit' ? { properties: { maximumPacketSize: order.maxBytes } } : {}
  return { kind: 'connack', code: 0, ...properties }
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
