// The configuration of the AWS IoT Core target: what may be set, the defaults, and what each field means. Rendered into
// the JSON Schema and the reference page; README.md of this folder explains the whole. The quotas are those that the
// service documents; an account may have others.

import { type Static, Type } from 'typebox'
import { bytes, count, milliseconds, portPattern, secret } from '../../schemas/define.ts'
import { publishFields } from '../shared/mqtt/publish/config.ts'

const limitsSchema = Type.Object(
  {
    publishesPerSecond: count(
      'Messages in a second on one connection. What exceeds it is discarded there; four fifths of it are used.',
      100
    ),
    inFlight: count('Messages sent and not yet confirmed on one connection.', 100),
    bytesPerSecond: bytes('Bytes in a second on one connection; four fifths of it are used.', 524_288),
    connectIntervalMs: milliseconds('Between two connections with the same client id.', 1_000, 0),
    payloadBytes: bytes('Size of a payload.', 131_072),
    topicBytes: bytes('Size of a topic, without $aws/rules/<rule>/.', 256),
    topicSlashes: count('Slashes in a topic, without those of $aws/rules/<rule>/.', 7, 0)
  },
  {
    additionalProperties: false,
    description:
      'What AWS IoT Core takes at most: its quotas, where your account has others than the default.',
    default: {}
  }
)

const tlsSchema = Type.Object(
  {
    ca: Type.Optional(
      Type.String({
        description: 'PEM text of the authority to trust; default: those of the system, which know Amazon.'
      })
    ),
    cert: Type.String({ description: 'PEM text of the client certificate.', minLength: 1 }),
    key: secret('PEM text of its private key; write ${file:path}.'),
    servername: Type.Optional(
      Type.String({ description: 'The name to ask for and to expect; default: the host of endpoint.' })
    )
  },
  { additionalProperties: false, description: 'The certificate that AWS IoT Core knows this client by.' }
)

export const awsIotTargetSchema = Type.Object(
  {
    endpoint: Type.String({
      description:
        'The host of the account, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it. A port behind it is the one of a proxy or a double.',
      pattern: `^([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?$`,
      examples: ['a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com'],
      'x-expects': 'a host, or host:port',
      'x-public': true
    }),
    mode: Type.Enum(['mqtt', 'https'], {
      description:
        'How messages are published: over MQTT connections that stay, or each by an HTTPS request, which no quota of a connection bounds.',
      default: 'mqtt'
    }),
    port: Type.Optional(
      Type.Enum([443, 8443, 8883], {
        description:
          'The port: 8883, or 443 where nothing else is let through, on which ALPN says what is spoken. With mode https 8443 instead of 8883.'
      })
    ),
    ...publishFields,
    basicIngest: Type.Optional(
      Type.String({
        description:
          'The name of a rule: messages go right to it, to $aws/rules/<rule>/<topic>, without the costs of messaging.',
        pattern: '^[a-zA-Z0-9_]{1,128}$',
        'x-expects': 'the name of a rule: letters, digits and underscores',
        'x-public': true
      })
    ),
    qos: Type.Enum([0, 1], {
      description:
        'What is confirmed: 1 that AWS IoT Core has the message, 0 nothing, and what is on its way when a connection is lost, or discarded, is lost.',
      default: 1
    }),
    version: Type.Enum(['5', '3.1.1'], {
      description: 'The version of MQTT to speak; 5 tells why something is refused.',
      default: '5'
    }),
    clientId: Type.Optional(
      Type.String({
        description: 'Who connects; no two connections may share it. Default: tailrace-<stream>-<random>.',
        minLength: 1,
        maxLength: 128
      })
    ),
    tls: tlsSchema,
    connections: Type.Optional(
      Type.Integer({
        description:
          'Connections, over which devices are spread. Default: what publishesPerSecond needs, or 1.',
        minimum: 1,
        maximum: 1_000
      })
    ),
    publishesPerSecond: Type.Optional(
      Type.Integer({
        description:
          'What the stream has to carry in a second; so many connections are opened as that needs, and half as many again, since devices are never spread quite evenly.',
        minimum: 1,
        maximum: 50_000
      })
    ),
    limits: limitsSchema,
    maxInFlight: Type.Integer({
      description: 'Messages sent and not yet confirmed on a connection at most; never more than the quota.',
      default: 90,
      minimum: 1,
      maximum: 65_535
    }),
    maxMessages: count('Messages in one batch at most.', 25),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 131_072),
    batchesInFlight: count(
      'Batches at the same time on a connection; with mode https all requests at the same time.',
      8
    ),
    connectTimeoutMs: milliseconds('Until the connection is accepted, TLS included.', 10_000),
    ackTimeoutMs: milliseconds('From sending a message until it is confirmed.', 30_000)
  },
  { additionalProperties: false, description: 'Publishes messages to AWS IoT Core.' }
)

export type AwsIotTargetConfig = Static<typeof awsIotTargetSchema>
export type AwsIotLimits = AwsIotTargetConfig['limits']
