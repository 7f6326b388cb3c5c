// The configuration of the MQTT target: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { tlsSchema } from '../../schemas/config.ts'
import { bytes, count, milliseconds, portPattern, secret } from '../../schemas/define.ts'
import { maxTextLength, publishFields } from '../shared/mqtt/publish/config.ts'

const host = `([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?`

const text = (description: string) => Type.String({ description, minLength: 1, maxLength: maxTextLength })

export const mqttTargetSchema = Type.Object(
  {
    url: Type.String({
      description:
        'The broker: mqtt://host:port, mqtts:// for TLS, or ws:// and wss:// with a path for a WebSocket. Default ports: 1883, 8883, 80 and 443.',
      pattern: `^(mqtts?://${host}/?|wss?://${host}(/[^\\s#]*)?)$`,
      examples: ['mqtts://broker.example.com', 'wss://broker.example.com/mqtt'],
      'x-expects':
        'mqtt://host:port, mqtts://host:port or wss://host:port/path, without user name and password',
      'x-public': true
    }),
    ...publishFields,
    qos: Type.Enum([0, 1, 2], {
      description:
        'What the broker confirms: 1 that it has the message, 2 the same in two steps, 0 nothing, and what is on its way when a connection is lost is lost.',
      default: 1
    }),
    version: Type.Enum(['5', '3.1.1'], { description: 'The version of MQTT to speak.', default: '5' }),
    clientId: Type.Optional(
      text('Who connects; no two connections may share it. Default: tailrace-<stream>-<random>.')
    ),
    username: Type.Optional(
      secret('The user name; some platforms take a token as one.', {
        pattern: '^.{1,16383}$',
        'x-expects': 'text on one line',
        'x-secret': 'perhaps'
      })
    ),
    password: Type.Optional(
      secret('The password; write ${env:NAME} or ${file:path}.', {
        pattern: '^.{1,16383}$',
        'x-expects': 'text on one line'
      })
    ),
    tls: Type.Optional(tlsSchema),
    connections: Type.Integer({
      description: 'Connections to the broker, over which devices are spread, each with a window of its own.',
      default: 1,
      minimum: 1,
      maximum: 1_000
    }),
    maxInFlight: Type.Integer({
      description: 'Messages sent and not yet confirmed on a connection at most; the broker may allow fewer.',
      default: 100,
      minimum: 1,
      maximum: 65_535
    }),
    maxMessages: count('Messages in one batch at most.', 100),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 1_048_576),
    batchesInFlight: count('Batches at the same time on a connection.', 16),
    connectTimeoutMs: milliseconds('Until the broker has accepted the connection, TLS included.', 10_000),
    ackTimeoutMs: milliseconds('From sending a message until the broker has confirmed it.', 30_000)
  },
  { additionalProperties: false, description: 'Publishes messages to an MQTT broker.' }
)

export type MqttTargetConfig = Static<typeof mqttTargetSchema>
