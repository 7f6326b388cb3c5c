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
    maxMessages: count('Packets written at most before all of them have to be answered.', 100),
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
