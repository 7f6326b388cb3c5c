// The configuration of the Kafka target: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { kafkaFields } from '../../../schemas/config.ts'
import { bytes, count, milliseconds } from '../../../schemas/define.ts'

export const kafkaTargetSchema = Type.Object(
  {
    ...kafkaFields,
    topic: Type.String({
      description:
        'The topic that messages are appended to. {ident} and other fields of messages may stand in it. It must exist.',
      pattern: '^([a-zA-Z0-9._-]|\\{[A-Za-z_][A-Za-z0-9_.-]*\\})+$',
      maxLength: 1_024,
      examples: ['fleet', 'fleet.{customer}'],
      'x-expects': 'a topic name of letters, digits, dots, dashes and underscores, with {field} for fields',
      'x-public': true
    }),
    key: Type.Optional(
      Type.String({
        description: 'The key: a text with {field} for fields of the message. Default: the key that it has.',
        minLength: 1,
        examples: ['{vehicle.id}']
      })
    ),
    partition: Type.Enum(['key', 'keep'], {
      description:
        'The partition: by murmur2 of the key, as the clients of Kafka choose it (key), or the one with the number of the partition that the message was read from (keep).',
      default: 'key'
    }),
    headers: Type.Record(Type.String({ minLength: 1, maxLength: 1_024 }), Type.String(), {
      description:
        'Headers to set, beside those that the message has. {field} stands for a field of the message and {@id} for its id.',
      default: {},
      additionalProperties: false,
      examples: [{ source: 'depot-1', customer: '{customer}' }]
    }),
    keepTimestamps: Type.Boolean({
      description:
        'The record has the time that the message has in Kafka here, instead of the time of sending.',
      default: false
    }),
    compression: Type.Enum(['none', 'gzip'], {
      description: 'How the records of a partition in a batch are compressed.',
      default: 'none'
    }),
    maxMessages: count('Messages in one batch at most.', 500),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 262_144),
    batchesInFlight: count('Batches at the same time.', 16),
    connectTimeoutMs: milliseconds('Until a broker has accepted the connection and the credentials.', 10_000),
    ackTimeoutMs: milliseconds('From sending messages until their broker has confirmed them.', 30_000)
  },
  { additionalProperties: false, description: 'Appends messages to topics of a Kafka cluster.' }
)

export type KafkaTargetConfig = Static<typeof kafkaTargetSchema>
