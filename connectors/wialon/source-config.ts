// The configuration of the Wialon Retranslator source: what may be set, the defaults, and what each field means.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, milliseconds, port } from '../../schemas/define.ts'
import { allowInsecure, idleTimeoutMs, listenHost } from '../shared/tcp/config.ts'
import { fieldRulesSchema } from '../shared/wialon/rules.ts'

export const wialonSourceSchema = Type.Object(
  {
    host: listenHost,
    port: port('The port to listen on', 20_163),
    senders: Type.Array(
      Type.String({
        minLength: 1,
        'x-expects': 'an IP address, or a network such as 192.0.2.0/24',
        'x-public': true
      }),
      {
        description: 'Addresses and networks that may send; empty: whoever reaches the port.',
        default: [],
        examples: [['192.0.2.7', '10.0.0.0/8']]
      }
    ),
    insecure: allowInsecure,
    fields: fieldRulesSchema,
    maxConnections: count('Senders that are connected at the same time.', 256),
    maxPacketBytes: bytes(
      'The size that a packet may announce; what announces more is taken for something else than a packet.',
      131_072
    ),
    idleTimeoutMs,
    packetTimeoutMs: milliseconds('From the first byte of a packet until its last.', 60_000)
  },
  {
    additionalProperties: false,
    description: 'Listens for senders of Wialon Retranslator 1.0 over TCP.'
  }
)

export type WialonSourceConfig = Frozen<Static<typeof wialonSourceSchema>>
