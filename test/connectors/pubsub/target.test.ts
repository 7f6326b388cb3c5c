// What is particular to Pub/Sub beyond the contract of targets: requests of one ordering key each, what they hold, and
// what becomes of the others when one of them fails.

import { v1 } from '@google-cloud/pubsub'
import { credentials } from '@grpc/grpc-js'
import test from 'ava'
import type { PublishedMessage, PublishReply } from '../../../connectors/pubsub/double.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { until } from '../../flows/harness/until.ts'
import { messagesOf } from '../../messages.ts'
import { Engine } from '../engine.ts'
import {
  doubleWith,
  kindsOf,
  messagesNamed,
  namesIn,
  outcomesOf,
  pairOf,
  targetWith,
  topic
} from './harness.ts'

const delivered = 'delivered'
const unavailable: PublishReply = { kind: 'status', code: 14, details: 'try again' }

test('a batch of many devices is a request for each, all under way at the same time', async t => {
  const { double, target } = await pairOf(t, {}, { reply: () => ({ kind: 'confirm', afterMs: 200 }) })
  const names = Array.from({ length: 300 }, (_, at) => `d${at % 100}-${Math.floor(at / 100)}`)
  const messages = messagesOf(
    names.map(name => `{"n":"${name}"}`),
    { keys: names.map(name => name.split('-')[0] ?? '') }
  )
  const attempt = kindsOf(target, messages)
  await until('all are under way', () => double.requests.length === 100)
  t.true(double.requests.every(request => request.messages.length === 3))
  t.is(namesIn(double.requests[7] ?? t.fail()), 'd7-0 d7-1 d7-2')
  t.deepEqual(await attempt, Array(300).fill(delivered))
})

test('the service refuses different ordering keys in one request, which is why there are several', async t => {
  const double = await doubleWith(t)
  const client = new v1.PublisherClient({
    ...{
      servicePath: double.host,
      port: double.port,
      projectId: 'acme-prod',
      universeDomain: 'googleapis.com'
    },
    sslCreds: credentials.createInsecure()
  })
  t.teardown(() => client.close())
  const messages = ['a', 'b'].map(orderingKey => ({ orderingKey, data: Buffer.from('{}') }))
  const error = await t.throwsAsync(client.publish({ topic, messages }))
  t.regex(error?.message ?? '', /^9 FAILED_PRECONDITION: In a single publish request/)
  const [{ messageIds }] = await client.publish({ topic, messages: messages.slice(0, 1) })
  t.is(messageIds?.length, 1)
})

test('a message travels with its bytes, its device as ordering key, its id and its attributes', async t => {
  const settings = {
    attributes: { fleet: '{fleet}', speed: '{position.speed}', kind: 'x', none: '{missing}' }
  }
  const { double, target } = await pairOf(t, settings)
  const value = '{ "fleet": "north", "position.speed": 48.50 }'
  t.deepEqual(await kindsOf(target, messagesOf([value], { keys: ['a'], firstOffset: 7 })), [delivered])
  const [request] = double.requests
  t.is(request?.topic, topic)
  t.deepEqual(request?.messages, [
    {
      data: Buffer.from(value),
      orderingKey: 'a',
      attributes: { fleet: 'north', speed: '48.5', kind: 'x', 'message-id': 'fleet-0-7' }
    }
  ])
  t.deepEqual(request?.metadata.get('x-goog-request-params'), [`topic=${encodeURIComponent(topic)}`])
})

test('a replay is marked, and the attribute of the id may have another name or none', async t => {
  const double = await doubleWith(t)
  const named = await targetWith(t, { emulator: double.address, idAttribute: 'id' }, { replay: 'july' })
  const without = await targetWith(t, { emulator: double.address, idAttribute: '' })
  await kindsOf(named, messagesNamed('a1'))
  await kindsOf(without, messagesNamed('a1'))
  const attributes = double.requests.map(({ messages }) => messages[0]?.attributes)
  t.deepEqual(attributes, [{ id: 'fleet-0-0', 'tailrace-replay': 'july' }, {}])
})

test('a message without device has no ordering key, and travels all the same', async t => {
  const { double, target } = await pairOf(t)
  t.deepEqual(await kindsOf(target, messagesOf(['{"n":1}'])), [delivered])
  t.is(double.requests[0]?.messages[0]?.orderingKey, '')
})

