// The MQTT source against the contract of sources, in both versions of the protocol.

import test from 'ava'
import { mqttSource } from '../../../connectors/mqtt/index.ts'
import { sourceSuite } from '../../conformance/source.ts'
import { openOutside } from './source/outside.ts'

const lacks = {
  listener: 'it connects to a broker, and listens for nobody',
  'many connections': 'each channel has one connection, whoever publishes',
  cut: 'who publishes has no connection with the source',
  'half-close': 'who publishes has no connection with the source',
  'single bytes': 'the broker sends whole messages',
  garbage: 'a broker that speaks no MQTT is tested in source/connection.test.ts',
  truncated: 'a broker sends whole messages, or ends the connection'
}

for (const version of ['5', '3.1.1'] as const)
  sourceSuite(test.serial, {
    name: `mqtt ${version}`,
    definition: mqttSource,
    open: options => openOutside(options, { version }),
    lacks
  })
