// Coming to a connection: what is sent to identify us, what every answer to it leads to, and that it is tried again
// only when there is something to send.

import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import type { MqttTarget } from '../../../connectors/mqtt/target.ts'
import type { ConnectReply } from '../../../connectors/shared/mqtt/double.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { makeCertificates } from '../../certificates.ts'
import { until } from '../../flows/harness/until.ts'
import { batchOf, doubleWith, outcomesOf, targetAt } from './harness.ts'

const open = (target: MqttTarget) => target.open(new AbortController().signal)

test('version, client id and credentials are those of the configuration', async t => {
  const seen: string[] = []
  const { double } = await doubleWith(t, {
    connect: packet => {
      const { protocolVersion, clientId, username, password, clean } = packet
      seen.push(`${protocolVersion} ${clientId} ${username} ${password} ${clean}`)
      return { kind: 'connack', code: 0 }
    }
  })
  const own = { clientId: 'truck-1', username: 'u', password: 'p' }
  await open(targetAt(t, double.url, own))
  await open(targetAt(t, double.url, { ...own, version: '3.1.1' }))
  await open(targetAt(t, double.url))
  t.deepEqual(seen.slice(0, 2), ['5 truck-1 u p true', '4 truck-1 u p true'])
  t.regex(seen[2] ?? '', /^5 tailrace-acme-[0-9a-f]{12} undefined undefined true$/)
})