test('without ordering keys a batch is one request', async t => {
  const { double, target } = await pairOf(t, { orderingKey: 'none' })
  t.deepEqual(await kindsOf(target, messagesNamed('a1 b1 a2 c1')), Array(4).fill(delivered))
  t.deepEqual(double.requests.map(namesIn), ['a1 b1 a2 c1'])
})

test('an ordering key that failed is sent again with the next attempt, in order, and nobody has to resume it', async t => {
  let refusals = 2
  const isFirst = (key: string) => key === 'a' && refusals-- > 0
  const { double, target } = await pairOf(
    t,
    {},
    {
      reply: ({ messages }) => (isFirst(messages[0]?.orderingKey ?? '') ? unavailable : { kind: 'confirm' })
    }
  )
  const messages = messagesNamed('a1 a2')
  for (let attempt = 0; attempt < 2; attempt++)
    t.deepEqual(await kindsOf(target, messages), Array(2).fill('retry pubsub_unavailable'))
  t.deepEqual(await kindsOf(target, messages), [delivered, delivered])
  t.deepEqual(double.requests.map(namesIn), ['a1 a2', 'a1 a2', 'a1 a2'])
})

test('a stream delivers everything in order while every third request fails', async t => {
  let count = 0
  const confirmed: { ident: string; timestamp: number }[] = []
  const { target } = await pairOf(
    t,
    { maxMessages: 20 },
    {
      reply: () => (++count % 3 === 0 ? unavailable : { kind: 'confirm' }),
      confirmed: ({ messages }) =>
        void confirmed.push(...messages.map(({ data }) => JSON.parse(data.toString())))
    }
  )
  const engine = new Engine(t, target)
  await engine.start()
  const devices = [...'abcdefghij']
  await engine.send(Array.from({ length: 300 }, (_, at) => devices[at % 10] ?? ''))
  await until('all are delivered', () => engine.meter.totals.delivered === 300)
  for (const [first, device] of devices.entries()) {
    const own = confirmed.filter(({ ident }) => ident === device).map(({ timestamp }) => timestamp)
    t.deepEqual(
      own,
      Array.from({ length: 30 }, (_, at) => first + 10 * at)
    )
  }
})

const broken: PublishReply = { kind: 'status', code: 13, details: 'internal error' }

test('a message over which the service fails again and again is found and set aside, and all others pass', async t => {
  const isPoison = (timestamp: number) => timestamp === 17
  const timestamps = (messages: readonly PublishedMessage[]) =>
    messages.map(({ data }) => JSON.parse(data.toString()).timestamp)
  const { target } = await pairOf(
    t,
    {},
    { reply: ({ messages }) => (timestamps(messages).some(isPoison) ? broken : { kind: 'confirm' }) }
  )
  const engine = new Engine(t, target)
  await engine.start()
  const send = (first: number) => engine.send(Array(40).fill('a').fill('b', 20), first)
  await send(0)
  // Only while others pass is it the message that is to blame.
  await until('some have passed', () => (engine.meter.totals.delivered ?? 0) >= 20)
  await send(100)
  await until('all others are delivered', () => engine.meter.totals.delivered === 79)
  await until('it is set aside', () => engine.meter.totals.dead_lettered === 1)
  await until('all is committed', async () => (await engine.uncommitted()) === 0)
  t.is(engine.meter.totals.delivered, 79)
})

test('while the service fails over everything nothing is set aside', async t => {
  let isBroken = true
  const { double, target } = await pairOf(t, {}, { reply: () => (isBroken ? broken : { kind: 'confirm' }) })
  const engine = new Engine(t, target)
  await engine.start()
  await engine.send([...'abcdefgh'].flatMap(device => Array(5).fill(device)))
  await until('it was tried often', () => double.requests.length > 300)
  isBroken = false
  await until('all are delivered', () => engine.meter.totals.delivered === 40)
  t.is(engine.meter.totals.dead_lettered ?? 0, 0)
})

