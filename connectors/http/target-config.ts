// The configuration of the HTTP target: what may be set, the defaults, and what each field means. Rendered into
// the JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { tlsSchema } from '../../schemas/config.ts'
import { bytes, count, httpUrl, milliseconds, secret } from '../../schemas/define.ts'

// Set by Tailrace itself, or meant for one connection only (RFC 9110, 7.6.1) and therefore not ours to repeat.
const reservedHeaders = [
  'connection',
  'content-length',
  'expect',
  'idempotency-key',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]

/** JSON Schema patterns have no flag for it: `te` becomes `[tT][eE]`. */
const anyCase = (name: string) => name.replace(/[a-z]/g, letter => `[${letter}${letter.toUpperCase()}]`)
const headerName = `^(?!(${reservedHeaders.map(anyCase).join('|')})$)[!#$%&'*+.^_\`|~0-9A-Za-z-]+$`

export const httpTargetSchema = Type.Object(
  {
    url: httpUrl('Where messages are POSTed. Redirects are not followed.'),
    format: Type.Enum(['array', 'ndjson'], {
      description: 'The body: one JSON array of messages, or one message a line.',
      default: 'array'
    }),
    headers: Type.Record(
      Type.String({ pattern: headerName }),
      secret('The value; write ${env:NAME} or ${file:path} for a secret one.', {
        pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$',
        'x-expects': 'text on one line',
        'x-secret': 'perhaps'
      }),
      {
        description: 'Headers to send with every request; those of the connection itself cannot be set.',
        default: {},
        additionalProperties: false,
        'x-expects': 'a header name, and none that Tailrace or the connection sets by itself'
      }
    ),
    bearer: Type.Optional(
      secret('Sent as "Authorization: Bearer ...". Write ${env:NAME} or ${file:path}.', {
        pattern: '^[\\x21-\\x7e]+$',
        'x-expects': 'a token without blanks'
      })
    ),
    maxMessages: count('Messages in one request at most.', 100),
    maxBytes: bytes('Size of a request body at most; a single larger message travels alone.', 1_048_576),
    success: Type.Optional(
      Type.Array(Type.Integer({ minimum: 200, maximum: 499 }), {
        description: 'The statuses that mean "the target has the messages"; default: every 2xx.',
        minItems: 1,
        uniqueItems: true,
        examples: [[200]]
      })
    ),
    refusesDevice: Type.Array(Type.Integer({ minimum: 400, maximum: 499 }), {
      description:
        'The statuses that mean "this device is unknown or blocked here": it waits, and the others go on (onDeviceReject).',
      default: [],
      uniqueItems: true,
      examples: [[404, 422]]
    }),
    batchesInFlight: count('Requests at the same time, each on a connection of its own.', 16),
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
  { additionalProperties: false, description: 'POSTs batches of messages to an HTTP endpoint.' }
)

export type HttpTargetConfig = Static<typeof httpTargetSchema>
