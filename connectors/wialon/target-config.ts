// The configuration of the Wialon Retranslator target: what may be set, the defaults, and what each field means.
// The protocol knows neither TLS nor credentials, so there is nothing secret in it.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, milliseconds } from '../../schemas/define.ts'
import { fieldRulesSchema } from '../shared/wialon/rules.ts'

export const wialonTargetSchema = Type.Object(
  {
    host: Type.String({
      description: 'Where the receiver listens: a name or an IP address.',
      pattern: '^([^\\s/:]+|[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F.:]*)$',
      'x-expects': 'a host name or an IP address, without a port',
      'x-public': true,
      examples: ['wialon.example.com']
    }),
    port: Type.Integer({ description: 'The TCP port of the receiver.', minimum: 1, maximum: 65_535 }),
    fields: fieldRulesSchema,
    acks: Type.Enum(['per-packet', 'any', 'none'], {
      description:
        'When packets count as accepted: each one is answered; one answer for all that are open, which promises less; or they are sent, whatever becomes of them.',
      default: 'per-packet'
    }),
    ackBytes: Type.Enum(['0x11', 'any'], {
      description:
        'What counts as an answer with "acks: any": the byte of the protocol, or whatever is received.',
      default: '0x11'
    }),
    connections: count('Connections over which devices are spread; a device keeps to its own.', 1),
    maxMessages: count('Packets written at most before all of them have to be answered.', 500),
    maxBytes: bytes(
      'Size of the messages written together at most, as they lie in Kafka; a single larger one travels alone.',
      1_048_576
    ),
    connectTimeoutMs: milliseconds('Until the connection stands.', 10_000),
    answerTimeoutMs: milliseconds(
      'From the writing of the packets until the last of them is answered.',
      30_000
    )
  },
  {
    additionalProperties: false,
    description: 'Sends messages to a Wialon Retranslator 1.0 receiver over TCP.'
  }
)

export type WialonTargetConfig = Frozen<Static<typeof wialonTargetSchema>>