test('a request that is refused because of one message is taken apart until that stands alone', async t => {
  const refused = { kind: 'status', code: 3, details: 'not of the schema' } as const
  const { double, target } = await pairOf(
    t,
    {},
    {
      reply: request => (/\bbad\b/.test(namesIn(request)) ? refused : { kind: 'confirm' })
    }
  )
  const names = ['m0', 'm1', 'm2', 'm3', 'm4', 'bad', 'm6', 'm7']
  const messages = messagesOf(
    names.map(name => `{"n":"${name}"}`),
    { keys: names.map(() => 'a') }
  )
  const outcomes = await outcomesOf(target, messages)
  t.deepEqual(
    outcomes.map(({ kind }) => kind),
    names.map(name => (name === 'bad' ? 'reject' : delivered))
  )
  t.like(outcomes[5], { code: 'pubsub_rejected', detail: 'INVALID_ARGUMENT: not of the schema' })
  const taken = double.requests.map(namesIn).filter(text => !text.includes('bad'))
  t.deepEqual(taken, ['m0 m1 m2 m3', 'm4', 'm6 m7'])
})

test('more messages of a device than a request takes follow each other, each after the one before', async t => {
  let [open, most] = [0, 0]
  const { double, target } = await pairOf(
    t,
    { maxMessages: 5_000 },
    {
      ledger: () => {
        most = Math.max(most, ++open)
      },
      confirmed: () => void open--,
      reply: () => ({ kind: 'confirm', afterMs: 5 })
    }
  )
  const names = Array.from({ length: 2_500 }, (_, at) => `a${at}`)
  const messages = messagesNamed(names.join(' '))
  t.deepEqual(new Set(await kindsOf(target, messages)), new Set([delivered]))
  t.deepEqual(
    double.requests.map(request => request.messages.length),
    [1_000, 1_000, 500]
  )
  t.deepEqual(double.requests.map(namesIn).join(' ').split(' '), names)
  t.is(most, 1)
})

test('messages that are too large together travel in several requests, and one that is too large alone in none', async t => {
  const { double, target } = await pairOf(t)
  const sizes = [4_000_000, 4_000_000, 4_000_000, 10_485_761]
  const values = sizes.map(size => `"${'x'.repeat(size - 2)}"`)
  const outcomes = await kindsOf(target, messagesOf(values, { keys: sizes.map(() => 'a') }))
  t.deepEqual(outcomes, [delivered, delivered, delivered, 'reject pubsub_too_large'])
  t.deepEqual(
    double.requests.map(request => request.messages.length),
    [2, 1]
  )
})

test('no more requests are under way than maxInFlight says, over all batches', async t => {
  let [open, most] = [0, 0]
  const { target } = await pairOf(
    t,
    { maxInFlight: 3 },
    {
      ledger: () => {
        most = Math.max(most, ++open)
      },
      confirmed: () => void open--,
      reply: () => ({ kind: 'confirm', afterMs: 10 })
    }
  )
  const batches = ['a1 b1 c1 d1', 'e1 f1 g1', 'h1 i1 j1'].map(names => kindsOf(target, messagesNamed(names)))
  t.deepEqual((await Promise.all(batches)).flat(), Array(10).fill(delivered))
  t.is(most, 3)
})

test('a batch that waits for its turn ends with its signal, while another holds all turns', async t => {
  const { double, target } = await pairOf(t, { maxInFlight: 1 }, { reply: () => ({ kind: 'hang' }) })
  const abort = new AbortController()
  const first = kindsOf(target, messagesNamed('a1'))
  await until('it arrived', () => double.requests.length === 1)
  const second = outcomesOf(target, messagesNamed('b1 c1'), abort.signal)
  const early = outcomesOf(target, messagesNamed('d1'), AbortSignal.any([abort.signal]))
  await new Promise(setImmediate) // it waits for its turn by now
  const late = outcomesOf(target, messagesNamed('e1'), abort.signal)
  abort.abort(new FaultError('attempt_timeout'))
  t.deepEqual(
    (await Promise.all([second, early, late])).flat().map(({ kind }) => kind),
    Array(4).fill('unsent')
  )
  await target.close()
  t.deepEqual(await first, ['unknown attempt_aborted'])
})

