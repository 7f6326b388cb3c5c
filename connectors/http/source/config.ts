// What can be set for an HTTP source of a channel. The limits are checked in the order in which they stand here.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, named, secret } from '../../../schemas/define.ts'
import { maxMessageBytes } from '../../../schemas/message.ts'
import { allowInsecure } from '../../shared/tcp/config.ts'
import { webhookSecrets } from '../config/auth.ts'

const sender = Type.Object(
  {
    tokenSha256: Type.String({
      description:
        'SHA-256 of its bearer token, so that the token itself stands nowhere: printf %s "$TOKEN" | sha256sum.',
      pattern: '^[0-9a-fA-F]{64}$',
      'x-expects': '64 hexadecimal digits, as sha256sum prints them'
    }),
    messagesPerSecond: Type.Optional(
      Type.Number({
        description: 'How many messages it may send a second; what is too much is answered with 429.',
        exclusiveMinimum: 0
      })
    )
  },
  { additionalProperties: false, description: 'Who may send.' }
)

const jwt = Type.Object(
  {
    keys: Type.String({
      description: 'A JSON Web Key Set with the public keys of the issuer; write ${file:path}.',
      format: 'jwks',
      'x-expects': 'the text of a JSON Web Key Set, {"keys": [...]}'
    }),
    issuer: Type.String({ description: 'The issuer that a token must name.', minLength: 1 }),
    audience: Type.Optional(
      Type.String({ description: 'The audience that a token must name.', minLength: 1 })
    ),
    claims: Type.Record(Type.String({ minLength: 1 }), Type.String({ minLength: 1 }), {
      description: 'Other claims that a token must have: the text itself, or a list with it.',
      default: {},
      additionalProperties: false,
      examples: [{ scope: 'telemetry.write' }]
    })
  },
  {
    additionalProperties: false,
    description: 'Lets in whoever has a JSON Web Token of this issuer, signed with a public key (RFC 7519).'
  }
)

export const httpSourceConfig = Type.Object(
  {
    format: Type.Enum(['messages', 'traccar', 'osmand'], {
      description:
        'What is sent: messages as Tailrace and flespi know them, the JSON that Traccar forwards, or the parameters or JSON of OsmAnd and the Traccar client.',
      default: 'messages'
    }),
    tokens: Type.Optional(
      Type.Array(secret('A bearer token; write ${env:NAME} or ${file:path}.'), {
        description: 'Bearer tokens, any of which lets a sender in. Without them everyone may send.',
        minItems: 1
      })
    ),
    senders: named(sender, 'Senders by name, each with the hash of its own bearer token.'),
    jwt: Type.Optional(jwt),
    webhookSignature: Type.Optional(
      Type.Object(
        { secrets: webhookSecrets },
        {
          additionalProperties: false,
          description: 'Takes only requests that are signed as in Standard Webhooks 1.0.0.'
        }
      )
    ),
    insecure: allowInsecure,
    maxBodyBytes: bytes('Bytes of a request body as it is sent, compressed or not.', 10_485_760),
    maxInflatedBytes: bytes('Bytes of a request body once it is decompressed.', 33_554_432),
    maxMessages: count('Messages in one request.', 10_000),
    maxStreamedBytes: bytes(
      'Bytes of newline-delimited JSON in one request, once it is decompressed: it is stored while it arrives, and the three limits before do not count.',
      1_073_741_824
    ),
    maxMessageBytes: bytes(
      'Bytes of one message as it is sent. The topic’s max.message.bytes must leave room for it.',
      maxMessageBytes
    )
  },
  { additionalProperties: false, description: 'Messages are POSTed to /channels/<channel>/messages.' }
)

export type HttpSourceConfig = Frozen<Static<typeof httpSourceConfig>>
export type JwtConfig = NonNullable<HttpSourceConfig['jwt']>
