// The configuration of the Event Hubs target: what may be set, the defaults, and what each field means. Rendered into the
// JSON Schema and the reference page; README.md of this folder explains the whole.

import { type Static, Type } from 'typebox'
import { bytes, count, milliseconds, portPattern, secret } from '../../schemas/define.ts'

/** A host with or without a port. */
export const hostPattern = `([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?`

const credentialSchema = Type.Object(
  {
    kind: Type.Enum(['clientSecret', 'workloadIdentity', 'managedIdentity', 'default'], {
      description:
        'How a token is got: with the secret of an application, as the workload of a Kubernetes cluster, as the managed identity of a machine, or by whatever of those the environment offers.'
    }),
    tenantId: Type.Optional(
      Type.String({
        description: 'The tenant of the application; default with workloadIdentity: AZURE_TENANT_ID.',
        minLength: 1,
        'x-public': true
      })
    ),
    clientId: Type.Optional(
      Type.String({
        description:
          'The application, or the managed identity where there are several; default with workloadIdentity: AZURE_CLIENT_ID.',
        minLength: 1,
        'x-public': true
      })
    ),
    clientSecret: Type.Optional(secret('The secret of the application; write ${env:NAME} or ${file:path}.'))
  },
  {
    additionalProperties: false,
    description: 'An identity of Microsoft Entra, with the role Azure Event Hubs Data Sender.'
  }
)

export const eventHubsTargetSchema = Type.Object(
  {
    connectionString: Type.Optional(
      secret(
        'A connection string of the namespace or of the hub, of a policy with the right to send; write ${env:NAME} or ${file:path}.'
      )
    ),
    namespace: Type.Optional(
      Type.String({
        description: 'The host of the namespace, in place of connectionString.',
        pattern: `^${hostPattern}$`,
        examples: ['acme.servicebus.windows.net'],
        'x-expects': 'a host, or host:port',
        'x-public': true
      })
    ),
    credential: Type.Optional(credentialSchema),
    eventHub: Type.Optional(
      Type.String({
        description: 'The event hub; default: the EntityPath of connectionString.',
        pattern: '^[a-zA-Z0-9][a-zA-Z0-9._/-]{0,255}$',
        'x-expects': 'the name of an event hub',
        'x-public': true
      })
    ),
    endpoint: Type.Optional(
      Type.String({
        description:
          'Where to connect in place of the host of the namespace: a private endpoint, a proxy, or a double.',
        pattern: `^${hostPattern}$`,
        'x-expects': 'a host, or host:port',
        'x-public': true
      })
    ),
    webSocket: Type.Boolean({
      description: 'Speak AMQP in WebSockets on port 443, where 5671 is not let through.',
      default: false
    }),
    tls: Type.Optional(
      Type.Object(
        {
          ca: Type.Optional(
            Type.String({ description: 'PEM text of the authority to trust; default: those of the system.' })
          ),
          servername: Type.Optional(
            Type.String({ description: 'The name to expect in the certificate; default: the host.' })
          )
        },
        {
          additionalProperties: false,
          description: 'TLS settings. There is TLS always, except to the emulator of Microsoft.'
        }
      )
    ),
    partitionKeys: Type.Optional(
      Type.Integer({
        description:
          'Spread devices over so many partition keys, and name the device in the property ident, so that many travel together. Default: the ident is the partition key, and messages of one device only travel together.',
        minimum: 1,
        maximum: 4_096
      })
    ),
    contentType: Type.String({
      description: 'The content type that consumers are told.',
      default: 'application/json',
      minLength: 1,
      maxLength: 255
    }),
    properties: Type.Record(Type.String({ minLength: 1, maxLength: 255 }), Type.String(), {
      description:
        'Application properties of every event. {name} stands for a field of the message, and {@id} for its id.',
      default: {},
      additionalProperties: false,
      examples: [{ fleet: 'acme', ident: '{ident}' }]
    }),
    maxInFlight: Type.Integer({
      description:
        'Batches of the service sent and not yet accepted at most. The service gives a credit of 300 and renews it in steps of 100, so more than 200 may have to wait.',
      default: 200,
      minimum: 1,
      maximum: 300
    }),
    maxMessages: count('Messages in one batch at most.', 4_000),
    maxBytes: bytes('Size of a batch at most; a single larger message travels alone.', 2_097_152),
    batchesInFlight: count('Batches at the same time.', 8),
    connectTimeoutMs: milliseconds(
      'Until the hub is open for sending: TLS, the token and the link included.',
      15_000
    ),
    ackTimeoutMs: milliseconds('From sending until it is accepted.', 30_000)
  },
  { additionalProperties: false, description: 'Sends messages to Azure Event Hubs.' }
)

export type EventHubsTargetConfig = Static<typeof eventHubsTargetSchema>
