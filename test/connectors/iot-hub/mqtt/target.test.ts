// What is sent over MQTT, how devices are let in, and when their connections begin and end.

import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { makeCertificates } from '../../../certificates.ts'
import { until } from '../../../flows/harness/until.ts'
import {
  certificates,
  messagesOfDevice,
  mqttHubWith,
  policyKey,
  registryWith,
  targetAt,
  told
} from '../harness.ts'

const mode = 'mqtt'
const otherKey = Buffer.from('another key').toString('base64')

test('a message is published to the topic of its device, with its properties in it', async t => {
  const { double, ledger } = await mqttHubWith(t, { registry: registryWith() })
  const target = await targetAt(t, double.port, {
    mode,
    properties: { plate: '{plate}', 'a&b': '1/2+3#4?', zone: 'Łódź' },
    correlationId: 'trip-{seq}'
  })
  const messages = messagesOfDevice('d0', 2, () => ({ plate: 'AB 12 & more=less' }))
  t.deepEqual(await told(target, messages), ['delivered', 'delivered'])
  t.deepEqual(
    ledger.map(({ device, body }) => [device, body.toString()]),
    messages.map(message => ['d0', message.value().toString()])
  )
  t.deepEqual(ledger[1]?.properties, {
    'iothub-messageid': 'fleet-0-1',
    'iothub-correlationid': 'trip-1',
    'iothub-contenttype': 'application/json',
    'iothub-contentencoding': 'utf-8',
    'iothub-app-plate': 'AB 12 & more=less',
    'iothub-app-a&b': '1/2+3#4?',
    'iothub-app-zone': 'Łódź'
  })
  t.is(double.offences, 0)
})

test('a device keeps its connection from batch to batch, and gives it back after a while', async t => {
  const { double } = await mqttHubWith(t, { registry: registryWith() })
  const target = await targetAt(t, double.port, { mode, idleMs: 300 })
  for (let batch = 0; batch < 3; batch++)
    t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
  t.is(double.accepted, 1)
  await until('it was given back', () => double.connections === 0)
  t.is(double.disconnects, 1, 'it says good-bye')
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
})

test('with a connection for two devices the one that was idle for longest gives way', async t => {
  const { double } = await mqttHubWith(t, { registry: registryWith(['d0', 'd1', 'd2']) })
  const target = await targetAt(t, double.port, { mode, maxConnections: 2 })
  for (const device of ['d0', 'd1', 'd0', 'd2', 'd0'])
    t.deepEqual(await told(target, messagesOfDevice(device, 1)), ['delivered'])
  t.is(double.accepted, 3, 'd0 kept its own')
  t.is(target.limits.totalBatchesInFlight, 2)
  await until('the others are closed', () => double.connections === 2)
})

test('a device connects anew before its token ends, between two batches', async t => {
  const clock = new VirtualClock()
  const { double } = await mqttHubWith(t, { clock, registry: registryWith() })
  const target = await targetAt(t, double.port, { mode, clock, tokenLifetimeMs: 60_000, idleMs: 86_400_000 })
  for (let second = 0; second < 180; second += 5) {
    t.deepEqual(await told(target, messagesOfDevice('d0', 2)), ['delivered', 'delivered'], `${second}`)
    await clock.advance(5_000)
  }
  t.true(double.accepted >= 4 && double.accepted <= 5, `${double.accepted}`)
  t.is(double.expired, 0)
  t.is(double.takenOver, 0)
})

test('a connection that ends with its token is opened anew with another', async t => {
  const clock = new VirtualClock()
  const { double } = await mqttHubWith(t, { clock, registry: registryWith() })
  const target = await targetAt(t, double.port, { mode, clock, tokenLifetimeMs: 60_000, idleMs: 86_400_000 })
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
  await clock.advance(60_000)
  await until('the hub has ended it', () => double.expired === 1 && double.connections === 0)
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
})

test('a device that is disabled loses its connection, is refused alone, and taken once it is enabled', async t => {
  const registry = registryWith()
  const { double } = await mqttHubWith(t, { registry })
  const target = await targetAt(t, double.port, { mode })
  for (const device of ['d0', 'd1'])
    t.deepEqual(await told(target, messagesOfDevice(device, 1)), ['delivered'])
  registry.enable('d1', false)
  const refused = String(Array(2).fill('reject device iot_hub_device_refused'))
  await until('it is out', async () => String(await told(target, messagesOfDevice('d1', 2))) === refused)
  t.deepEqual(await told(target, messagesOfDevice('d9', 1)), ['reject device iot_hub_device_refused'])
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
  registry.enable('d1', true)
  t.deepEqual(await told(target, messagesOfDevice('d1', 1)), ['delivered'])
})

test('a key that is wrong for all halts the stream, and holds a few devices at most', async t => {
  const devices = Array.from({ length: 30 }, (_, at) => `d${at}`)
  const registry = registryWith(devices)
  const { double } = await mqttHubWith(t, { registry })
  const wrong = await targetAt(t, double.port, { mode, policy: { name: 'device', key: otherKey } })
  const first = await Promise.all(devices.map(device => told(wrong, messagesOfDevice(device, 1))))
  t.deepEqual(new Set(first.flat()), new Set(['halt iot_hub_unauthorized']))
  const right = await targetAt(t, double.port, { mode, maxConnections: 1 })
  t.deepEqual(await told(right, messagesOfDevice('d0', 1)), ['delivered'])
  registry.setPolicy('device', otherKey)
  const later: string[] = []
  for (const device of devices.slice(1)) later.push(...(await told(right, messagesOfDevice(device, 1))))
  t.is(later.filter(outcome => outcome === 'reject device iot_hub_device_refused').length, 19)
  t.is(later.at(-1), 'halt iot_hub_unauthorized')
})

