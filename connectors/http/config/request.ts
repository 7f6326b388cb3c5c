// The part of the HTTP target's configuration that says what a request looks like.

import { Type } from 'typebox'
import { httpUrl, secret } from '../../../schemas/define.ts'

// Set by Tailrace itself, or meant for one connection only (RFC 9110, 7.6.1) and therefore not ours to repeat.
const reservedHeaders = [
  'connection',
  'content-encoding',
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
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

const headerNamePattern = `^(?!(${reservedHeaders.map(anyCase).join('|')})$)${token}$`

export const requestFields = {
  url: httpUrl(
    'Where messages are sent. {ident} and other fields of messages may stand in path and query. Redirects are not followed.'
  ),
  method: Type.Enum(['POST', 'PUT', 'PATCH'], { description: 'The method.', default: 'POST' }),
  format: Type.Optional(
    Type.Enum(['array', 'ndjson', 'object', 'form', 'cloudevents', 'cloudevent'], {
      description:
        'The body: a JSON array of messages (default), one message a line, one message a request (object, form), or CloudEvents (a batch, or one in binary mode).'
    })
  ),
  body: Type.Optional(
    Type.String({
      description:
        'A body of your own instead, in JSON: {name} stands for a field of the message, or {@messages} for the array of all and {@batch} for the id of the batch.',
      minLength: 2,
      examples: ['{"batch": {@batch}, "items": {@messages}}', '{"device": {ident}, "kmh": {position.speed}}']
    })
  ),
  item: Type.Optional(
    Type.String({
      description:
        'What each message becomes in the body, in JSON: {name} stands for a field of it, {@message} for all of it, {@ms} for its time in Unix ms, {@id} for its id.',
      minLength: 2,
      examples: ['{"ts": {@ms}, "values": {@message}}']
    })
  ),
  cloudEvents: Type.Object(
    {
      source: Type.Optional(
        Type.String({
          description: 'The attribute source; default: /tailrace/ and the stream.',
          minLength: 1
        })
      ),
      type: Type.String({ description: 'The attribute type.', default: 'tailrace.message', minLength: 1 })
    },
    {
      additionalProperties: false,
      description: 'Attributes of the formats that are CloudEvents.',
      default: {}
    }
  ),
  messageId: Type.Object(
    {
      field: Type.Optional(
        Type.String({
          description: 'A field that each message gets with its id, which stays the same over repeats.',
          minLength: 1,
          examples: ['message.id']
        })
      ),
      header: Type.Optional(
        Type.String({
          description: 'A header with the id, where a request holds one message.',
          pattern: headerNamePattern,
          examples: ['X-Message-Id']
        })
      )
    },
    { additionalProperties: false, description: 'Where the id of a message is told.', default: {} }
  ),
  compression: Type.Enum(['none', 'gzip', 'zstd'], {
    description: 'How bodies are compressed: only where the receiver takes it. zstd needs Node 22.15.',
    default: 'none'
  }),
  headers: Type.Record(
    Type.String({ pattern: headerNamePattern }),
    secret(
      'The value; write ${env:NAME} or ${file:path} for a secret one. {name} stands for a field of the message.',
      {
        pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$',
        'x-expects': 'text on one line',
        'x-secret': 'perhaps'
      }
    ),
    {
      description: 'Headers to send with every request; those of the connection itself cannot be set.',
      default: {},
      additionalProperties: false,
      'x-expects': 'a header name, and none that Tailrace or the connection sets by itself'
    }
  )
}
