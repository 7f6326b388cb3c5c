// From a PUBLISH at mosquitto over a real Kafka to a receiver, as a user runs it: what is a message arrives, and what is
// none is among the dead letters of the channel.

import test from 'ava'
import mqtt from 'mqtt'
import { systemClock } from '../../connectors/clock.ts'
import { kafkaLog } from '../../connectors/kafka/log/kafkajs/log.ts'
import { decodeBroken } from '../../processors/ingest/broken-letter.ts'
import { testBrokers, uniqueName } from '../kafka.ts'
import { startMosquitto } from '../mosquitto.ts'
import { createService, startReceiver } from '../processors/service/start.ts'
import { until } from './harness/until.ts'

test('what is published arrives, what is no message is a dead letter, and the broker has nothing left', async t => {
  const topic = uniqueName('mqtt')
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const receiver = await startReceiver(t)
  const source = { url, topics: ['fleet/{ident}/up'], clientId: topic }
  const { logged, opened, service } = await createService(t, {
    channels: { fleet: { topic, partitions: 1, sources: [{ mqtt: source }] } },
    streams: { acme: { from: ['fleet'], group: `${topic}.acme`, target: { http: { url: receiver.url } } } }
  })
  await service.start()
  await opened('acme', 1)
  await until('it is subscribed', () => logged.some(({ name }) => name === 'source_connected'))
  const client = await mqtt.connectAsync(url)
  t.teardown(() => client.endAsync(true))
  const publish = (payload: string) => client.publishAsync('fleet/7/up', payload, { qos: 1 })
  await Promise.all([publish('{"n":1}'), publish('{"n":'), publish('[{"n":2},{"n":3}]')])
  await until('the messages have arrived', () => receiver.arrived.length === 3)
  t.deepEqual(receiver.arrived, [1, 2, 3])
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const admin = log.admin()
  t.teardown(() => admin.close())
  const letters = []
  for await (const record of admin.read({ topic: `${topic}.dead-letters`, partition: 0, from: 0, to: 1 }))
    letters.push({
      ...decodeBroken(record.headers),
      key: record.key?.toString(),
      value: record.value?.toString()
    })
  t.is(letters.length, 1)
  t.like(letters[0], {
    channel: 'fleet',
    code: 'mqtt_payload_invalid',
    from: 'fleet/7/up',
    key: '7',
    value: '{"n":'
  })
})

test('what waits in the session at a start is taken without a refusal, and where it comes from is shown', async t => {
  const topic = uniqueName('mqtt')
  const broker = await startMosquitto({ persists: true })
  t.teardown(() => broker.stop())
  const url = `mqtt://127.0.0.1:${broker.port}`
  const source = { url, topics: ['fleet/{ident}/up'], clientId: topic }
  const channels = { fleet: { topic, partitions: 1, sources: [{ mqtt: source }] } }
  const first = createService(t, { channels })
  await first.service.start()
  const isConnected = ({ service }: typeof first) =>
    service.status().channels[0]?.connections?.[0]?.state === 'connected'
  await until('it is subscribed', () => isConnected(first))
  await first.service.stop(5_000)
  const client = await mqtt.connectAsync(url)
  t.teardown(() => client.endAsync(true))
  for (let n = 0; n < 20; n++) await client.publishAsync('fleet/7/up', `{"n":${n}}`, { qos: 1 })
  const { adminUrl, logged, service } = createService(t, { channels })
  await service.start()
  const page = async () => (await fetch(`${adminUrl()}/metrics`)).text()
  const accepted = 'tailrace_channel_messages_accepted_total{channel="fleet"} 20'
  await until('all are stored', async () => (await page()).includes(accepted))
  t.false(logged.some(({ name }) => name === 'source_waiting'))
  t.false((await page()).includes('tailrace_channel_requests_refused_total{'))
  t.like(service.status().channels[0]?.connections, [{ source: 'mqtt', url, state: 'connected' }])
  const gauge = `tailrace_channel_source_connected{channel="fleet",source="mqtt",url="${url}"}`
  t.true((await page()).includes(`${gauge} 1\n`))
  await broker.kill()
  await until('it is seen', async () => (await page()).includes(`${gauge} 0\n`))
  t.like(service.status().channels[0]?.trouble, { source: 'mqtt', url })
})
