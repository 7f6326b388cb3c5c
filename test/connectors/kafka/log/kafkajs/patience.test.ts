// Administrative calls for somebody who waits: they tell soon that Kafka cannot be reached, and leave nothing open.

import { once } from 'node:events'
import test from 'ava'
import { systemClock } from '../../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import { testBrokers, uniqueName } from '../../../../kafka.ts'
import { silentServer } from '../../silent-server.ts'

const patienceMs = 400
/** The calls of a patient admin take ten times that, and more. */
const limitMs = 4_000

const impatient = (...brokers: string[]) =>
  kafkaLog({ brokers, clientId: 'patience' }, { log: () => {}, clock: systemClock, patienceMs }).admin()

test('a Kafka that is down is told soon', async t => {
  const startMs = performance.now()
  await t.throwsAsync(impatient('127.0.0.1:1').brokers(), { message: /ECONNREFUSED/ })
  const tookMs = performance.now() - startMs
  t.true(tookMs < limitMs, `${tookMs} ms`)
})

test('a Kafka that says nothing is told soon, and no connection to it stays open', async t => {
  const { server, sockets, address } = await silentServer()
  t.teardown(() => server.close())
  const startMs = performance.now()
  await t.throwsAsync(impatient(address).brokers(), { message: /timed out/ })
  const tookMs = performance.now() - startMs
  t.true(tookMs < limitMs, `${tookMs} ms`)
  await Promise.all([...sockets].map(socket => once(socket, 'close')))
  t.is(sockets.size, 0)
})

test('one broker that is down does not hide the next', async t => {
  const admin = impatient('127.0.0.1:1', ...testBrokers())
  t.teardown(() => admin.close())
  t.is(await admin.brokers(), 1)
})

test('once closed it connects to nobody any more', async t => {
  const { server, sockets, address } = await silentServer()
  t.teardown(() => server.close())
  let connections = 0
  server.on('connection', () => connections++)
  const admin = impatient(address)
  await admin.close()
  await t.throwsAsync(admin.brokers(), { message: /closed/ })
  t.is(connections, 0)
  t.is(sockets.size, 0)
})

test('a first broker that says nothing does not keep a producer from the next', async t => {
  const silent = await silentServer()
  t.teardown(() => silent.stop())
  const log = kafkaLog(
    { brokers: [`${silent.address}, ${testBrokers().join()}`], clientId: 'patience' },
    { log: () => {}, clock: systemClock }
  )
  const topic = uniqueName('second-broker')
  const admin = impatient(...testBrokers())
  await admin.createTopic({ name: topic, partitions: 1, replication: 1, settings: {} })
  const producer = log.producer()
  await producer.append(topic, [{ key: null, value: Buffer.from('1') }])
  await producer.append(topic, [{ key: null, value: Buffer.from('2') }])
  t.deepEqual(await admin.ranges(topic), [{ partition: 0, start: 0, end: 2 }])
  await Promise.all([producer.close(1_000), admin.close()])
})