test('connections are opened no faster than they may be', async t => {
  const devices = Array.from({ length: 40 }, (_, at) => `d${at}`)
  const { double } = await mqttHubWith(t, { registry: registryWith(devices), connectsPerSecond: 30 })
  const target = await targetAt(t, double.port, { mode, connectsPerSecond: 20 })
  const outcomes = await Promise.all(devices.map(device => told(target, messagesOfDevice(device, 1))))
  t.deepEqual(outcomes.flat(), Array(40).fill('delivered'))
  t.is(double.throttled, 0)
  t.log(`${double.mostConnectsInSecond} in a second at most`)
})

test('what the hub refuses for a while or ends without a word is tried again, and is no reason to reject', async t => {
  const replies = [{ kind: 'connack', code: 3 }, { kind: 'hangUp' }, { kind: 'connack', code: 2 }] as const
  let at = 0
  const { double } = await mqttHubWith(t, {
    registry: registryWith(),
    connect: device => (device === 'd1' ? replies[at++] : undefined)
  })
  const target = await targetAt(t, double.port, { mode })
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
  const [one] = [messagesOfDevice('d1', 1)]
  t.deepEqual(await told(target, one), ['unsent target iot_hub_unavailable'])
  t.deepEqual(await told(target, one), ['unsent device iot_hub_hung_up'])
  t.deepEqual(await told(target, one), ['reject device iot_hub_device_refused'])
  t.deepEqual(await told(target, one), ['delivered'])
})

test('what makes the hub hang up concerns its device only', async t => {
  const { double } = await mqttHubWith(t, {
    registry: registryWith(),
    reply: ({ device }) => ({ kind: device === 'd0' ? 'hangUp' : 'puback' })
  })
  const target = await targetAt(t, double.port, { mode, maxInFlight: 2 })
  t.deepEqual(await told(target, messagesOfDevice('d0', 4)), [
    'unknown iot_hub_connection_lost',
    'unknown iot_hub_connection_lost',
    'unsent device iot_hub_predecessor_failed',
    'unsent device iot_hub_predecessor_failed'
  ])
  t.deepEqual(await told(target, messagesOfDevice('d1', 1)), ['delivered'])
})

test('a message that is too large, or has too long a topic, is rejected alone and not sent', async t => {
  const { double } = await mqttHubWith(t, { registry: registryWith() })
  const target = await targetAt(t, double.port, { mode, properties: { note: '{note}' } })
  const messages = messagesOfDevice('d0', 4, seq => ({
    note: 'ł'.repeat([1, 0, 40_000, 1][seq] ?? 0),
    more: 'x'.repeat(seq === 1 ? 262_144 : 0)
  }))
  t.deepEqual(await told(target, messages), [
    'delivered',
    'reject iot_hub_too_large',
    'reject iot_hub_message_unfit',
    'delivered'
  ])
  t.is(double.offences, 0)
})

test('a device may show a certificate of its own, from a file of its name', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-iot-hub-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const device = makeCertificates()
  await writeFile(join(folder, 'd0.pem'), device.cert)
  await writeFile(join(folder, 'd0.key'), device.key)
  await writeFile(join(folder, 'd1.pem'), 'none')
  await writeFile(join(folder, 'd1.key'), 'none')
  const registry = registryWith([])
  registry.set('d0', { thumbprint: new X509Certificate(device.cert).fingerprint.replaceAll(':', '') })
  const { double, ledger } = await mqttHubWith(t, { registry, tls: { ...certificates, clientCa: device.ca } })
  const paths = { cert: join(folder, '{deviceId}.pem'), key: join(folder, '{deviceId}.key') }
  const target = await targetAt(t, double.port, { mode, certificates: paths })
  t.deepEqual(await told(target, messagesOfDevice('d0', 2)), ['delivered', 'delivered'])
  t.is(ledger.length, 2)
  t.deepEqual(await told(target, messagesOfDevice('d2', 1)), ['reject device iot_hub_certificate_missing'])
  const unreadable = ['unsent device iot_hub_certificate_unreadable']
  t.deepEqual(await told(target, messagesOfDevice('d1', 1)), unreadable)
  await writeFile(join(folder, 'd1.pem'), device.cert)
  await writeFile(join(folder, 'd1.key'), makeCertificates().key)
  t.deepEqual(await told(target, messagesOfDevice('d1', 1)), unreadable, 'one of them is new already')
  await mkdir(join(folder, 'd3.pem'))
  await writeFile(join(folder, 'd3.key'), device.key)
  t.deepEqual(await told(target, messagesOfDevice('d3', 1)), unreadable)
  registry.remove('d0')
  double.cut()
  const refused = 'reject device iot_hub_device_refused'
  await until('it is out', async () => String(await told(target, messagesOfDevice('d0', 1))) === refused)
  await t.throwsAsync(targetAt(t, 1, { certificates: paths }), { code: 'config_invalid' })
  await t.throwsAsync(targetAt(t, 1, { mode, certificates: paths, groupKey: policyKey }), {
    code: 'config_invalid'
  })
})