const refusals: readonly [reply: ConnectReply, fault: string, kind: string][] = [
  [{ kind: 'connack', code: 0x86 }, 'mqtt_unauthorized', 'halt'],
  [{ kind: 'connack', code: 0x84 }, 'mqtt_version_refused', 'halt'],
  [{ kind: 'connack', code: 0x85 }, 'mqtt_client_id_refused', 'halt'],
  [{ kind: 'connack', code: 0x9d }, 'mqtt_connect_refused', 'halt'],
  [{ kind: 'connack', code: 0x88 }, 'mqtt_unavailable', 'unsent'],
  [{ kind: 'connack', code: 0, properties: { maximumQoS: 0 } }, 'mqtt_connect_refused', 'halt'],
  [{ kind: 'hangUp' }, 'mqtt_hung_up', 'unsent'],
  [{ kind: 'silent' }, 'mqtt_connect_timeout', 'unsent'],
  [{ kind: 'raw', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, 'mqtt_answer_malformed', 'unsent'],
  // A PINGRESP, which nobody asked for.
  [{ kind: 'raw', bytes: '\xd0\x00' }, 'mqtt_answer_malformed', 'unsent'],
  // What a broker of 3.1.1 answers to version 5.
  [{ kind: 'raw', bytes: ' \x02\x00\x01' }, 'mqtt_version_refused', 'halt']
]

for (const [reply, code, kind] of refusals) {
  test(`a CONNECT that is answered with ${JSON.stringify(reply)} is ${kind} ${code}`, async t => {
    const { double, ledger } = await doubleWith(t, { connect: () => reply })
    const target = targetAt(t, double.url, { connectTimeoutMs: reply.kind === 'silent' ? 60 : 5_000 })
    await t.throwsAsync(open(target), { name: 'FaultError', code })
    t.deepEqual(await outcomesOf(target, batchOf(2)), Array(2).fill(`${kind} ${code}`))
    t.is(ledger.length, 0)
  })
}

for (const [code, error] of [
  [1, 'mqtt_version_refused'],
  [2, 'mqtt_client_id_refused'],
  [3, 'mqtt_unavailable'],
  [4, 'mqtt_unauthorized'],
  [5, 'mqtt_unauthorized']
] as const) {
  test(`return code ${code} of MQTT 3.1.1 is ${error}`, async t => {
    const { double } = await doubleWith(t, { connect: () => ({ kind: 'connack', code }) })
    await t.throwsAsync(open(targetAt(t, double.url, { version: '3.1.1' })), { code: error })
  })
}

test('after a refusal nothing is tried by itself, and the next delivery connects', async t => {
  const clock = new VirtualClock()
  let code = 0x86
  const { double, ledger } = await doubleWith(t, { connect: () => ({ kind: 'connack', code }) })
  const target = targetAt(t, double.url, { clock })
  t.deepEqual(await outcomesOf(target, batchOf(1)), ['halt mqtt_unauthorized'])
  await clock.advance(3_600_000)
  t.is(double.accepted, 1)
  t.is(clock.waiting, 0)
  code = 0
  t.deepEqual(await outcomesOf(target, batchOf(1)), ['delivered'])
  t.is(double.accepted, 2)
  t.is(ledger.length, 1)
})

test('a connection that was lost is not resumed by itself, and nothing is sent again', async t => {
  const clock = new VirtualClock()
  const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const target = targetAt(t, double.url, { clock })
  const attempt = outcomesOf(target, batchOf(3))
  await until('all arrived', () => ledger.length === 3)
  double.cut()
  t.deepEqual(await attempt, Array(3).fill('unknown mqtt_connection_lost'))
  await clock.advance(3_600_000)
  await setImmediate()
  t.is(double.accepted, 1)
  const next = outcomesOf(target, batchOf(1, { from: 3 }))
  await until('the next arrived', () => ledger.length === 4)
  await setImmediate()
  double.acknowledgeHeld()
  t.deepEqual(await next, ['delivered'])
  t.deepEqual(
    ledger.map(({ connection, dup }) => `${connection} ${dup}`),
    ['1 false', '1 false', '1 false', '2 false']
  )
})

test('deliveries that come while the connection is being opened share it', async t => {
  const { double } = await doubleWith(t)
  const target = targetAt(t, double.url)
  const all = await Promise.all([0, 1, 2, 3].map(from => outcomesOf(target, batchOf(1, { from }))))
  t.deepEqual(all.flat(), Array(4).fill('delivered'))
  t.is(double.accepted, 1)
})

test('close says good-bye to the broker', async t => {
  const { double } = await doubleWith(t)
  const target = targetAt(t, double.url)
  await outcomesOf(target, batchOf(1))
  await target.close()
  await until('the connection is closed', () => double.connections === 0)
  t.is(double.disconnects, 1)
})

test('settings that contradict each other are refused', t => {
  const refused = { code: 'config_invalid' }
  t.throws(() => targetAt(t, 'mqtt://127.0.0.1', { tls: {} }), refused)
  t.throws(() => targetAt(t, 'mqtts://127.0.0.1', { tls: { ca: 'none' } }), refused)
  t.throws(() => targetAt(t, 'mqtt://127.0.0.1', { version: '3.1.1', password: 'p' }), refused)
  t.throws(() => targetAt(t, 'mqtt://127.0.0.1', { password: 'p' }), refused)
  const { cert, key } = makeCertificates()
  t.throws(() => targetAt(t, 'mqtts://127.0.0.1', { tls: { cert } }), {
    message: /^tls.key: .*needed beside tls.cert/
  })
  t.throws(() => targetAt(t, 'mqtts://127.0.0.1', { tls: { key } }), {
    message: /^tls.cert: .*needed beside tls.key/
  })
})

test('urls and topics that cannot work are no valid configuration', t => {
  for (const url of [
    'http://a',
    'mqtt://',
    'mqtt://u:p@a',
    'mqtt://a/b',
    'mqtt://a?b',
    'mqtt://a:b',
    'a:1883',
    'ws://u:p@a/mqtt',
    'ws://a/mqtt#x'
  ])
    t.throws(() => targetAt(t, url), undefined, url)
  for (const url of ['mqtt://a', 'mqtts://a.b:8883/', 'mqtt://[::1]:1883', 'ws://a', 'wss://a:1/m?t=1'])
    t.notThrows(() => targetAt(t, url), url)
  for (const topic of ['', 'a/#', '+/a', 'a\u0000'])
    t.throws(() => targetAt(t, 'mqtt://a', { topic }), undefined, topic)
})
