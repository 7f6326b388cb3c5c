// What a session has of an earlier configuration, and what becomes of it.

import test from 'ava'
import mqtt from 'mqtt'
import { until } from '../../../flows/harness/until.ts'
import { startMosquitto } from '../../../mosquitto.ts'
import { brokerFor, publicationOf, rigAt, span, storedOf } from './harness.ts'

test('filters of two changes in a row are all unsubscribed, after those of now are subscribed', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, feed, kafka, source } = await rigAt(t, { url: broker.url, topics: ['x/{ident}'] })
  await connected()
  kafka.hold()
  broker.publish({ topic: 'x/7', payload: Buffer.from('{}') })
  await until('it is to be appended', () => kafka.appends.length === 1)
  await source.update([feed({ topics: ['y/{ident}'] })])
  await source.update([feed({ topics: ['z/{ident}'] })])
  kafka.release()
  await connected(2)
  const asked = heard.filter(what => what.includes('subscribe'))
  t.deepEqual(asked.slice(0, 2), ['subscribe x/+', 'subscribe z/+'])
  t.deepEqual(asked.slice(2).sort(), ['unsubscribe x/+', 'unsubscribe y/+'])
})

for (const version of ['5', '3.1.1'] as const) {
  test(`with MQTT ${version} processes that get a group over a restart store every message once`, async t => {
    const broker = await startMosquitto()
    t.teardown(() => broker.stop())
    const url = `mqtt://127.0.0.1:${broker.port}`
    const before = { url, version }
    for (const clientId of ['a', 'b']) {
      const one = await rigAt(t, { ...before, clientId })
      await one.connected()
      await one.source.stop(1_000)
    }
    const publisher = await mqtt.connectAsync(url)
    t.teardown(() => publisher.endAsync(true))
    await publisher.publishAsync('fleet/8/up', '{"timestamp":1}', { qos: 1 })
    const group = { ...before, shareGroup: 'tailrace' }
    const rigs = [await rigAt(t, { ...group, clientId: 'a' }), await rigAt(t, { ...group, clientId: 'b' })]
    for (const { connected } of rigs) await connected()
    for (const n of span(1, 101)) await publisher.publishAsync('fleet/7/up', `{"timestamp":${n}}`, { qos: 1 })
    const stored = () => rigs.flatMap(({ kafka }) => kafka.stored)
    await publisher.publishAsync('fleet/9/up', '{"timestamp":1}', { qos: 1 })
    await until('all are stored', () => stored().includes(storedOf(1, '9')))
    const waited = storedOf(1, '8')
    t.deepEqual(
      stored().filter(one => one === waited),
      [waited, waited],
      'what waited in both sessions'
    )
    t.is(stored().filter(one => one.includes('"7"')).length, 100)
  })

  test(`with MQTT ${version} what formerTopics names is unsubscribed, and what waited for it is taken`, async t => {
    const broker = await startMosquitto()
    t.teardown(() => broker.stop())
    const url = `mqtt://127.0.0.1:${broker.port}`
    const wide = await rigAt(t, { url, version, topics: ['fleet/#'], identField: 'id', shareGroup: 'old' })
    await wide.connected()
    await wide.source.stop(1_000)
    const publisher = await mqtt.connectAsync(url)
    t.teardown(() => publisher.endAsync(true))
    await publisher.publishAsync('fleet/7/up', '{"timestamp":0}', { qos: 1 })
    const { connected, kafka } = await rigAt(t, { url, version, formerTopics: ['$share/old/fleet/#'] })
    await connected()
    for (const n of span(1, 51)) await publisher.publishAsync('fleet/7/up', `{"timestamp":${n}}`, { qos: 1 })
    await until('the last is stored', () => kafka.stored.includes(storedOf(50)))
    t.deepEqual(
      kafka.stored,
      span(0, 51).map(n => storedOf(n))
    )
  })
}

test('a session that is new has nothing to be unsubscribed', async t => {
  const { broker, heard } = await brokerFor(t)
  const { connected, kafka } = await rigAt(t, { url: broker.url, formerTopics: ['old/{ident}'] })
  await connected()
  broker.publish(publicationOf(1))
  await until('it is stored', () => kafka.stored.length === 1)
  t.false(heard.some(what => what.startsWith('unsubscribe')))
})
