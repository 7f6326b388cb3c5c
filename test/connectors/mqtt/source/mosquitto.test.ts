// The source with mosquitto: what only a real broker shows.

import test, { type ExecutionContext } from 'ava'
import mqtt from 'mqtt'
import { until } from '../../../flows/harness/until.ts'
import { startMosquitto } from '../../../mosquitto.ts'
import { rigAt, span, storedOf } from './harness.ts'

/** Publishes with QoS 1: resolves once the broker has confirmed all of them. */
async function publisherAt(t: ExecutionContext, port: number) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    reconnectPeriod: 20
  })
  t.teardown(() => client.endAsync(true))
  return (numbers: readonly number[], identOf: (n: number) => string = () => '7') =>
    Promise.all(
      numbers.map(n => client.publishAsync(`fleet/${identOf(n)}/up`, `{"timestamp":${n}}`, { qos: 1 }))
    )
}

const three = (n: number) => String(n % 3)

/** The messages of each device, in order of first arrival. */
function firstsOf(stored: readonly string[]): Record<string, number[]> {
  const firsts: Record<string, number[]> = {}
  for (const { ident, timestamp } of stored.map(value => JSON.parse(value))) {
    const own = firsts[ident] ?? []
    if (!own.includes(timestamp)) firsts[ident] = [...own, timestamp]
  }
  return firsts
}

for (const version of ['5', '3.1.1'] as const) {
  test(`thousands of messages pass in order with MQTT ${version}, also what came while nobody was there`, async t => {
    const broker = await startMosquitto({ settings: ['max_queued_messages 0'] })
    t.teardown(() => broker.stop())
    const url = `mqtt://127.0.0.1:${broker.port}`
    const publish = await publisherAt(t, broker.port)
    const first = await rigAt(t, { url, version })
    await first.connected()
    await publish(span(1, 1_001))
    await until('they are stored', () => first.kafka.stored.length === 1_000)
    t.deepEqual(
      first.kafka.stored,
      span(1, 1_001).map(n => storedOf(n))
    )
    await first.source.stop(1_000)
    await publish(span(1_001, 3_001), three)
    const { connected, kafka, told } = await rigAt(t, { url, version })
    await connected()
    await until('they are stored', () => kafka.stored.length >= 2_000)
    t.deepEqual(
      kafka.stored,
      span(1_001, 3_001).map(n => storedOf(n, three(n)))
    )
    t.like(told.lines('source_connected')[0], { isResumed: true })
  })

  test(`with MQTT ${version} what could not be stored comes again, in order per device`, async t => {
    const broker = await startMosquitto({ settings: ['max_queued_messages 0'] })
    t.teardown(() => broker.stop())
    const publish = await publisherAt(t, broker.port)
    const { connected, kafka, source } = await rigAt(t, { url: `mqtt://127.0.0.1:${broker.port}`, version })
    await connected()
    kafka.fault = 'kafka_unavailable'
    await publish(span(1, 501), three)
    await until('it was tried again', () => (source.connections[0]?.trouble?.attempt ?? 0) >= 3)
    t.deepEqual(kafka.stored, [])
    kafka.fault = null
    const wanted = firstsOf(span(1, 501).map(n => storedOf(n, three(n))))
    await until('all are stored', () => new Set(kafka.stored).size === 500)
    t.deepEqual(firstsOf(kafka.stored), wanted)
  })
}

test('a restart of the broker that keeps sessions loses nothing, before or after', async t => {
  const broker = await startMosquitto({ persists: true, settings: ['max_queued_messages 0'] })
  t.teardown(() => broker.stop())
  const publish = await publisherAt(t, broker.port)
  const { connected, kafka, told } = await rigAt(t, { url: `mqtt://127.0.0.1:${broker.port}` })
  await connected()
  kafka.hold()
  await publish(span(1, 101))
  await until('something is to be appended', () => kafka.appends.length > 0)
  await broker.shutDown()
  kafka.release()
  await broker.start()
  await connected(2)
  t.is(told.lines('session_lost').length, 0)
  await publish(span(101, 201))
  await until('all are stored', () => new Set(kafka.stored).size === 200)
  t.deepEqual(firstsOf(kafka.stored), { 7: span(1, 201) })
})

test('a broker that is killed and keeps nothing has lost the session, which is told', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const { connected, told } = await rigAt(t, { url: `mqtt://127.0.0.1:${broker.port}` })
  await connected()
  await broker.kill()
  await broker.start()
  await connected(2)
  t.is(told.lines('session_lost').length, 1)
})

test('a group divides the messages, and what is for one that is away waits for it or goes to others, lost is none', async t => {
  const broker = await startMosquitto({ settings: ['max_queued_messages 0'] })
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const publish = await publisherAt(t, broker.port)
  const group = { url, shareGroup: 'tailrace' }
  const one = await rigAt(t, { ...group, clientId: 'pod-0' })
  const other = await rigAt(t, { ...group, clientId: 'pod-1' })
  await Promise.all([one.connected(), other.connected()])
  await publish(span(1, 401))
  await until('all are stored', () => one.kafka.stored.length + other.kafka.stored.length === 400)
  t.true(one.kafka.stored.length > 100 && other.kafka.stored.length > 100)
  await one.source.stop(1_000)
  await publish(span(401, 601))
  const back = await rigAt(t, { ...group, clientId: 'pod-0' })
  await back.connected()
  const stored = () => [one, other, back].flatMap(({ kafka }) => kafka.stored)
  await until('all are stored', () => new Set(stored()).size === 600)
  t.log(`${back.kafka.stored.length} of 200 waited for the one that was away`)
})

test('a wrong password is told; a topic that this user may not read is not, since mosquitto grants it and sends nothing', async t => {
  const broker = await startMosquitto({
    users: { truck: 'secret-4711' },
    access: ['user truck', 'topic read other/#']
  })
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const wrong = await rigAt(t, { url, username: 'truck', password: 'another' })
  await until('it is told', () => wrong.told.lines('source_halted').length === 1)
  t.like(wrong.told.lines('source_halted')[0], { code: 'mqtt_unauthorized' })
  t.false(JSON.stringify(wrong.told.events).includes('another'))
  const right = await rigAt(t, { url, username: 'truck', password: 'secret-4711' })
  await right.connected()
  t.is(right.told.lines('source_halted').length, 0)
})
