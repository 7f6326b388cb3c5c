// When the source acknowledges, with a broker that follows orders.

import test from 'ava'
import { until } from '../../../flows/harness/until.ts'
import { brokerFor, publicationOf, rigAt, span, storedOf } from './harness.ts'

test('PUBACKs come once Kafka has the messages, in the order of receipt, many messages to an append', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url })
  await connected()
  kafka.hold()
  broker.publish(publicationOf(1))
  await until('it is to be appended', () => kafka.appends.length === 1)
  for (const n of span(2, 501)) broker.publish(publicationOf(n))
  await until('they are taken', () => broker.takenBytes > 501 * 25)
  t.false(heard.some(what => what.startsWith('puback')))
  kafka.release()
  await until('all are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(
    heard.filter(what => what.startsWith('puback')),
    span(1, 501).map(id => `puback ${id}`)
  )
  t.deepEqual(
    kafka.stored,
    span(1, 501).map(n => storedOf(n))
  )
  t.true(kafka.appends.length < 20, `${kafka.appends.length} appends`)
})

test('when an append is rejected nothing of it is acknowledged, and the broker sends it again over a new connection', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka, source, told } = await rigAt(t, { url: broker.url })
  await connected()
  kafka.fault = 'kafka_unavailable'
  for (const n of span(1, 51)) broker.publish(publicationOf(n))
  await until('it was tried again', () => (source.connections[0]?.trouble?.attempt ?? 0) >= 2)
  t.is(broker.unacknowledged('fleet/7/up'), 50)
  t.deepEqual(kafka.stored, [])
  kafka.fault = null
  await until('all are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(
    kafka.stored,
    span(1, 51).map(n => storedOf(n))
  )
  t.true(heard.filter(what => what === 'connect tailrace-1').length >= 3)
  t.like(told.lines('source_waiting')[0], { channel: 'fleet', code: 'kafka_unavailable' })
  t.deepEqual(told.refused[0], ['fleet', 'kafka_unavailable'])
})

test('no more than maxInFlight are taken, whatever the version, and the rest follows', async t => {
  for (const version of ['5', '3.1.1'] as const) {
    const { broker } = await brokerFor(t)
    const { connected, kafka } = await rigAt(t, { url: broker.url, version, maxInFlight: 10 })
    await connected()
    kafka.hold()
    broker.publish(publicationOf(1))
    await until('it is to be appended', () => kafka.appends.length === 1)
    for (const n of span(2, 101)) broker.publish(publicationOf(n))
    kafka.release()
    await until('all are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
    t.deepEqual(
      kafka.stored,
      span(1, 101).map(n => storedOf(n))
    )
    t.true(Math.max(...kafka.appends) <= 10, kafka.appends.join())
  }
})

test('a session that was away gets what came meanwhile, and devices keep their order', async t => {
  const { broker } = await brokerFor(t)
  const first = await rigAt(t, { url: broker.url })
  await first.connected()
  broker.publish(publicationOf(1))
  await until('it is acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  await first.source.stop(1_000)
  for (const n of span(2, 300)) broker.publish(publicationOf(n, String(n % 3)))
  const { connected, kafka, told } = await rigAt(t, { url: broker.url })
  await connected()
  t.like(told.lines('source_connected')[0], { isResumed: true })
  await until('all are stored', () => kafka.stored.length === 298)
  t.deepEqual(
    kafka.stored,
    span(2, 300).map(n => storedOf(n, String(n % 3)))
  )
})

test('what is set aside is acknowledged once Kafka has it, beside messages that are stored', async t => {
  const { broker } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url })
  await connected()
  kafka.hold()
  broker.publish({ topic: 'fleet/7/up', payload: Buffer.from('{"timestamp":') })
  broker.publish(publicationOf(1))
  await until('it is to be appended', () => kafka.appends.length === 1)
  t.is(broker.unacknowledged('fleet/7/up'), 2)
  kafka.release()
  await until('both are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(kafka.stored, [storedOf(1)])
  const [broken] = kafka.aside
  t.like(broken, { device: '7', code: 'mqtt_payload_invalid', from: 'fleet/7/up' })
  t.deepEqual(broken?.bytes, Buffer.from('{"timestamp":'))
})

test('a message that the topic of the channel has no room for is set aside alone', async t => {
  const { broker } = await brokerFor(t)
  const { connected, kafka, source, feed } = await rigAt(t, { url: broker.url })
  await connected()
  const { append } = kafka
  const small: typeof append = async messages => {
    if (messages.some(({ value }) => value.length > 100)) kafka.fault = 'body_too_large'
    await append(messages).finally(() => {
      kafka.fault = null
    })
  }
  await source.update([{ ...feed(), append: small }])
  const large = { topic: 'fleet/8/up', payload: Buffer.from(`{"timestamp":5,"note":"${'x'.repeat(200)}"}`) }
  for (const publication of [publicationOf(1), large, publicationOf(2)]) broker.publish(publication)
  await until('all are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  await until('and the large one', () => broker.unacknowledged('fleet/8/up') === 0)
  t.deepEqual(kafka.stored, [storedOf(1), storedOf(2)])
  t.deepEqual(
    kafka.aside.map(({ code, device }) => [code, device]),
    [['mqtt_payload_too_large', '8']]
  )
})

test('of many messages one that is too large costs a few appends, and the others keep their order', async t => {
  const { broker } = await brokerFor(t)
  const { connected, kafka, source, feed } = await rigAt(t, { url: broker.url })
  await connected()
  const append: typeof kafka.append = async messages => {
    kafka.fault = messages.some(({ value }) => value.includes(':300}')) ? 'body_too_large' : null
    await kafka.append(messages).finally(() => {
      kafka.fault = null
    })
  }
  await source.update([{ ...feed(), append }])
  kafka.hold()
  for (const n of span(0, 501)) broker.publish(publicationOf(n))
  await until('the first are to be appended', () => kafka.appends.length === 1)
  kafka.release()
  await until('all are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(
    kafka.stored,
    span(0, 501).flatMap(n => (n === 300 ? [] : [storedOf(n)]))
  )
  t.deepEqual(
    kafka.aside.map(({ bytes }) => bytes.toString()),
    [storedOf(300)]
  )
  t.true(kafka.appends.length < 40, `${kafka.appends.length} appends`)
})

test('payloads of many messages go to Kafka in appends of some ten thousand', async t => {
  const { broker } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url })
  await connected()
  const payload = Buffer.from(`[${Array(2_000).fill('{"timestamp":1}').join()}]`)
  kafka.hold()
  for (const ident of span(0, 60)) broker.publish({ topic: `fleet/${ident}/up`, payload })
  await until('the first are to be appended', () => kafka.appends.length === 1)
  kafka.release()
  await until('all are stored', () => kafka.stored.length === 120_000)
  t.true(Math.max(...kafka.appends) <= 12_000, kafka.appends.join())
})

