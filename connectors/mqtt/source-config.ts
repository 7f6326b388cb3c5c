// The configuration of the MQTT source: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, milliseconds } from '../../schemas/define.ts'
import { maxMessageBytes } from '../../schemas/message.ts'
import { maxTextLength } from '../shared/mqtt/publish/config.ts'
import { keptOfLarge } from '../shared/mqtt/subscribe/frames.ts'
import { brokerFields } from './broker.ts'

const name = '[^/+#{}\\u0000]'
const level = `(\\+|\\{${name}+\\}|${name}*)`

const retrySchema = Type.Object(
  {
    minDelayMs: milliseconds(
      'Ceiling of the first back-off; the delay is random below it (full jitter).',
      500
    ),
    maxDelayMs: milliseconds('Ceiling of every back-off.', 30_000),
    haltedDelayMs: milliseconds('How often it is tried where the broker refuses this client.', 60_000)
  },
  { additionalProperties: false, description: 'How long to wait until the next connection.', default: {} }
)

export const mqttSourceConfig = Type.Object(
  {
    ...brokerFields,
    topics: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: maxTextLength,
        pattern: `^(?!\\$share/)(${level}/)*(${level}|#)$`,
        'x-expects':
          'a topic filter such as fleet/{ident}/+/telemetry or fleet/#, in which +, {name} and # are levels of their own',
        'x-public': true
      }),
      {
        description:
          'What to subscribe to: topic filters. A level may be {name} in place of +: what stands there becomes that field of the message, in place of its own.',
        minItems: 1,
        maxItems: 1_000,
        uniqueItems: true,
        examples: [['fleet/{ident}/telemetry']]
      }
    ),
    formerTopics: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: maxTextLength,
        pattern: `^(\\$share/[^/+#\\u0000]+/)?(${level}/)*(${level}|#)$`,
        'x-expects': 'a topic filter such as fleet/# or $share/group/fleet/+/telemetry',
        'x-public': true
      }),
      {
        description:
          'What an earlier configuration subscribed to and this one does not: it is unsubscribed, since the broker keeps it in the session. With $share/group/ before it where there was a shareGroup.',
        maxItems: 1_000,
        default: [],
        examples: [['fleet/#', '$share/tailrace/boats/+']]
      }
    ),
    shareGroup: Type.Optional(
      Type.String({
        description:
          'The group whose members divide the messages (shared subscription); every process needs a clientId of its own. Without it each process gets every message.',
        pattern: '^[^/+#\\u0000]+$',
        maxLength: 1_000,
        'x-expects': 'a name without /, + and #',
        'x-public': true
      })
    ),
    clientId: Type.String({
      description:
        'The name under which the broker keeps what has not been acknowledged. It must stay the same over restarts, and no two connections may share it: "tailrace-fleet-${env:HOSTNAME}".',
      minLength: 1,
      maxLength: maxTextLength,
      'x-public': true
    }),
    sessionExpirySeconds: Type.Integer({
      description:
        'How long the broker keeps the session, with what comes for it, while nobody is connected (MQTT 5).',
      default: 604_800,
      minimum: 60,
      maximum: 4_294_967_295
    }),
    identField: Type.Optional(
      Type.String({
        description:
          'The field of a message that is its ident, if it is not called ident and not in the topic.',
        minLength: 1,
        examples: ['device.imei']
      })
    ),
    retained: Type.Enum(['ignore', 'take'], {
      description:
        'Messages that the broker had kept (retained) from before the subscription: they may be of any age.',
      default: 'ignore'
    }),
    maxInFlight: Type.Integer({
      description:
        'Messages taken and not yet acknowledged at most; in MQTT 5 the broker is told (Receive Maximum).',
      default: 1_000,
      minimum: 1,
      maximum: 65_535
    }),
    maxPacketBytes: bytes(
      'Bytes of a PUBLISH that are taken; of a larger one the beginning is set aside. A quarter of memory.maxBytes is for all sources.',
      8_388_608,
      keptOfLarge
    ),
    maxMessages: count('Messages in one payload that is an array.', 10_000),
    maxMessageBytes: bytes(
      'Bytes of one message as it is sent. The topic’s max.message.bytes must leave room for it.',
      maxMessageBytes
    ),
    connectTimeoutMs: milliseconds('Until the broker has accepted the connection, TLS included.', 10_000),
    retry: retrySchema
  },
  { additionalProperties: false, description: 'Subscribes to topics of an MQTT broker.' }
)

export type MqttSourceConfig = Frozen<Static<typeof mqttSourceConfig>>
