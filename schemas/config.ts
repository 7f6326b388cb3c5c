// The shape of the configuration. Sources and targets bring their own parts, so the whole is a function of the
// two registries (connectors/registry.ts); everything rendered from it (JSON Schema, reference, types) follows.

import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'
import { attributesSchema } from './attributes.ts'
import {
  bytes,
  count,
  type Frozen,
  milliseconds,
  named,
  type OneOfKinds,
  oneOfKinds,
  port,
  portPattern,
  secret,
  topicName
} from './define.ts'
import { geofencesSchema } from './geofences.ts'
import { tracingSchema } from './service/tracing.ts'
import { type DeadLettersConfig, deadLettersSchema, type StreamConfig, streamSchema } from './stream.ts'

export type { OneOfKinds } from './define.ts'

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

const saslSchema = Type.Object(
  {
    mechanism: Type.Enum(['plain', 'scram-sha-256', 'scram-sha-512'], {
      description: 'How the password is proved.'
    }),
    username: Type.String({ description: 'The user name.', minLength: 1 }),
    password: secret('The password; write ${env:NAME} or ${file:path}.')
  },
  { additionalProperties: false, description: 'SASL credentials for Kafka.' }
)

/** kafkajs takes no IPv6 address. */
const broker = `[^\\s,:/@\\[\\]]+:${portPattern}`

/** How a Kafka cluster is reached: the one that Tailrace runs on, and those of targets. */
export const kafkaFields = {
  brokers: Type.Array(
    Type.String({
      pattern: `^${broker}(\\s*,\\s*${broker})*$`,
      'x-expects': 'host:port (1 to 65535), without http://, or several of them with commas between',
      'x-public': true
    }),
    {
      description: 'Addresses to find the cluster by: host:port, or several of them with commas between.',
      minItems: 1,
      examples: [['kafka-1:9092', 'kafka-2:9092']]
    }
  ),
  clientId: Type.String({
    description: 'The name Kafka logs for this process.',
    default: 'tailrace',
    minLength: 1,
    'x-public': true
  }),
  tls: Type.Optional(tlsSchema),
  sasl: Type.Optional(saslSchema)
}

const kafkaSchema = Type.Object(kafkaFields, {
  additionalProperties: false,
  description: 'The Kafka cluster.'
})

/** The addresses one by one, of which several may stand in one text. */
export function brokersOf(entries: readonly string[]): string[] {
  return entries.flatMap(entry => entry.split(',').map(address => address.trim()))
}

const address = (description: string) =>
  Type.String({ description, default: '127.0.0.1', minLength: 1, 'x-public': true })

const listenTlsSchema = Type.Object(
  {
    cert: Type.String({
      description: 'PEM text of the certificate, with those between it and the authority.',
      minLength: 1
    }),
    key: secret('PEM text of its private key; write ${file:path}.'),
    clientCa: Type.Optional(
      Type.String({
        description:
          'PEM text of an authority: only senders with a certificate of it are let in (mutual TLS).',
        minLength: 1
      })
    )
  },
  {
    additionalProperties: false,
    description: 'HTTP sources speak TLS (1.2 at least), and HTTP/2 besides. Renewed files are noticed.'
  }
)

const listenSchema = Type.Object(
  {
    host: address('Address that HTTP sources listen on.'),
    http: port('Port of HTTP sources', 8080),
    tls: Type.Optional(listenTlsSchema),
    adminHost: address('Address of the admin listener.'),
    admin: port('Port of /metrics, /healthz, /readyz and /status', 9090),
    adminToken: Type.Optional(
      secret('What "tailrace watch" must know to look on; without it whoever is on this machine may.')
    )
  },
  { additionalProperties: false, description: 'Where Tailrace listens.', default: {} }
)
const channelSchema = (source: TUnsafe<OneOfKinds>) =>
  Type.Object(
    {
      topic: Type.Optional(topicName('The Kafka topic; default: the name of the channel.')),
      partitions: count('Partitions of the topic when Tailrace creates it.', 12),
      replication: Type.Optional(
        Type.Integer({
          description:
            'Replicas when Tailrace creates it; default: 3, or the number of brokers if that is smaller.',
          minimum: 1
        })
      ),
      retentionHours: count('How long Kafka keeps messages when Tailrace creates the topic.', 168),
      sources: Type.Array(source, {
        description: 'What receives messages for this channel; none: other producers write to the topic.',
        default: []
      }),
      deadLetters: deadLettersSchema(
        '<topic>.dead-letters',
        'Where that goes which a source received and cannot read, if its protocol has no way to refuse it.'
      )
    },
    { additionalProperties: false, description: 'A named inbound feed, backed by one Kafka topic.' }
  )

const memorySchema = Type.Object(
  {
    maxBytes: bytes(
      'Bytes for sources and streams and all that they hold; the process without any comes on top. Below 128 MiB it may be overdrawn.',
      268_435_456,
      8_388_608
    )
  },
  { additionalProperties: false, description: 'The memory budget of the process.', default: {} }
)

const metricsSchema = Type.Object(
  {
    partitions: Type.Boolean({
      description:
        'Shows the lag of every partition of a channel, too: a series for each of them and each stream.',
      default: false
    })
  },
  { additionalProperties: false, description: 'What /metrics shows beside the rest.', default: {} }
)

/** The schemas of what has several kinds, by kind. */
export interface PartSchemas {
  readonly sources: Readonly<Record<string, TSchema>>
  readonly targets: Readonly<Record<string, TSchema>>
  readonly steps: Readonly<Record<string, TSchema>>
}

/** The whole configuration, as a user may write it. */
export function configSchema({ sources, targets, steps }: PartSchemas) {
  const channel = channelSchema(oneOfKinds('source', sources, 'One source, by its kind.'))
  const stream = streamSchema(
    oneOfKinds('target', targets, 'The one target, by its kind.'),
    oneOfKinds('step', steps, 'One step, by its kind.')
  )
  return Type.Object(
    {
      kafka: kafkaSchema,
      listen: listenSchema,
      memory: memorySchema,
      metrics: metricsSchema,
      drainTimeoutMs: milliseconds('How long a stop may take until what is in flight is given up.', 20_000),
      channels: named(channel, 'Inbound feeds by name.'),
      geofences: geofencesSchema,
      attributes: Type.Optional(attributesSchema),
      tracing: Type.Optional(tracingSchema),
      streams: named(stream, 'Streams by name.')
    },
    { additionalProperties: false, title: 'Tailrace configuration' }
  )
}

export type KafkaConfig = Frozen<Static<typeof kafkaSchema>>
export type ListenTlsConfig = Frozen<Static<typeof listenTlsSchema>>
export type TlsConfig = Frozen<Static<typeof tlsSchema>>

type Written = Frozen<Static<ReturnType<typeof configSchema>>>

/** A channel; the names of its topics are filled in. */
export type ChannelConfig = Omit<Frozen<Static<ReturnType<typeof channelSchema>>>, 'deadLetters'> & {
  readonly topic: string
  readonly deadLetters: DeadLettersConfig
}

/** A checked configuration with all defaults filled in and all references resolved. */
export type Config = Omit<Written, 'channels' | 'streams'> & {
  readonly channels: Readonly<Record<string, ChannelConfig>>
  readonly streams: Readonly<Record<string, StreamConfig>>
}
