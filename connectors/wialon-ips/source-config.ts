// The configuration of the Wialon IPS source: what may be set, the defaults, and what each field means.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, milliseconds, port, secret } from '../../schemas/define.ts'
import { allowInsecure, idleTimeoutMs, listenHost } from '../shared/tcp/config.ts'
import { fieldRulesSchema } from '../shared/wialon/rules.ts'

export const wialonIpsSourceSchema = Type.Object(
  {
    host: listenHost,
    port: port('The port to listen on', 20_332),
    password: Type.Optional(
      secret('The password that devices have to log in with; without it any will do.', {
        pattern: '^[^\\r\\n]+$',
        'x-expects': 'text on one line'
      })
    ),
    insecure: allowInsecure,
    fields: fieldRulesSchema,
    maxConnections: count('Devices that are connected at the same time.', 10_000),
    maxPacketBytes: bytes(
      'The longest packet, once it is inflated; a longer one ends the connection.',
      1_048_576
    ),
    idleTimeoutMs,
    packetTimeoutMs: milliseconds(
      'From connecting until the device is logged in, and from the first byte of a packet until its last.',
      60_000
    )
  },
  {
    additionalProperties: false,
    description: 'Listens for devices that speak Wialon IPS over TCP.'
  }
)

export type WialonIpsSourceConfig = Frozen<Static<typeof wialonIpsSourceSchema>>
