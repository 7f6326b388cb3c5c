// How the source keeps connected, and what it tells where it cannot.

import test from 'ava'
import { MqttSource } from '../../../../connectors/mqtt/source.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { errors } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { Told } from '../../shared/tcp/harness.ts'
import { brokerFor, publicationOf, type Rig, rigAt, storedOf } from './harness.ts'

/** What the one session of the source is troubled by. */
const troubleOf = ({ source }: Rig) => source.connections[0]?.trouble

test('a broker that is away is waited for, and start() does not fail; it is told once, with what to do', async t => {
  const { broker } = await brokerFor(t)
  await broker.stop()
  const rig = await rigAt(t, { url: broker.url })
  const { connected, source, told } = rig
  await until('it was tried', () => (troubleOf(rig)?.attempt ?? 0) >= 3)
  t.like(source.connections, [{ channel: 'fleet', url: broker.url, state: 'waiting' }])
  t.like(troubleOf(rig), { code: 'mqtt_connect_failed' })
  t.is(told.lines('source_waiting').length, 1)
  const { hint, sentence } = errors.mqtt_connect_failed
  const at = { channel: 'fleet', url: broker.url, clientId: 'tailrace-1' }
  t.like(told.lines('source_waiting')[0], { ...at, code: 'mqtt_connect_failed', sentence, hint, attempt: 1 })
  await broker.start()
  await connected()
  t.like(source.connections, [{ channel: 'fleet', url: broker.url, state: 'connected' }])
  t.is(troubleOf(rig), undefined)
})

test('another reason to wait is told, at most every ten seconds', async t => {
  const clock = new VirtualClock()
  let isBusy = false
  const { broker } = await brokerFor(t, { connect: () => (isBusy ? 0x88 : 0) })
  const rig = await rigAt(t, { url: broker.url }, { clock })
  const { connected, told } = rig
  await connected()
  isBusy = true
  const waited = () => told.lines('source_waiting').map(({ code }) => code)
  broker.cut()
  await until('it is told', () => waited().length === 1)
  await until('it is refused', async () => {
    await clock.advance(20)
    return troubleOf(rig)?.code === 'mqtt_unavailable'
  })
  t.deepEqual(waited(), ['mqtt_session_interrupted'])
  await until('the other reason is told', async () => {
    await clock.advance(1_000)
    return waited().length > 1
  })
  t.deepEqual(waited(), ['mqtt_session_interrupted', 'mqtt_unavailable'])
  t.true(clock.now() >= 10_000)
})

test('what stands behind the ? of an address is in no line and no state', async t => {
  const { source, told } = await rigAt(t, { url: 'ws://127.0.0.1:1/mqtt?token=hunter2hunter2' })
  await until('it is told', () => told.lines('source_waiting').length > 0)
  t.false(JSON.stringify([told.events, source.connections]).includes('hunter2'))
  t.is(source.connections[0]?.url, 'ws://127.0.0.1:1/mqtt')
})

for (const [code, version, expected] of [
  [0x86, '5', 'mqtt_unauthorized'],
  [0x87, '5', 'mqtt_unauthorized'],
  [0x84, '5', 'mqtt_version_refused'],
  [0x85, '5', 'mqtt_client_id_refused'],
  [5, '3.1.1', 'mqtt_unauthorized'],
  [2, '3.1.1', 'mqtt_client_id_refused']
] as const)
  test(`a CONNACK ${code} of MQTT ${version} is told as ${expected}, with a hint, and tried again slowly`, async t => {
    const { broker, heard } = await brokerFor(t, { connect: () => code })
    const clock = new VirtualClock()
    const { told } = await rigAt(t, { url: broker.url, version }, { clock })
    await until('it is told', () => told.lines('source_halted').length === 1)
    t.like(told.lines('source_halted')[0], {
      code: expected,
      hint: errors[expected].hint,
      nextAttempt: new Date(clock.now() + 60_000).toISOString()
    })
    await clock.advance(59_000)
    t.is(heard.length, 1)
    await clock.advance(1_000)
    await until('it is tried again', () => heard.length === 2)
  })

