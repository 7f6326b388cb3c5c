// The configuration of the MQTT target: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { tlsSchema } from '../../schemas/config.ts'
import { bytes, count, milliseconds, portPattern, secret } from '../../schemas/define.ts'

/** A text of MQTT is at most 65,535 bytes long, and a character takes up to four of them. */
const maxTextLength = 16_383

const text = (description: string) => Type.String({ description, minLength: 1, maxLength: maxTextLength })

export const mqttTargetSchema = Type.Object(
  {
    url: Type.String({
      description: 'The broker: mqtt://host:port, or mqtts:// for TLS. Default ports: 1883 and 8883.',
      pattern: `^mqtts?://([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?/?$`,
      examples: ['mqtts://broker.example.com'],
      'x-expects': 'mqtt://host:port or mqtts://host:port, without user name and password',
      'x-public': true
    }),
    topic: Type.String({
      description: 'The topic that messages are published to.',
      minLength: 1,
      maxLength: maxTextLength,
      pattern: '^[^#+\\u0000]+$',
      examples: ['fleet/telemetry'],
      'x-expects': 'the name of a topic, without # and +',
      'x-public': true
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
    maxInFlight: Type.Integer({
      description: 'Messages sent and not yet confirmed at most; the broker may allow fewer.',
      default: 100,
      minimum: 1,
      maximum: 65_535
    }),
    maxMessages: count('Messages in one batch at most.', 100),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 1_048_576),
    batchesInFlight: count('Batches at the same time, all on one connection.', 16),
    connectTimeoutMs: milliseconds('Until the broker has accepted the connection, TLS included.', 10_000),
    ackTimeoutMs: milliseconds('From sending a message until the broker has confirmed it.', 30_000)
  },
  { additionalProperties: false, description: 'Publishes each message to an MQTT broker, with QoS 1.' }
)

export type MqttTargetConfig = Static<typeof mqttTargetSchema>
