// What can be set for an HTTP source of a channel. The limits are checked in the order in which they stand here.

import { type Static, Type } from 'typebox'
import { bytes, count, secret } from '../../../schemas/define.ts'

export const httpSourceConfig = Type.Object(
  {
    tokens: Type.Optional(
      Type.Array(secret('A bearer token; write ${env:NAME} or ${file:path}.'), {
        description: 'Bearer tokens, any of which lets a sender in. Without them everyone may send.',
        minItems: 1
      })
    ),
    insecure: Type.Boolean({
      description: 'Allows listening without tokens on an address that other machines reach.',
      default: false
    }),
    maxBodyBytes: bytes('Bytes of a request body as it is sent, compressed or not.', 10_485_760),
    maxInflatedBytes: bytes('Bytes of a request body once it is decompressed.', 33_554_432),
    maxMessages: count('Messages in one request.', 10_000),
    maxMessageBytes: bytes(
      'Bytes of one message as it is sent. The topic’s max.message.bytes must leave room for it.',
      921_600
    )
  },
  { additionalProperties: false, description: 'Messages are POSTed to /channels/<channel>/messages.' }
)

export type HttpSourceConfig = Static<typeof httpSourceConfig>
