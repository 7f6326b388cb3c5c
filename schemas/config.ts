// The shape of the configuration. Sources and targets bring their own parts, so the whole is a function of the
// two registries (connectors/registry.ts); everything rendered from it (JSON Schema, reference, types) follows.

import { type Static, type TSchema, Type } from 'typebox'
import { bytes, count, milliseconds, secret } from './define.ts'

const name = '^[a-z0-9][a-z0-9-]{0,62}$'

export const tlsSchema = Type.Object(
  {
    ca: Type.Optional(
      Type.String({ description: 'PEM text of the authority to trust; default: those of the system.' })
    ),
    cert: Type.Optional(Type.String({ description: 'PEM text of the client certificate.' })),
    key: Type.Optional(secret('PEM text of the private key of the client certificate.')),
    servername: Type.Optional(
      Type.String({ description: 'The name to expect in the certificate; default: the host.' })
    )
  },
  {
    additionalProperties: false,
    description: 'TLS settings. An empty object means TLS with the system’s authorities.'
  }
)

export const kafkaSchema = Type.Object(
  {
    brokers: Type.Array(
      Type.String({
        description: 'host:port',
        pattern: '^[^\\s:]+:[0-9]{1,5}$|^\\[[0-9a-fA-F:]+\\]:[0-9]{1,5}$'
      }),
      {
        description: 'Addresses to find the cluster by.',
        minItems: 1,
        examples: [['kafka-1:9092', 'kafka-2:9092']]
      }
    ),
    clientId: Type.String({ description: 'The name Kafka logs for this process.', default: 'tailrace' }),
    tls: Type.Optional(tlsSchema),
    sasl: Type.Optional(
      Type.Object(
        {
          mechanism: Type.Union([
            Type.Literal('plain'),
            Type.Literal('scram-sha-256'),
            Type.Literal('scram-sha-512')
          ]),
          username: Type.String({ minLength: 1 }),
          password: secret('The password; write ${env:NAME} or ${file:path}.')
        },
        { additionalProperties: false, description: 'SASL credentials for Kafka.' }
      )
    )
  },
  { additionalProperties: false, description: 'The Kafka cluster.' }
)

export const listenSchema = Type.Object(
  {
    host: Type.String({ description: 'Address that HTTP sources listen on.', default: '127.0.0.1' }),
    http: Type.Integer({
      description: 'Port of HTTP sources; 0 takes a free one.',
      default: 8080,
      minimum: 0,
      maximum: 65535
    }),
    adminHost: Type.String({ description: 'Address of the admin listener.', default: '127.0.0.1' }),
    admin: Type.Integer({
      description: 'Port of /metrics, /healthz, /readyz and /status; 0 takes a free one.',
      default: 9090,
      minimum: 0,
      maximum: 65535
    })
  },
  { additionalProperties: false, description: 'Where Tailrace listens.' }
)

const channelSchema = (sources: TSchema) =>
  Type.Object(
    {
      topic: Type.Optional(
        Type.String({
          description: 'The Kafka topic; default: the name of the channel.',
          pattern: '^[a-zA-Z0-9._-]{1,249}$'
        })
      ),
      partitions: count('Partitions of the topic when Tailrace creates it.', 12),
      replication: Type.Optional(
        Type.Integer({
          description:
            'Replicas when Tailrace creates it; default: 3, or the number of brokers if that is smaller.',
          minimum: 1
        })
      ),
      retentionHours: count('How long Kafka keeps messages when Tailrace creates the topic.', 168),
      sources: Type.Array(sources, {
        description: 'What receives messages for this channel; none: other producers write to the topic.',
        default: []
      })
    },
    { additionalProperties: false, description: 'A named inbound feed, backed by one Kafka topic.' }
  )

/** A time as people write it: an ISO 8601 date with time and zone. */
const startSchema = Type.Union(
  [Type.Literal('latest'), Type.Literal('earliest'), Type.String({ format: 'date-time' })],
  {
    description:
      'Where a new stream begins: latest, earliest, or an ISO 8601 time. Without effect once it has committed.',
    default: 'latest'
  }
)

