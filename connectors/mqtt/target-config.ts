// The configuration of the MQTT target: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { bytes, count, milliseconds } from '../../schemas/define.ts'
import { maxTextLength, publishFields } from '../shared/mqtt/publish/config.ts'
import { brokerFields } from './broker.ts'

const text = (description: string) => Type.String({ description, minLength: 1, maxLength: maxTextLength })

export const mqttTargetSchema = Type.Object(
  {
    url: brokerFields.url,
    ...publishFields,
    qos: Type.Enum([0, 1, 2], {
      description:
        'What the broker confirms: 1 that it has the message, 2 the same in two steps, 0 nothing, and what is on its way when a connection is lost is lost.',
      default: 1
    }),
    version: brokerFields.version,
    clientId: Type.Optional(
      text('Who connects; no two connections may share it. Default: tailrace-<stream>-<random>.')
    ),
    username: brokerFields.username,
    password: brokerFields.password,
    tls: brokerFields.tls,
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