test('a subscription that is refused, or granted with QoS 0 only, is told with its filter', async t => {
  const { broker } = await brokerFor(t, {
    subscribe: filter => (filter === 'a/+' ? 0x87 : filter === 'b' ? 0 : 1)
  })
  const { told } = await rigAt(t, { url: broker.url, topics: ['a/{x}', 'b', 'c'], clientId: 'x' })
  await until('it is told', () => told.lines('source_halted').length === 1)
  t.like(told.lines('source_halted')[0], { code: 'mqtt_subscription_refused' })
  t.is(told.lines('source_halted')[0]?.detail, 'a/+: 0x87 not authorized, b: only QoS 0')
})

test('a client that takes the session over is told, and the two do not throw each other out without end', async t => {
  const { broker, heard } = await brokerFor(t)
  const one = await rigAt(t, { url: broker.url })
  await one.connected()
  const other = await rigAt(t, { url: broker.url })
  await other.connected()
  await until('it is told', () => one.told.lines('source_halted').length === 1)
  t.like(one.told.lines('source_halted')[0], {
    code: 'mqtt_session_taken',
    hint: errors.mqtt_session_taken.hint
  })
  t.true((troubleOf(one)?.untilMs ?? 0) - Date.now() > 50_000)
  broker.publish(publicationOf(1))
  await until('the other has it', () => other.kafka.stored.length === 1)
  t.is(heard.filter(what => what.startsWith('connect')).length, 2)
})

for (const [what, bytes] of [
  ['speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n'.repeat(4))],
  ['sends a packet whose length does not end', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff])],
  ['sends a packet that ends in its topic', Buffer.from([0x32, 3, 0, 9, 0x61])],
  ['sends a QoS that is none', Buffer.from([0x36, 6, 0, 1, 0x61, 0, 1, 0])]
] as const)
  test(`what answers and ${what} is told, and the next connection serves`, async t => {
    const { broker } = await brokerFor(t)
    const { connected, kafka, told } = await rigAt(t, { url: broker.url })
    await connected()
    broker.sendRaw(bytes)
    await connected(2)
    t.is(told.lines('source_waiting')[0]?.code, 'mqtt_answer_malformed')
    broker.publish(publicationOf(1))
    await until('it is stored', () => kafka.stored.length === 1)
  })

test('a session that the broker has lost is told', async t => {
  let forgets = false
  const { broker } = await brokerFor(t, { forgets: () => forgets })
  const { connected, told } = await rigAt(t, { url: broker.url })
  await connected()
  broker.cut()
  await connected(2)
  t.is(told.lines('session_lost').length, 0)
  forgets = true
  broker.cut()
  await connected(3)
  t.like(told.lines('session_lost')[0], { channel: 'fleet', clientId: 'tailrace-1' })
})

test('a process that finds no session of its client says so, as it cannot know whether there was one', async t => {
  const { broker } = await brokerFor(t)
  const first = await rigAt(t, { url: broker.url })
  await first.connected()
  t.like(first.told.lines('session_new'), [{ channel: 'fleet', clientId: 'tailrace-1', url: broker.url }])
  await first.source.stop(1_000)
  const second = await rigAt(t, { url: broker.url })
  await second.connected()
  t.deepEqual(second.told.lines('session_new'), [])
})

test('a session that the broker keeps for a shorter time than it was asked to is told, once', async t => {
  const { broker } = await brokerFor(t, { sessionExpirySeconds: 3_600 })
  const { connected, told } = await rigAt(t, { url: broker.url })
  await connected()
  broker.cut()
  await connected(2)
  t.is(told.lines('session_shortened').length, 1)
  t.like(told.lines('session_shortened')[0], { askedSeconds: 604_800, seconds: 3_600 })
  const other = await rigAt(t, { url: broker.url, clientId: 'other', sessionExpirySeconds: 3_600 })
  await other.connected()
  t.deepEqual(other.told.lines('session_shortened'), [])
})

