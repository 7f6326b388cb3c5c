// The configuration of the AMQP target: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { tlsSchema } from '../../schemas/config.ts'
import { bytes, count, milliseconds, portPattern, secret } from '../../schemas/define.ts'

const host = `([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?`
const maxShortLength = 255

const property = (description: string, examples: string[]) =>
  Type.Optional(
    Type.String({
      description: `${description} {name} stands for a field of the message.`,
      minLength: 1,
      maxLength: maxShortLength,
      examples
    })
  )

export const amqpTargetSchema = Type.Object(
  {
    url: Type.String({
      description:
        'The broker: amqp://host:port, or amqps:// for TLS, with the virtual host as path, percent-encoded; without a path it is "/". Default ports: 5672 and 5671.',
      pattern: `^amqps?://${host}(/[^/?#\\s]*)?$`,
      examples: ['amqps://broker.example.com', 'amqps://broker.example.com/fleet'],
      'x-expects': 'amqp://host:port/vhost or amqps://host:port/vhost, without user name and password',
      'x-public': true
    }),
    otherHosts: Type.Array(
      Type.String({ pattern: `^${host}$`, 'x-expects': 'a host, or host:port', 'x-public': true }),
      {
        description:
          'Further nodes of the cluster, each as host or host:port: when a connection to one does not come about, or ends, the next is taken.',
        default: [],
        maxItems: 100,
        examples: [['broker-2.example.com', 'broker-3.example.com']]
      }
    ),
    username: Type.Optional(
      Type.String({
        description:
          'The user name (SASL PLAIN). Without it the client certificate in tls.cert says who it is (SASL EXTERNAL).',
        pattern: '^[^\\u0000]{1,255}$',
        'x-expects': 'text without a zero character'
      })
    ),
    password: Type.Optional(
      secret('The password; write ${env:NAME} or ${file:path}.', {
        pattern: '^[^\\u0000]{1,16383}$',
        'x-expects': 'text without a zero character'
      })
    ),
    tls: Type.Optional(tlsSchema),
    exchange: Type.String({
      description:
        'The exchange that messages are published to. {ident} and other fields of messages may stand in it. Default: the exchange without a name, for which routingKey is the name of a queue.',
      default: '',
      maxLength: maxShortLength,
      examples: ['telemetry'],
      'x-public': true
    }),
    routingKey: Type.String({
      description: 'The routing key of messages. {ident} and other fields of messages may stand in it.',
      default: '',
      maxLength: maxShortLength,
      examples: ['fleet', 'fleet.{ident}'],
      'x-public': true
    }),
    mandatory: Type.Boolean({
      description:
        'A message for which no queue is bound is given back by the broker and does not count as delivered. With false it is lost, and counts.',
      default: true
    }),
    persistent: Type.Boolean({
      description:
        'Durable queues keep messages over a restart of the broker, and confirm them once they are on its disk.',
      default: true
    }),
    item: Type.Optional(
      Type.String({
        description:
          'What each message becomes, in JSON: {name} stands for a field of it, {@message} for all of it, {@ms} for its time in Unix ms, {@id} for its id.',
        minLength: 2,
        examples: ['{"ts": {@ms}, "values": {@message}}']
      })
    ),
    headers: Type.Record(Type.String({ minLength: 1, maxLength: maxShortLength }), Type.String(), {
      description:
        'Headers of every message, as texts. {name} stands for a field of the message and {@id} for its id.',
      default: {},
      additionalProperties: false,
      examples: [{ device: '{ident}' }]
    }),
    contentType: Type.String({
      description: 'The property content-type.',
      default: 'application/json',
      minLength: 1,
      maxLength: maxShortLength
    }),
    type: property('The property type.', ['telemetry', '{event.code}']),
    appId: property('The property app-id.', ['tailrace']),
    correlationId: property('The property correlation-id.', ['{ident}']),
    priority: Type.Optional(
      Type.Integer({ description: 'The property priority, for priority queues.', minimum: 0, maximum: 255 })
    ),
    expires: Type.Boolean({
      description:
        'The broker drops what no consumer has taken by the end of the ttlSeconds of the stream (the property expiration).',
      default: false
    }),
    connectionName: Type.Optional(
      Type.String({
        description:
          'The name of the connection, by which the broker shows it among others. Default: tailrace <stream>.',
        minLength: 1,
        maxLength: 255,
        examples: ['tailrace acme, Frankfurt']
      })
    ),
    connections: Type.Integer({
      description: 'Connections to the broker, over which devices are spread, each with a window of its own.',
      default: 1,
      minimum: 1,
      maximum: 1_000
    }),
    maxInFlight: Type.Integer({
      description: 'Messages sent and not yet confirmed on a connection at most.',
      default: 1_000,
      minimum: 1,
      maximum: 100_000
    }),
    maxInFlightBytes: bytes(
      'Bytes of messages sent and not yet confirmed on a connection at most; a single larger message travels alone.',
      16_777_216
    ),
    maxMessages: count('Messages in one batch at most.', 100),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 1_048_576),
    batchesInFlight: count('Batches at the same time on a connection.', 16),
    heartbeatSeconds: Type.Integer({
      description:
        'A connection on which nothing is heard for twice as long is given up; the broker may want a shorter time.',
      default: 20,
      minimum: 1,
      maximum: 3_600
    }),
    connectTimeoutMs: milliseconds(
      'Until the broker has accepted the connection, TLS and login included.',
      10_000
    ),
    ackTimeoutMs: milliseconds('From sending a message until the broker has confirmed it.', 30_000)
  },
  {
    additionalProperties: false,
    description: 'Publishes messages to an AMQP 0-9-1 broker, such as RabbitMQ.'
  }
)

export type AmqpTargetConfig = Static<typeof amqpTargetSchema>
