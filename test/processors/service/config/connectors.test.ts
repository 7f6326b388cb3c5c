// What only connectors can tell of their settings, as `tailrace check` prints it: the whole path of the setting, also of one that
// is missing, and a sentence.

import test, { type ExecutionContext } from 'ava'
import { registry } from '../../../../connectors/registry.ts'
import { allProblems } from '../../../../processors/service/config/connectors.ts'
import { readConfig } from '../../../../processors/service/config/load.ts'
import { fixture } from './fixture.ts'

const endpoint =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0'
const eventHub = { connectionString: `${endpoint};EntityPath=fleet` }
const entra = { namespace: 'acme.servicebus.windows.net', eventHub: 'fleet' }
const topic = { project: 'acme-prod', topic: 'telemetry' }
const login = { username: 'tailrace', password: 'of-the-broker' }
const queue = { url: 'amqp://broker.example', routingKey: 'fleet', ...login }
const hub = { host: 'contoso.azure-devices.net', policy: { name: 'device', key: 'c2VjcmV0' } }
const mirror = { brokers: ['other:9092'], topic: 'fleet' }
const broker = { url: 'mqtt://broker.example', topic: 'fleet/{ident}' }

/** What is told of a stream with the target, without file and place. */
async function told(t: ExecutionContext, target: Readonly<Record<string, unknown>>): Promise<string[]> {
  const config = {
    kafka: { brokers: ['localhost:9092'] },
    channels: { fleet: {} },
    streams: { s: { from: ['fleet'], target } }
  }
  const { folder } = fixture(t, { 'tailrace.yaml': JSON.stringify(config) })
  const loaded = readConfig(folder, { registry, env: {} })
  const problems = await allProblems(loaded, registry)
  return problems.map(({ path, sentence }) => `${path.replace('streams.s.target.', '')} ${sentence}`)
}

const braced: readonly (readonly [path: string, target: Readonly<Record<string, unknown>>])[] = [
  ['kafka.key', { kafka: { ...mirror, key: '{ident' } }],
  ['kafka.headers.customer', { kafka: { ...mirror, headers: { customer: 'of-{customer' } } }],
  ['amqp.routingKey', { amqp: { ...queue, routingKey: 'fleet.{ident' } }],
  ['amqp.headers.customer', { amqp: { ...queue, headers: { customer: 'customer}' } } }],
  ['amqp.type', { amqp: { ...queue, type: '{a b}' } }],
  ['iotHub.deviceId', { iotHub: { ...hub, deviceId: 'truck-{vehicle' } }],
  ['iotHub.properties.line', { iotHub: { ...hub, properties: { line: '{line' } } }],
  ['iotHub.messageId', { iotHub: { ...hub, messageId: '{@id' } }],
  ['eventHubs.properties.line', { eventHubs: { ...eventHub, properties: { line: '{line' } } }],
  ['pubsub.orderingKey', { pubsub: { ...topic, orderingKey: '{ident' } }],
  ['pubsub.attributes.line', { pubsub: { ...topic, attributes: { line: '{line' } } }],
  ['mqtt.topic', { mqtt: { ...broker, topic: 'fleet/{ident' } }],
  ['mqtt.userProperties.line', { mqtt: { ...broker, userProperties: { line: '{line' } } }],
  ['http.url', { http: { url: 'https://acme.example/{ident' } }]
]

for (const [path, target] of braced)
  test(`an unclosed or stray brace in ${path} is a mistake`, async t => {
    t.deepEqual(await told(t, target), [
      `${path} must have braces only around names of fields, as in {ident}`
    ])
  })

const credentials =
  'there must be exactly one of policy, groupKey, deviceKeys, deviceKeyField and certificates'
const missing: readonly (readonly [line: string, target: Readonly<Record<string, unknown>>])[] = [
  ['eventHubs.namespace is missing: needed, or connectionString in its place', { eventHubs: {} }],
  ['eventHubs.credential is missing: needed beside namespace', { eventHubs: entra }],
  [
    'eventHubs.eventHub is missing: needed beside namespace',
    { eventHubs: { namespace: entra.namespace, credential: { kind: 'default' } } }
  ],
  [
    'eventHubs.eventHub is missing: needed, as connectionString has no EntityPath',
    { eventHubs: { connectionString: endpoint } }
  ],
  [
    'eventHubs.credential.clientSecret is missing: needed with kind clientSecret',
    { eventHubs: { ...entra, credential: { kind: 'clientSecret', tenantId: 't', clientId: 'c' } } }
  ],
  [
    'pubsub.project is missing: needed where topic is no full name (projects/<project>/topics/<topic>)',
    { pubsub: { topic: 'telemetry' } }
  ],
  [
    'amqp.username is missing: needed, or tls.cert in its place',
    { amqp: { url: queue.url, routingKey: 'q' } }
  ],
  [
    'amqp.password is missing: needed beside username',
    { amqp: { url: queue.url, routingKey: 'q', username: 'u' } }
  ],
  [
    'amqp.routingKey is missing: write the name of a queue, or set exchange',
    { amqp: { url: queue.url, ...login } }
  ],
  ['mqtt.username is missing: needed beside password', { mqtt: { ...broker, password: login.password } }],
  [`iotHub has no credentials: ${credentials}`, { iotHub: { host: hub.host } }],
  [
    `iotHub.groupKey must not stand beside policy: ${credentials}`,
    { iotHub: { ...hub, groupKey: 'c2VjcmV0' } }
  ],
  [
    'http.parts.lists[0] must have means, or value and meanings',
    { http: { url: 'https://acme.example', parts: { unnamed: 'retry', lists: [{ at: 'results' }] } } }
  ]
]

for (const [line, target] of missing)
  test(`it is told that ${line}`, async t => {
    t.deepEqual(await told(t, target), [line])
  })

test('what connectors find is told beside mistakes elsewhere, except of parts in which something is wrong or not known', async t => {
  const url = 'https://acme.example'
  const http = (settings: object) => ({ from: ['fleet'], target: { http: settings } })
  const config = {
    kafka: { brokers: [] },
    channels: {
      fleet: {},
      devices: { sources: [{ mqtt: { url: 'mqtt://b', clientId: 'c', topics: ['a/{b'] } }] }
    },
    streams: {
      schema: http({ url: 'ftp://acme.example', tls: {} }),
      connector: http({ url: 'http://acme.example', tls: {} }),
      reference: http({ url, bearer: '${env:NOWHERE}', compression: 'gzip', tls: { cert: 'none' } })
    }
  }
  const { folder } = fixture(t, { 'tailrace.yaml': JSON.stringify(config) })
  const problems = await allProblems(readConfig(folder, { registry, env: {} }), registry)
  t.deepEqual(
    problems.map(({ path }) => path),
    [
      'kafka.brokers',
      'channels.devices.sources[0].mqtt.topics[0]',
      'streams.schema.target.http.url',
      'streams.connector.target.http.tls',
      'streams.reference.target.http.bearer'
    ]
  )
})
