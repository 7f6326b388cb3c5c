// The configuration of the Google Pub/Sub target: what may be set, the defaults, and what each field means. Rendered into
// the JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { tlsSchema } from '../../schemas/config.ts'
import { bytes, count, milliseconds, portPattern, secret } from '../../schemas/define.ts'
import { maxAttributeBytes } from './publish/limits.ts'

const host = '([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])'

export const pubsubTargetSchema = Type.Object(
  {
    project: Type.Optional(
      Type.String({
        description: 'The id of the project; not needed where topic is a full name.',
        pattern: '^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$',
        examples: ['acme-prod'],
        'x-expects': 'the id of a project: lower-case letters, digits and dashes',
        'x-public': true
      })
    ),
    topic: Type.String({
      description:
        'The topic: its name, or projects/<project>/topics/<topic>. {ident} and other fields of messages may stand in it.',
      minLength: 1,
      maxLength: 1_024,
      examples: ['telemetry', 'telemetry-{fleet}'],
      'x-public': true
    }),
    orderingKey: Type.String({
      description:
        'Messages with the same ordering key stay in order, and only those travel in one request. {ident} and other fields of messages may stand in it; "none" means without, in any order.',
      minLength: 1,
      default: '{ident}',
      examples: ['{ident}', 'none']
    }),
    attributes: Type.Record(Type.String({ minLength: 1, maxLength: maxAttributeBytes.name }), Type.String(), {
      description:
        'Attributes of every message, by which subscriptions can filter. {name} stands for a field of the message and {@id} for its id.',
      default: {},
      additionalProperties: false,
      examples: [{ fleet: '{fleet}' }]
    }),
    idAttribute: Type.String({
      description:
        'The attribute with the id of the message, which is the same when it arrives twice; "" for none.',
      default: 'message-id',
      maxLength: maxAttributeBytes.name
    }),
    credentials: Type.Optional(
      secret(
        'The JSON text of a service account key; write ${file:path}. Default: the default credentials of Google Cloud (GOOGLE_APPLICATION_CREDENTIALS, or the service account of the machine or pod).'
      )
    ),
    endpoint: Type.String({
      description:
        'The host, or host:port. With a regional one messages with an ordering key are stored in that region, as order demands of several publishers.',
      pattern: `^${host}(:${portPattern})?$`,
      default: 'pubsub.googleapis.com',
      examples: ['europe-west1-pubsub.googleapis.com'],
      'x-expects': 'a host, or host:port',
      'x-public': true
    }),
    emulator: Type.Optional(
      Type.String({
        description: 'host:port of an emulator, in place of endpoint: without TLS and without credentials.',
        pattern: `^${host}:${portPattern}$`,
        examples: ['127.0.0.1:8085'],
        'x-expects': 'host:port',
        'x-public': true
      })
    ),
    tls: Type.Optional(tlsSchema),
    maxInFlight: count('Requests at the same time at most, over all batches.', 200),
    maxMessages: Type.Integer({
      description:
        'Messages in one batch at most. A batch is sent as a request for each ordering key, so that large ones make for few requests.',
      default: 10_000,
      minimum: 1,
      maximum: 100_000
    }),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 8_388_608),
    batchesInFlight: count('Batches at the same time.', 4),
    connectTimeoutMs: milliseconds('Until the connection stands, TLS included.', 10_000),
    responseTimeoutMs: milliseconds('From sending a request until it is confirmed.', 30_000)
  },
  { additionalProperties: false, description: 'Publishes messages to Google Pub/Sub.' }
)

export type PubsubTargetConfig = Static<typeof pubsubTargetSchema>