test('of a packet that is too large only the beginning is taken and set aside, and the next is read', async t => {
  const { broker } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url, maxPacketBytes: 131_072 })
  await connected()
  const payload = Buffer.alloc(20_000_000, 'x')
  broker.publish({ topic: 'fleet/8/up', payload })
  broker.publish(publicationOf(1))
  await until('both are acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.is(broker.unacknowledged('fleet/8/up'), 0)
  t.deepEqual(kafka.stored, [storedOf(1)])
  const [broken] = kafka.aside
  t.is(broken?.code, 'mqtt_payload_too_large')
  t.regex(broken?.detail ?? '', /^the packet has 200000\d\d bytes; only its beginning was taken$/)
  const beginning = payload.subarray(0, broken?.bytes.length)
  t.true(beginning.length > 130_000 && beginning.length < 131_072 && broken?.bytes.equals(beginning) === true)
})

test('messages that were kept are taken or ignored as it is set, and counted', async t => {
  const { broker } = await brokerFor(t)
  const { connected, feed, kafka, source, told } = await rigAt(t, { url: broker.url })
  await connected()
  broker.publish({ ...publicationOf(1), retain: true })
  await until('it is acknowledged', () => broker.unacknowledged('fleet/7/up') === 0)
  t.deepEqual(kafka.stored, [])
  t.deepEqual(told.refused, [['fleet', 'mqtt_retained_ignored']])
  await source.update([feed({ retained: 'take' })])
  await connected(2)
  broker.publish({ ...publicationOf(2), retain: true })
  await until('it is stored', () => kafka.stored.length === 1)
})

test('what is published with QoS 0 is stored, and counted as lost when it cannot be', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka, told } = await rigAt(t, { url: broker.url })
  await connected()
  broker.publish({ ...publicationOf(1), qos: 0 })
  await until('it is stored', () => kafka.stored.length === 1)
  kafka.fault = 'kafka_unavailable'
  broker.publish({ ...publicationOf(2), qos: 0 })
  await until('it is lost', () => told.refused.some(([, code]) => code === 'mqtt_unconfirmed_lost'))
  t.false(heard.some(what => what.startsWith('puback')))
})

test('stop() connects no more when the connection breaks while what was received is stored', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka, source } = await rigAt(t, { url: broker.url })
  await connected()
  kafka.hold()
  broker.publish(publicationOf(1))
  await until('it is to be appended', () => kafka.appends.length === 1)
  const stopped = source.stop(1_000)
  broker.cut()
  await until('the connection is gone', () => broker.connections === 0)
  kafka.release()
  await stopped
  t.is(heard.filter(what => what.startsWith('connect')).length, 1)
  t.is(broker.unacknowledged('fleet/7/up'), 1)
})
