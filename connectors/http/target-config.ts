// The configuration of the HTTP target: what may be set, the defaults, and what each field means. Rendered into
// the JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { tlsSchema } from '../../schemas/config.ts'
import { bytes, count, milliseconds, secret } from '../../schemas/define.ts'
import { answerFields } from './config/answers.ts'
import { authFields } from './config/auth.ts'
import { requestFields } from './config/request.ts'

export const httpTargetSchema = Type.Object(
  {
    ...requestFields,
    ...authFields,
    maxMessages: count('Messages in one request at most.', 100),
    maxBytes: bytes('Size of a request body at most; a single larger message travels alone.', 1_048_576),
    ...answerFields,
    batchesInFlight: count(
      'Requests at the same time to one destination, each on a connection of its own.',
      16
    ),
    maxConnections: count(
      'Connections at most, where fields in url or headers make several destinations.',
      64
    ),
    http2: Type.Boolean({
      description:
        'Speak HTTP/2: all requests on one connection. The url must be https, and the receiver must agree.',
      default: false
    }),
    proxy: Type.Optional(
      secret(
        'The proxy to go through, http(s)://user:password@host:port, or none; default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say.',
        { pattern: '^(none|https?://\\S+)$', 'x-expects': 'an http(s) URL, or none', 'x-secret': 'perhaps' }
      )
    ),
    connectTimeoutMs: milliseconds('Until the connection stands, TLS included.', 10_000),
    responseTimeoutMs: milliseconds('From there until the headers of the answer have come.', 30_000),
    bodyTimeoutMs: milliseconds('From there until the answer has ended.', 10_000),
    tls: Type.Optional(tlsSchema),
    allowPrivateAddresses: Type.Boolean({
      description:
        'May the target be in a private network, or on this machine? Metadata and link-local addresses are refused always.',
      default: true
    })
  },
  { additionalProperties: false, description: 'Sends batches of messages to an HTTP endpoint.' }
)

export type HttpTargetConfig = Static<typeof httpTargetSchema>
