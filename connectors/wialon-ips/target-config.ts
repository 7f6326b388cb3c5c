// The configuration of the Wialon IPS target: what may be set, the defaults, and what each field means. Rendered into
// the JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, milliseconds, secret } from '../../schemas/define.ts'
import { fieldRulesSchema } from '../shared/wialon/rules.ts'

/** As many records as a black box may have. */
const maxRecords = 5_000

export const wialonIpsTargetSchema = Type.Object(
  {
    host: Type.String({
      description: 'Where the receiver listens: a name or an IP address.',
      pattern: '^([^\\s/:]+|[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F.:]*)$',
      'x-expects': 'a host name or an IP address, without a port',
      'x-public': true,
      examples: ['193.193.165.165']
    }),
    port: Type.Integer({ description: 'The TCP port of the receiver.', minimum: 1, maximum: 65_535 }),
    password: Type.Optional(
      secret('The password that all devices log in with; without it they have none.', {
        pattern: '^[^;\\r\\n]+$',
        'x-expects': 'text on one line, without a semicolon'
      })
    ),
    version: Type.Enum(['1.1', '2.0', '2.1'], {
      description: 'The version of the protocol: 1.1 has no check sums, 2.1 has fractions of a second.',
      default: '2.0'
    }),
    fields: fieldRulesSchema,
    connections: count('Connections at most, each of one device; the others take turns.', 100),
    idleMs: milliseconds('After so long without a message the connection of a device is closed.', 300_000),
    maxMessages: Type.Integer({
      description:
        'Messages of a device sent together at most, as one black box; with 1 each is sent by itself.',
      default: 100,
      minimum: 1,
      maximum: maxRecords
    }),
    maxBytes: bytes(
      'Size of the messages sent together at most, as they lie in Kafka; a single larger one travels alone.',
      1_048_576
    ),
    connectTimeoutMs: milliseconds('Until the connection stands.', 10_000),
    answerTimeoutMs: milliseconds('From sending a packet, the login too, until it is answered.', 30_000)
  },
  {
    additionalProperties: false,
    description: 'Sends messages to a receiver of Wialon IPS over TCP, with a connection for each device.'
  }
)

export type WialonIpsTargetConfig = Frozen<Static<typeof wialonIpsTargetSchema>>