test('of a device with several ordering keys nothing is sent behind what failed', async t => {
  const { double, target } = await pairOf(
    t,
    { orderingKey: '{trip}' },
    {
      reply: ({ messages }) =>
        messages[0]?.orderingKey === '1' ? unavailable : { kind: 'confirm', afterMs: 20 }
    }
  )
  const trips = ['0', '1', '2']
  const messages = messagesOf(
    trips.map(trip => `{"n":"${trip}","trip":"${trip}"}`),
    { keys: ['a', 'a', 'a'] }
  )
  t.deepEqual(await kindsOf(target, messages), [
    delivered,
    'retry pubsub_unavailable',
    'unsent pubsub_unavailable'
  ])
  t.deepEqual(double.requests.map(namesIn), ['0', '1'])
})

test('where topics hold fields, one that does not exist concerns its device only', async t => {
  const topics = ['projects/acme-prod/topics/fleet-north']
  const { double, target } = await pairOf(t, { topic: 'fleet-{fleet}' }, { topics })
  await target.open(new AbortController().signal)
  const values = ['north', 'south', 'in valid'].map(fleet => `{"fleet":"${fleet}"}`)
  const outcomes = await outcomesOf(target, messagesOf([...values, '{}'], { keys: ['a', 'b', 'c', 'd'] }))
  t.deepEqual(
    outcomes.map(one => (one.kind === 'delivered' ? one.kind : `${one.kind} ${one.scope} ${one.code}`)),
    [
      delivered,
      'reject device pubsub_device_refused',
      'reject undefined pubsub_message_unfit',
      'reject undefined pubsub_message_unfit'
    ]
  )
  t.deepEqual(
    double.requests.map(({ topic: name }) => name),
    topics
  )
})

test('a topic that does not exist halts the stream, and the hint says how to make it', async t => {
  const { target } = await pairOf(t, {}, { topics: [] })
  const error = await t.throwsAsync(target.open(new AbortController().signal), { instanceOf: FaultError })
  t.is(error?.code, 'pubsub_topic_missing')
  t.regex(error?.spec.hint ?? '', /gcloud pubsub topics create/)
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), ['halt pubsub_topic_missing'])
})

test('who may publish and not look at the topic is let through', async t => {
  const { target } = await pairOf(t, {}, { getTopic: () => ({ code: 7, details: 'no pubsub.topics.get' }) })
  await t.notThrowsAsync(target.open(new AbortController().signal))
  t.deepEqual(await kindsOf(target, messagesNamed('a1')), [delivered])
})

test('an answer with too few ids confirms nothing', async t => {
  const { target } = await pairOf(t, {}, { reply: () => ({ kind: 'confirm', ids: 1 }) })
  t.deepEqual(await kindsOf(target, messagesNamed('a1 a2')), Array(2).fill('unknown pubsub_answer_malformed'))
})

test('a connection that has fallen silent is replaced, and one that is slow is not', async t => {
  let reply: PublishReply = { kind: 'hang' }
  const { double, target } = await pairOf(t, { responseTimeoutMs: 1_000 }, { reply: () => reply })
  t.deepEqual(await kindsOf(target, messagesNamed('a1 b1')), Array(2).fill('unknown pubsub_response_timeout'))
  await until('it is closed', () => double.connections === 0)
  reply = { kind: 'confirm' }
  t.deepEqual(await kindsOf(target, messagesNamed('a1 b1')), [delivered, delivered])
  t.is(double.connections, 1)
})

test('what was confirmed stays so when its connection is closed before the rest is sent', async t => {
  const replies: PublishReply[] = [{ kind: 'hang' }, { kind: 'confirm', afterMs: 750 }]
  const clock = new VirtualClock()
  const double = await doubleWith(t, { clock, reply: () => replies.shift() ?? { kind: 'confirm' } })
  const settings = { emulator: double.address, responseTimeoutMs: 1_000, orderingKey: '{n}' }
  const target = await targetWith(t, settings, { clock })
  const silent = kindsOf(target, messagesNamed('a1'))
  await until('it is under way', () => double.requests.length === 1)
  await clock.advance(500)
  const other = kindsOf(target, messagesNamed('b1 b2'))
  await until('the other one, too', () => double.requests.length === 2)
  await clock.advance(750)
  // The second waits for the first; by then the connection has been given up, for the silence of the other batch.
  t.deepEqual(await other, [delivered, 'unsent pubsub_connect_failed'])
  t.deepEqual(await silent, ['unknown pubsub_response_timeout'])
  await until('it is closed', () => double.connections === 0)
})