test('nothing is taken before Kafka was reached, and stop() does not wait for it', async t => {
  const { broker, heard } = await brokerFor(t)
  let reach = () => {}
  const kafkaReached = new Promise<void>(resolve => {
    reach = resolve
  })
  const { connected, source } = await rigAt(t, { url: broker.url }, { kafkaReached })
  const other = await rigAt(t, { url: broker.url, clientId: 'other' }, { kafkaReached })
  await other.source.stop(1_000)
  t.like(source.connections, [{ state: 'starting' }])
  t.deepEqual(heard, [])
  reach()
  await connected()
})

test('a broker that is silent is given up, before and after it was connected', async t => {
  const clock = new VirtualClock()
  const { broker, heard } = await brokerFor(t, { clock })
  const { connected, told } = await rigAt(t, { url: broker.url }, { clock })
  await connected()
  broker.isSilent = true
  const lost = () => told.lines('source_waiting').map(({ detail }) => String(detail))
  await until('the broker is missed', async () => {
    await clock.advance(22_500)
    return lost().length > 0
  })
  t.regex(lost()[0] ?? '', /no answer to PINGREQ/)
  await until('the next connection is given up', async () => {
    await clock.advance(10_000)
    return lost().length > 1
  })
  t.regex(lost()[1] ?? '', /after 10000 ms/)
  t.true(heard.includes('connect tailrace-1'))
})

test('a changed feed goes on with its session, without the filters that it no longer has', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, feed, kafka, source } = await rigAt(t, {
    url: broker.url,
    topics: ['fleet/{ident}/up', 'old']
  })
  await connected()
  await source.update([feed({ topics: ['fleet/{ident}/up', 'new'] })])
  await connected(2)
  t.deepEqual(
    heard.filter(what => !what.startsWith('puback')),
    [
      ...['connect tailrace-1', 'subscribe fleet/+/up', 'subscribe old', 'disconnect', 'connect tailrace-1'],
      ...['subscribe fleet/+/up', 'subscribe new', 'unsubscribe old']
    ]
  )
  broker.publish(publicationOf(1))
  await until('it is stored', () => kafka.stored.length === 1)
  t.deepEqual(kafka.stored, [storedOf(1)])
})

test('a feed that has not changed keeps its connection, and gives to the channel of now', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, feed, source } = await rigAt(t, { url: broker.url })
  await connected()
  const stored: string[] = []
  const append = async (messages: readonly { value: Buffer }[]) =>
    void stored.push(...messages.map(({ value }) => value.toString()))
  await source.update([{ ...feed(), append }])
  broker.publish(publicationOf(1))
  await until('it is stored', () => stored.length === 1)
  t.is(heard.filter(what => what.startsWith('connect')).length, 1)
})

test('what a session has of earlier times is acknowledged and counted', async t => {
  const { broker } = await brokerFor(t)
  const first = await rigAt(t, { url: broker.url, topics: ['old/{ident}'] })
  await first.connected()
  await first.source.stop(1_000)
  broker.publish({ topic: 'old/7', payload: Buffer.from('{}') })
  const { connected, told } = await rigAt(t, { url: broker.url })
  await connected()
  await until('it is acknowledged', () => broker.unacknowledged('old/7') === 0)
  t.deepEqual(told.refused, [['fleet', 'mqtt_topic_unwanted']])
})

test('two sources of one session are a mistake, and so is TLS without mqtts', async t => {
  const { feed, source } = await rigAt(t, { url: 'mqtt://127.0.0.1:1' })
  const env = new Told().env()
  const message = /two sources would connect to mqtt:\/\/127.0.0.1:1 as tailrace-1/
  t.throws(() => new MqttSource([feed(), { ...feed(), channel: 'boats' }], env), { message })
  t.throws(() => new MqttSource([feed({ tls: {} })], env), { message: /needs an mqtts or wss url/ })
  await t.throwsAsync(source.update([feed(), feed()]), { message })
})
