// Many devices and few connections, through the engine: each gets its turn, in order, within the quota of connections, and
// one that is refused holds up nobody else.

import test from 'ava'
import { until } from '../../../flows/harness/until.ts'
import { Engine } from '../../engine.ts'
import { messagesOfDevice, mqttHubWith, registryWith, targetAt, told } from '../harness.ts'

test.serial(
  '300 devices share 20 connections: all is delivered once and in order, nobody starves',
  async t => {
    const { double, ledger } = await mqttHubWith(t, { registry: registryWith([], { knowsAll: true }) })
    const target = await targetAt(t, double.port, {
      mode: 'mqtt',
      maxConnections: 20,
      connectsPerSecond: 1_000
    })
    const engine = new Engine(t, target)
    await engine.start()
    await engine.send(Array.from({ length: 1_500 }, (_, at) => `device-${at % 300}`))
    await until('all committed', async () => (await engine.uncommitted()) === 0)
    const times = new Map<string, number[]>()
    for (const { device, body } of ledger)
      times.set(device, [...(times.get(device) ?? []), JSON.parse(body.toString()).timestamp])
    t.is(times.size, 300)
    for (const own of times.values()) {
      t.is(own.length, 5)
      t.deepEqual(
        own,
        own.toSorted((one, other) => one - other)
      )
    }
    // Where one connection follows another the hub may see the new one first.
    t.true(double.mostConnections <= 40, `${double.mostConnections} connections at a time`)
    t.is(double.takenOver, 0)
  }
)

test.serial('devices that are disabled wait in the held topic, and all others are delivered', async t => {
  const registry = registryWith([], { knowsAll: true })
  const out = ['device-3', 'device-13', 'device-23']
  for (const device of out) registry.enable(device, false)
  const { double, ledger } = await mqttHubWith(t, { registry })
  const target = await targetAt(t, double.port, { mode: 'mqtt', maxConnections: 5, connectsPerSecond: 1_000 })
  const engine = new Engine(t, target)
  await engine.start()
  await engine.send(Array.from({ length: 300 }, (_, at) => `device-${at % 50}`))
  await until('all committed', async () => (await engine.uncommitted()) === 0)
  t.is(ledger.length, 282)
  t.false(ledger.some(({ device }) => out.includes(device)))
  for (const device of out) registry.enable(device, true)
  await until('all delivered', () => ledger.length === 300)
  for (const device of out) {
    const own = ledger
      .filter(event => event.device === device)
      .map(({ body }) => JSON.parse(body.toString()).timestamp)
    t.deepEqual(
      own,
      [0, 1, 2, 3, 4, 5].map(round => Number(device.slice(7)) + 50 * round)
    )
  }
})

test.serial('however many devices the hub does not know, one that is connected goes on', async t => {
  const { double } = await mqttHubWith(t, { registry: registryWith(['d0']) })
  const target = await targetAt(t, double.port, { mode: 'mqtt', connectsPerSecond: 1_000 })
  for (let at = 0; at < 25; at++) {
    t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
    t.deepEqual(await told(target, messagesOfDevice(`stranger-${at}`, 1)), [
      'reject device iot_hub_device_refused'
    ])
  }
})

test.serial(
  'of devices with keys of their own any number is disabled, and one that is connected goes on',
  async t => {
    const devices = ['d0', ...Array.from({ length: 25 }, (_, at) => `vehicle-${at}`)]
    const registry = registryWith([])
    for (const device of devices) registry.set(device, { keys: [keyOf(device)] })
    const { double } = await mqttHubWith(t, { registry })
    const deviceKeys = devices.map(device => `${device} ${keyOf(device)}`).join('\n')
    const target = await targetAt(t, double.port, { mode: 'mqtt', connectsPerSecond: 1_000, deviceKeys })
    for (const device of devices) t.deepEqual(await told(target, messagesOfDevice(device, 1)), ['delivered'])
    for (const device of devices.slice(1)) registry.enable(device, false)
    await until('their connections have ended', () => double.connections === 1)
    for (const device of devices.slice(1)) {
      t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
      t.deepEqual(await told(target, messagesOfDevice(device, 1)), ['retry device iot_hub_token_refused'])
      t.deepEqual(await told(target, messagesOfDevice(device, 1)), ['reject device iot_hub_device_refused'])
    }
  }
)

function keyOf(device: string): string {
  return Buffer.from(`the key of ${device}`).toString('base64')
}
