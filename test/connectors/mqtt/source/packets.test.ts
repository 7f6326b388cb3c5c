// Packets that must not stop a channel: a broker sends what is not acknowledged again, with every connection.

import test from 'ava'
import mqtt from 'mqtt'
import { until } from '../../../flows/harness/until.ts'
import { startMosquitto } from '../../../mosquitto.ts'
import { brokerFor, publicationOf, rigAt, storedOf } from './harness.ts'

/** Larger than what is kept of a packet that is cut. */
const userProperties = { note: Array.from({ length: 5 }, () => 'x'.repeat(60_000)) }

test('a packet that is too large by its user properties is set aside and acknowledged, and the next is stored', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url, maxPacketBytes: 131_072 })
  await connected()
  broker.publish({ ...publicationOf(1, '8'), properties: { userProperties } })
  broker.publish(publicationOf(2))
  await until('both are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(kafka.stored, [storedOf(2)])
  t.like(kafka.aside[0], { device: '8', code: 'mqtt_payload_too_large', from: 'fleet/8/up' })
  t.true(kafka.aside[0]?.bytes.includes('xxxx'))
  t.is(heard.filter(what => what.startsWith('connect')).length, 1)
})

test('mosquitto gets rid of a packet with megabytes of user properties, and brings what is behind it', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const { connected, kafka, told } = await rigAt(t, { url })
  await connected()
  const client = await mqtt.connectAsync(url, { protocolVersion: 5 })
  t.teardown(() => client.endAsync(true))
  const properties = { userProperties: { note: Array.from({ length: 140 }, () => 'x'.repeat(65_000)) } }
  await client.publishAsync('fleet/8/up', '{"timestamp":1}', { qos: 1, properties })
  await client.publishAsync('fleet/7/up', '{"timestamp":2}', { qos: 1 })
  await until('the one behind it is stored', () => kafka.stored.length === 1)
  t.is(kafka.aside.length, 1)
  t.is(told.lines('source_connected').length, 1)
})

test('a packet that cannot be taken apart is set aside by its bytes and acknowledged', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url, topics: ['{ident}'] })
  await connected()
  broker.sendRaw(Buffer.from([0x32, 8, 0, 1, 0x37, 0, 9, 3, 0x26, 0]))
  broker.sendRaw(Buffer.from([0x32, 8, 0, 0, 0, 10, 3, 0x23, 0, 1]))
  await until('both are acknowledged', () => heard.includes('puback 10'))
  t.deepEqual(
    kafka.aside.map(({ bytes, code, detail, device, from }) => [bytes.length, code, detail, device, from]),
    [
      [3, 'mqtt_payload_invalid', 'its properties do not end within it', '7', '7'],
      [0, 'mqtt_payload_invalid', 'it has no topic', undefined, '']
    ]
  )
})

test('a message with QoS 2 is taken with PUBREC once Kafka has it, and PUBCOMP ends it', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url })
  await connected()
  kafka.hold()
  broker.publish({ ...publicationOf(1), qos: 2 })
  broker.publish(publicationOf(2))
  await until('it is to be appended', () => kafka.appends.length > 0)
  t.false(heard.some(what => what.startsWith('pub')))
  kafka.release()
  await until('both are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(kafka.stored, [storedOf(1), storedOf(2)])
  t.deepEqual(
    heard.filter(what => what.startsWith('pub')),
    ['pubrec 1', 'puback 2', 'pubcomp 1']
  )
})

test('a message with QoS 2 that a broken connection left between PUBREC and PUBCOMP is ended by the next one', async t => {
  const heard: string[] = []
  const { broker } = await brokerFor(t, {
    heard: what => {
      heard.push(what)
      if (what === 'pubrec 1') broker.cut()
    }
  })
  const { connected, kafka } = await rigAt(t, { url: broker.url })
  await connected()
  broker.publish({ ...publicationOf(1), qos: 2 })
  await connected(2)
  await until('it is ended', () => heard.includes('pubcomp 1'))
  t.is(broker.unacknowledged('fleet/7/up'), 0)
  t.deepEqual(kafka.stored, [storedOf(1)])
})

test('with mosquitto what an earlier client left with QoS 2 in the session is taken once, and what is behind it', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  for (const version of ['5', '3.1.1'] as const) {
    const clientId = `tailrace-${version}`
    const options = { clientId, clean: false, protocolVersion: version === '5' ? 5 : 4 } as const
    const properties = { sessionExpiryInterval: 3_600 }
    const earlier = await mqtt.connectAsync(url, { ...options, ...(version === '5' && { properties }) })
    await earlier.subscribeAsync('fleet/+/up', { qos: 2 })
    await earlier.endAsync()
    const client = await mqtt.connectAsync(url)
    for (const n of [1, 2, 3])
      await client.publishAsync('fleet/7/up', `{"timestamp":${n}}`, { qos: n === 3 ? 1 : 2 })
    await client.endAsync()
    const { connected, kafka, source, told } = await rigAt(t, { url, version, clientId })
    await connected()
    await until('all are stored', () => kafka.stored.length >= 3)
    t.deepEqual(kafka.stored, [storedOf(1), storedOf(2), storedOf(3)])
    t.is(told.lines('source_waiting').length, 0)
    await source.stop(1_000)
    const next = await rigAt(t, { url, version, clientId })
    await next.connected()
    await next.source.stop(1_000)
    t.deepEqual(next.kafka.stored, [])
  }
})