export const retrySchema = Type.Object(
  {
    minDelayMs: milliseconds(
      'Ceiling of the first back-off; the delay is random below it (full jitter).',
      500
    ),
    maxDelayMs: milliseconds('Ceiling of every back-off.', 30_000),
    haltedDelayMs: milliseconds('How often a halted stream tries again by itself.', 60_000)
  },
  { additionalProperties: false, description: 'How long to wait after a failed attempt.', default: {} }
)

const streamSchema = (target: TSchema) =>
  Type.Object(
    {
      from: Type.Array(Type.String({ pattern: name }), {
        description: 'The channels it reads.',
        minItems: 1,
        uniqueItems: true
      }),
      group: Type.Optional(
        Type.String({
          description: 'The consumer group; default: tailrace.<name of the stream>.',
          minLength: 1,
          maxLength: 249
        })
      ),
      start: startSchema,
      attemptTimeoutMs: milliseconds('Deadline of one attempt, whatever the target does.', 60_000),
      retry: retrySchema,
      target
    },
    {
      additionalProperties: false,
      description: 'A subscription of channels and one target: one consumer group.'
    }
  )

export const memorySchema = Type.Object(
  {
    maxBytes: bytes(
      'Bytes for fetch buffers and waiting messages, shared by all streams of the process.',
      134_217_728,
      8_388_608
    )
  },
  { additionalProperties: false, description: 'The memory budget of the process.', default: {} }
)

/** An object with exactly one of the given keys: `{ http: {...} }`. */
export function oneOfKinds(kinds: Readonly<Record<string, TSchema>>, description: string) {
  const properties = Object.fromEntries(
    Object.entries(kinds).map(([kind, schema]) => [kind, Type.Optional(schema)])
  )
  return Type.Object(properties, {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    description
  })
}

/** The whole configuration, given the schemas of sources and targets by kind. */
export function configSchema(parts: { sources: Record<string, TSchema>; targets: Record<string, TSchema> }) {
  const source = oneOfKinds(parts.sources, 'One source, by its kind.')
  const target = oneOfKinds(parts.targets, 'The one target, by its kind.')
  return Type.Object(
    {
      kafka: kafkaSchema,
      listen: Type.Intersect([listenSchema], { default: {} }),
      memory: memorySchema,
      drainTimeoutMs: milliseconds('How long a stop may take until what is in flight is given up.', 20_000),
      channels: Type.Record(Type.String({ pattern: name }), channelSchema(source), {
        description: 'Inbound feeds by name.',
        default: {}
      }),
      streams: Type.Record(Type.String({ pattern: name }), streamSchema(target), {
        description: 'Streams by name.',
        default: {}
      })
    },
    { additionalProperties: false, title: 'Tailrace configuration' }
  )
}

export type KafkaConfig = Static<typeof kafkaSchema>
export type ListenConfig = Static<typeof listenSchema>
export type RetryConfig = Static<typeof retrySchema>
export type TlsConfig = Static<typeof tlsSchema>

/** A source or target part: exactly one key, checked against the connector's own schema. */
export type OneOfKinds = Readonly<Record<string, unknown>>

export interface ChannelConfig {
  readonly topic?: string
  readonly partitions: number
  readonly replication?: number
  readonly retentionHours: number
  readonly sources: readonly OneOfKinds[]
}

export interface StreamConfig {
  readonly from: readonly string[]
  readonly group?: string
  readonly start: string
  readonly attemptTimeoutMs: number
  readonly retry: RetryConfig
  readonly target: OneOfKinds
}

/** A checked configuration with all defaults filled in and all references resolved. */
export interface Config {
  readonly kafka: KafkaConfig
  readonly listen: ListenConfig
  readonly memory: { readonly maxBytes: number }
  readonly drainTimeoutMs: number
  readonly channels: Readonly<Record<string, ChannelConfig>>
  readonly streams: Readonly<Record<string, StreamConfig>>
}
