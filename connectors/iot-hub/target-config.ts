// The configuration of the Azure IoT Hub target: what may be set, the defaults, and what each field means. Rendered into
// the JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { bytes, count, type Frozen, milliseconds, portPattern, secret } from '../../schemas/define.ts'

/** As the hub shows its keys. */
const base64 = {
  pattern: '^([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  'x-expects': 'a key in Base64'
}

const policySchema = Type.Object(
  {
    name: Type.String({ description: 'Its name.', minLength: 1, examples: ['device'], 'x-public': true }),
    key: secret('Its primary or secondary key.', base64)
  },
  {
    additionalProperties: false,
    description:
      'A shared access policy of the hub with the right "Device connect": it signs for all devices.'
  }
)

const tlsSchema = Type.Object(
  {
    ca: Type.Optional(
      Type.String({
        description: 'PEM text of the authority to trust; default: those of the system, which know Microsoft.'
      })
    ),
    servername: Type.Optional(
      Type.String({ description: 'The name to ask for and to expect; default: host.' })
    )
  },
  { additionalProperties: false, description: 'How the hub is known.', default: {} }
)

/** A setting of one mode; its default is in mode.ts. */
const ofMode = (description: string, maximum: number) =>
  Type.Optional(Type.Integer({ description, minimum: 1, maximum }))
const maxMs = 86_400_000

/** A file for each device. */
const pemPath = (description: string, example: string) =>
  Type.String({
    description,
    pattern: '\\{deviceId\\}',
    'x-expects': 'a path with {deviceId} in it',
    examples: [example],
    'x-public': true
  })

const certificatesSchema = Type.Object(
  {
    cert: pemPath(
      'The file with the certificate of a device, in PEM.',
      '/run/secrets/devices/{deviceId}.pem'
    ),
    key: pemPath('The file with its private key, in PEM.', '/run/secrets/devices/{deviceId}.key')
  },
  {
    additionalProperties: false,
    description: 'X.509 certificates in place of tokens, one for each device; with mode mqtt.'
  }
)

const credentialFields = {
  policy: Type.Optional(policySchema),
  groupKey: Type.Optional(
    secret(
      'The symmetric key of an enrolment group: the key of each device is derived from it and the device id.',
      base64
    )
  ),
  deviceKeys: Type.Optional(
    secret(
      'The key of each device, a line for each: the device id, a space, the key; or a JSON object. Write ${file:path}.'
    )
  ),
  deviceKeyField: Type.Optional(
    Type.String({
      description:
        'The field of a message that holds the key of its device, such as one that the step enrich adds; it is not sent. It has this very name and stands in no other field. deviceKeys is the safer way, see the page.',
      minLength: 1,
      examples: ['iotHub.key']
    })
  ),
  certificates: Type.Optional(certificatesSchema),
  tokenLifetimeMs: milliseconds(
    'How long a token is good for. It is made anew well before it ends, and with mode mqtt its device connects anew then.',
    3_600_000,
    1_000
  )
}

const messageFields = {
  item: Type.Optional(
    Type.String({
      description:
        'What each message becomes, in JSON: {name} stands for a field of it, {@message} for all of it, {@ms} for its time in Unix ms, {@id} for its id.',
      minLength: 2,
      examples: ['{"ts": {@ms}, "values": {@message}}']
    })
  ),
  properties: Type.Record(
    Type.String({ pattern: "^[A-Za-z0-9!#%&'*+.^_`|~-][A-Za-z0-9!#$%&'*+.^_`|~-]{0,127}$" }),
    Type.String(),
    {
      description:
        'Application properties, by which the hub can route. {name} stands for a field of the message and {@id} for its id; one that comes out empty is left out.',
      default: {},
      additionalProperties: false,
      'x-expects': 'a name of letters, digits and marks, which does not begin with $',
      examples: [{ plate: '{vehicle.plate}' }]
    }
  ),
  messageId: Type.String({
    description: 'The message id, which stays the same over repeats; empty: none. A long one is hashed.',
    default: '{@id}'
  }),
  correlationId: Type.Optional(Type.String({ description: 'The correlation id.', examples: ['{trip.id}'] })),
  contentType: Type.String({
    description: 'The content type; queries of routes look into a body that is application/json.',
    default: 'application/json',
    pattern: '^[\\x21-\\x7e]*$'
  }),
  contentEncoding: Type.Enum(['utf-8', 'utf-16', 'utf-32', ''], {
    description: 'The encoding of the body; empty: not told.',
    default: 'utf-8'
  })
}

export const iotHubTargetSchema = Type.Object(
  {
    host: Type.String({
      description: 'The host name of the hub. A port behind it is the one of a double.',
      pattern: `^([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?$`,
      examples: ['contoso.azure-devices.net'],
      'x-expects': 'a host, or host:port',
      'x-public': true
    }),
    mode: Type.Enum(['https', 'mqtt'], {
      description:
        'How messages are sent: by HTTPS requests over connections that all devices share, or over MQTT with a connection for each device.',
      default: 'https'
    }),
    webSocket: Type.Optional(
      Type.Boolean({
        description: 'With mode mqtt: over a WebSocket on port 443, where nothing else is let through.'
      })
    ),
    deviceId: Type.String({
      description: 'The device id in the hub. {ident} and other fields of messages may stand in it.',
      default: '{ident}',
      minLength: 1,
      'x-public': true
    }),
    ...credentialFields,
    ...messageFields,
    tls: tlsSchema,
    maxMessageBytes: bytes('What the hub takes as one message, or as one batch.', 262_144),
    maxMessages: count('Messages of a device in one batch at most; with 1 each is sent by itself.', 100),
    maxBytes: bytes('Size of a batch at most, as it lies in Kafka; a larger message travels alone.', 180_000),
    maxConnections: Type.Optional(
      Type.Integer({
        description:
          'Connections at most. With mode mqtt each is of one device, and the others take turns. No more are in use at a time than concurrency of the stream says. Default: 64 with mode https, 1,000 with mode mqtt.',
        minimum: 1,
        maximum: 65_535
      })
    ),
    connectsPerSecond: ofMode(
      'With mode mqtt: connections opened in a second at most; the hub takes 100 and more, by its units. Default: 80.',
      1_000_000
    ),
    idleMs: ofMode(
      'With mode mqtt: after so long without a message the connection of a device is closed. Default: 300000.',
      maxMs
    ),
    maxInFlight: ofMode(
      'With mode mqtt: messages of a device sent and not yet confirmed at most. Default: 50.',
      65_535
    ),
    connectTimeoutMs: milliseconds('Until the connection stands.', 10_000),
    answerTimeoutMs: milliseconds('From sending messages until the hub has confirmed them.', 30_000),
    quotaPauseMs: ofMode(
      'With mode https: how long nothing is sent once the messages of a day are used up; then it is tried again. Default: 600000.',
      maxMs
    )
  },
  { additionalProperties: false, description: 'Sends messages to Azure IoT Hub, each as its own device.' }
)

export type IotHubTargetConfig = Frozen<Static<typeof iotHubTargetSchema>>
