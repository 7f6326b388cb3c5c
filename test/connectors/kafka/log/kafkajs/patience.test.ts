// Administrative calls for somebody who waits: they tell soon that Kafka cannot be reached, and leave nothing open.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test from 'ava'
import { systemClock } from '../../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import { testBrokers } from '../../../../kafka.ts'

const patienceMs = 400
/** The calls of a patient admin take ten times that, and more. */
const limitMs = 4_000

const impatient = (...brokers: string[]) =>
  kafkaLog({ brokers, clientId: 'patience' }, { log: () => {}, clock: systemClock, patienceMs }).admin()

/** Takes connections and never says a word. */
async function silentServer() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  return { server, sockets, address: `127.0.0.1:${port}` }
}

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
