// What is published of a message, and which settings no message can have.

import test from 'ava'
import { type Broker, brokersOf } from '../../../connectors/amqp/broker.ts'
import { type Publication, Publications } from '../../../connectors/amqp/publications.ts'
import type { AmqpTargetConfig } from '../../../connectors/amqp/target-config.ts'
import { decodeHeader, type Properties } from '../../../connectors/amqp/wire/properties.ts'
import { decodeTable } from '../../../connectors/amqp/wire/values.ts'
import type { Failure } from '../../../connectors/connector.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { makeCertificates } from '../../certificates.ts'
import { messagesOf } from '../../messages.ts'
import { configOf } from './harness.ts'

type Env = { readonly ttlMs?: number; readonly replay?: string }

const timestampMs = 1_767_225_600_123

function published(value: string, settings: Partial<AmqpTargetConfig>, env: Env = {}): Publication | Failure {
  const clock = new VirtualClock({ nowMs: timestampMs })
  const [message] = messagesOf([value], { keys: ['d1'], firstOffset: 7, timestampMs })
  if (message === undefined) throw new Error('no message')
  return new Publications(configOf(settings), { clock, ...env }).tryOf(message)
}

function sent(value: string, settings: Partial<AmqpTargetConfig>, env: Env = {}): Publication {
  const publication = published(value, settings, env)
  if ('kind' in publication) throw new Error(publication.detail)
  return publication
}

function propertiesOf(...args: Parameters<typeof sent>): Properties {
  return decodeHeader(sent(...args).header).properties
}

test('exchange and routing key may hold fields of the message', t => {
  const { exchange, routingKey } = sent('{"ident":"d1","vendor":"acme","n":5}', {
    exchange: 'fleet-{vendor}',
    routingKey: '{ident}.{n}'
  })
  t.deepEqual([exchange, routingKey], ['fleet-acme', 'd1.5'])
})

test('headers make places of their own only where there is no routing key', t => {
  const varies = (routingKey: string) =>
    new Publications(configOf({ routingKey, headers: { device: '{ident}' } }), { clock: new VirtualClock() })
      .varies
  t.deepEqual(varies('fleet'), { exchange: false, routingKey: false, headers: false })
  t.deepEqual(varies(''), { exchange: false, routingKey: false, headers: true })
})

test('a message that has no place is unfit, with the reason', t => {
  const wrong: [value: string, detail: string][] = [
    ['{}', 'vendor is missing'],
    ['{"vendor":""}', 'vendor is ""'],
    ['{"vendor":[1]}', 'vendor is no text, number or boolean'],
    [`{"vendor":"${'ł'.repeat(200)}"}`, 'its routingKey has more than 255 bytes']
  ]
  for (const [value, detail] of wrong)
    t.deepEqual(published(value, { routingKey: '{vendor}' }), {
      ...{ kind: 'reject', code: 'amqp_message_unfit' },
      detail
    })
})

test('headers and properties hold fields, and what a message lacks is an empty text', t => {
  const properties = propertiesOf('{"ident":"d1","n":5}', {
    headers: { device: '{ident}', nothing: '<{missing}>', id: '{@id}', long: 'x'.repeat(1_000) },
    type: '{n}',
    appId: 'tailrace'
  })
  const { headers, ...others } = properties
  t.deepEqual(decodeTable(headers ?? Buffer.alloc(0)), {
    ...{ device: 'd1', nothing: '<>', id: 'fleet-0-7' },
    long: 'x'.repeat(1_000)
  })
  t.deepEqual(others, {
    ...{ contentType: 'application/json', deliveryMode: 2, messageId: 'fleet-0-7' },
    ...{ timestamp: 1_767_225_600, type: '5', appId: 'tailrace' }
  })
})

test('without persistence a message is transient', t => {
  t.is(propertiesOf('{}', { persistent: false }).deliveryMode, 1)
})

test('the content is the message as it lies in Kafka, or what item makes of it', t => {
  t.is(sent('{"n": 5}', {}).body.toString(), '{"n": 5}')
  t.is(
    sent('{"n": 5}', { item: '{"v": {n}, "at": {@ms}}' }).body.toString(),
    `{"v": 5, "at": ${timestampMs}}`
  )
})

test('what expires does so at the end of the time that the stream gives it, and not in a replay', t => {
  t.is(propertiesOf('{}', { expires: true }, { ttlMs: 60_000 }).expiration, '60000')
  t.is(propertiesOf('{}', { expires: true }, { ttlMs: 1.001 * 1_000 }).expiration, '1001')
  t.is(propertiesOf('{}', { expires: true }, { ttlMs: 1e300 }).expiration, '4294967295')
  t.is(propertiesOf('{}', { expires: true }, { replay: 'again' }).expiration, undefined)
})

