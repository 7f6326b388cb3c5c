// The MQTT target against the contract of targets, with mosquitto: what a real broker makes of it. A subscriber sees
// what arrives; mosquitto confirms a message when it passes it on.

import test from 'ava'
import { connectAsync } from 'mqtt'
import { ownBytes } from '../../../connectors/kafka/log/own-bytes.ts'
import { mqttTarget } from '../../../connectors/mqtt/index.ts'
import { confirmOnly, Relay, startBehind } from '../../conformance/target/relay.ts'
import { type Double, type DoubleOptions, targetSuite } from '../../conformance/target.ts'
import { startMosquitto } from '../../mosquitto.ts'
import { settingsFor, topic, username } from './under-test.ts'

const notOrdered = 'mosquitto does not misbehave to order'

targetSuite(test.serial, {
  name: 'mqtt with mosquitto',
  definition: mqttTarget,
  start,
  settings: settingsFor,
  lagMs: 3_000, // the subscriber is told when the target is, or a moment later
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

/** Broker and subscriber are new after every stop(); the port of the relay in front of them stays. */
async function start(options: DoubleOptions): Promise<Double> {
  const received: Buffer[] = []
  return startBehind(new Relay(), {
    received: () => received,
    order: confirmOnly('mosquitto'),
    start: () => startBroker(options, payload => void received.push(ownBytes([payload])))
  })
}

async function startBroker({ credential, tls }: DoubleOptions, onMessage: (payload: Buffer) => void) {
  const broker = await startMosquitto({
    users: { [username]: credential },
    ...(tls !== undefined && { tls }),
    settings: ['max_queued_messages 0']
  })
  const as = { host: '127.0.0.1', port: broker.plainPort, username, password: credential }
  const subscriber = await connectAsync(as)
  subscriber.on('message', (_, payload) => onMessage(payload))
  await subscriber.subscribeAsync(topic, { qos: 1 })
  const stop = async () => {
    await subscriber.endAsync(true)
    await broker.stop()
  }
  return { port: broker.port, stop }
}
