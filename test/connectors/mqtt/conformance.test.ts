// The MQTT target against the contract of targets, with the broker that misbehaves to order.

import test from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { mqttTarget } from '../../../connectors/mqtt/index.ts'
import { type ConnectReply, MqttDouble } from '../../../connectors/shared/mqtt/double.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import { type Double, type DoubleOptions, type Order, targetSuite } from '../../conformance/target.ts'
import { following, settingsFor } from './suite.ts'

targetSuite(test.serial, {
  name: 'mqtt',
  definition: mqttTarget,
  start,
  settings: settingsFor,
  lacks: { 'throttle with time': 'MQTT has no word for when to come back' }
})

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