test('a replay is marked, and has ids of its own', t => {
  const { headers, messageId } = propertiesOf('{}', {}, { replay: 'again' })
  t.deepEqual(decodeTable(headers ?? Buffer.alloc(0)), { 'tailrace-replay': 'again' })
  t.is(messageId, 'fleet-0-7-again')
})

test('an id that is too long for a property becomes a hash, the same each time', t => {
  const replay = 'x'.repeat(300)
  const ids = [1, 2].map(() => propertiesOf('{}', {}, { replay }).messageId)
  t.regex(ids[0] ?? '', /^[0-9a-f]{64}$/)
  t.is(ids[0], ids[1])
})

const { ca, cert, key } = makeCertificates()
const url = 'amqp://broker.example'
const mistakes: [settings: Partial<AmqpTargetConfig>, path: string, detail: RegExp][] = [
  [{ exchange: '', routingKey: '' }, 'routingKey', /write the name of a queue/],
  [{ routingKey: '{@id}' }, 'routingKey', /must name fields of messages, which \{@id\} is not/],
  [{ headers: { a: '{@message}' } }, 'headers.a', /or \{@id\}, which \{@message\} is not/],
  [{ headers: { CC: 'x' } }, 'headers.CC', /meaning of its own/],
  [{ headers: { ['ł'.repeat(200)]: 'x' } }, `headers.${'ł'.repeat(200)}`, /more than 255 bytes/],
  [{ type: 'ł'.repeat(200) }, 'type', /more than 255 bytes/],
  [{ expires: true }, 'expires', /needs ttlSeconds/],
  [{ item: '{]' }, 'item', /must be JSON/]
]

for (const [settings, path, detail] of mistakes) {
  test(`the setting ${JSON.stringify(settings).slice(0, 60)} is a mistake of ${path.slice(0, 20)}`, t => {
    const error = t.throws(() => published('{}', settings), { instanceOf: FaultError })
    t.is(error.code, 'config_invalid')
    t.is(error.path, path)
    t.regex(error.detail ?? '', detail)
  })
}

function brokerOf(config: Parameters<typeof brokersOf>[0]): Broker {
  const [broker, ...others] = brokersOf(config)
  if (broker === undefined || others.length > 0) throw new Error('not one broker')
  return broker
}

test('where the broker is and who connects stands in url, username, password and tls', t => {
  const login = { username: 'u', password: 'p' }
  t.like(brokerOf({ url, ...login }), { host: 'broker.example', port: 5672, vhost: '/', tls: undefined })
  t.like(brokerOf({ url: 'amqps://[::1]:99/a%2Fb', ...login }), { host: '::1', port: 99, vhost: 'a/b' })
  t.is(brokerOf({ url: 'amqps://broker.example/', ...login }).port, 5671)
  t.is(brokerOf({ url, ...login }).login.response.toString(), '\0u\0p')
  t.is(brokerOf({ url: 'amqps://b', tls: { ca, cert, key } }).login.mechanism, 'EXTERNAL')
})

test('further nodes of a cluster differ in host and port only', t => {
  const config = {
    url: 'amqps://one:99/a%2Fb',
    otherHosts: ['two', '[::1]:98'],
    username: 'u',
    password: 'p'
  }
  const brokers = brokersOf(config)
  t.deepEqual(
    brokers.map(({ host, port, vhost }) => [host, port, vhost]),
    [
      ['one', 99, 'a/b'],
      ['two', 5671, 'a/b'],
      ['::1', 98, 'a/b']
    ]
  )
  t.is(brokers[1]?.tls?.servername, 'two')
})

const logins: [config: Parameters<typeof brokersOf>[0], path: string][] = [
  [{ url }, 'username'],
  [{ url, username: 'u' }, 'password'],
  [{ url, password: 'p' }, 'username'],
  [{ url, username: 'u', password: 'p', tls: {} }, 'tls'],
  [{ url: `${url}/%zz`, username: 'u', password: 'p' }, 'url']
]

for (const [config, path] of logins) {
  test(`${JSON.stringify(config)} is a mistake of ${path}`, t => {
    const error = t.throws(() => brokerOf(config), { instanceOf: FaultError })
    t.deepEqual([error.code, error.path], ['config_invalid', path])
  })
}
