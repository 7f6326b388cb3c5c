// What is sent over HTTPS, and what becomes of devices and keys that the hub does not take.

import { createHash } from 'node:crypto'
import test from 'ava'
import type { ReceivedRequest } from '../../../../connectors/iot-hub/double/https.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { messagesOf } from '../../../messages.ts'
import { hubWith, messagesOfDevice, policyKey, registryWith, targetAt, told } from '../harness.ts'

const otherKey = Buffer.from('another key').toString('base64')

test('a message travels alone with its very bytes and its properties as headers', async t => {
  const requests: ReceivedRequest[] = []
  const { double } = await hubWith(t, {
    registry: registryWith(),
    ledger: request => void requests.push(request)
  })
  const target = await targetAt(t, double.port, {
    properties: { plate: '{plate}', lacking: '{none}', zone: 'Łódź {seq}' },
    correlationId: 'trip {plate}'
  })
  const messages = messagesOfDevice('d0', 1, () => ({ plate: 'AB 12' }))
  t.deepEqual(await told(target, messages), ['delivered'])
  const [{ path = '', headers = {}, events: [event] = [] } = {}] = requests
  t.is(path, '/devices/d0/messages/events?api-version=2021-04-12')
  t.is(headers['content-type'], 'application/json')
  t.is(headers['iothub-to'], '/devices/d0/messages/events')
  t.is(event?.body.toString(), messages[0]?.value().toString())
  t.deepEqual(event?.properties, {
    'iothub-messageid': 'fleet-0-0',
    'iothub-correlationid': createHash('sha256').update('trip AB 12').digest('hex'),
    'iothub-contenttype': 'application/json',
    'iothub-contentencoding': 'utf-8',
    'iothub-app-plate': 'AB 12',
    'iothub-app-zone': '%C5%81%C3%B3d%C5%BA 0'
  })
})

test('several messages of a device travel as one batch, each with properties of its own', async t => {
  const requests: ReceivedRequest[] = []
  const { double } = await hubWith(t, {
    registry: registryWith(),
    ledger: request => void requests.push(request)
  })
  const target = await targetAt(t, double.port, {
    properties: { n: '{seq}%', zone: 'Łódź' },
    messageId: 'm-{seq}'
  })
  const messages = messagesOfDevice('d0', 3)
  t.deepEqual(await told(target, messages), ['delivered', 'delivered', 'delivered'])
  t.is(requests.length, 1)
  const [{ headers = {}, events = [] } = {}] = requests
  t.is(headers['content-type'], 'application/vnd.microsoft.iothub.json')
  t.deepEqual(
    events.map(({ body }) => body.toString()),
    messages.map(message => message.value().toString())
  )
  t.deepEqual(
    events.map(({ properties }) => properties),
    ['0%25', '1%25', '2%25'].map(n => ({
      'iothub-messageid': `m-${n[0]}`,
      'iothub-contenttype': 'application/json',
      'iothub-contentencoding': 'utf-8',
      'iothub-app-n': n,
      'iothub-app-zone': '%C5%81%C3%B3d%C5%BA'
    }))
  )
})

test('what is not wanted is not told, and a replay is marked', async t => {
  const { double, ledger } = await hubWith(t, { registry: registryWith() })
  const settings = {
    messageId: '',
    contentType: '',
    contentEncoding: '',
    item: '{"n": {seq}}',
    replay: 'r1'
  } as const
  t.deepEqual(await told(await targetAt(t, double.port, settings), messagesOfDevice('d0', 2)), [
    'delivered',
    'delivered'
  ])
  t.deepEqual(
    ledger.map(({ body, properties }) => [body.toString(), properties]),
    [0, 1].map(n => [`{"n": ${n}}`, { 'iothub-app-tailrace-replay': 'r1' }])
  )
})

test('the device is the destination, by a template of its fields', async t => {
  const { double, ledger } = await hubWith(t, { registry: registryWith(['truck-7']) })
  const target = await targetAt(t, double.port, { deviceId: 'truck-{number}' })
  const messages = messagesOfDevice('d0', 1, () => ({ number: 7 }))
  t.is(messages[0] && target.destination?.(messages[0]), 'truck-7')
  t.deepEqual(await told(target, messages), ['delivered'])
  t.is(ledger[0]?.device, 'truck-7')
})

test('a message without a device id is rejected, and says why', async t => {
  const { double } = await hubWith(t, { registry: registryWith() })
  const target = await targetAt(t, double.port)
  for (const odd of ['a/b', '..', 'x'.repeat(129), 'a b', 'Ł'])
    t.deepEqual(
      await told(target, messagesOfDevice(odd, 2)),
      Array(2).fill('reject iot_hub_message_unfit'),
      odd
    )
  const outcome = await target.deliver(
    { destination: '', bytes: 2, messages: messagesOf(['{}']) },
    new AbortController().signal
  )
  t.like([outcome].flat()[0], { kind: 'reject', detail: 'ident is missing' })
  t.is(double.requests, 0)
})

test('what is too large is rejected to the byte and not sent; others of its batch are delivered', async t => {
  const { double, ledger } = await hubWith(t, { registry: registryWith(), maxBytes: 1_000 })
  const plain = { messageId: '', contentType: '', contentEncoding: '', maxMessageBytes: 1_000 } as const
  const target = await targetAt(t, double.port, plain)
  const room = 1_000 - JSON.stringify({ ident: 'd0', seq: 0, note: '' }).length
  const of = (note: number) => messagesOfDevice('d0', 1, () => ({ note: 'x'.repeat(note) }))
  t.deepEqual(await told(target, of(room)), ['delivered'])
  t.deepEqual(await told(target, of(room + 1)), ['reject iot_hub_too_large'])
  const mixed = messagesOfDevice('d0', 8, seq => ({ note: 'x'.repeat(seq === 3 ? room + 1 : 300) }))
  const expected = mixed.map((_, seq) => (seq === 3 ? 'reject iot_hub_too_large' : 'delivered'))
  t.deepEqual(await told(target, mixed), expected)
  t.deepEqual(
    ledger.slice(1).map(({ body }) => JSON.parse(body.toString()).seq),
    [0, 1, 2, 4, 5, 6, 7]
  )
})

test('a key of a group, keys from a file and keys in messages let devices in', async t => {
  const registry = registryWith(['d0'], { groupKey: policyKey })
  registry.set('d1', { keys: [otherKey] })
  const { double, ledger } = await hubWith(t, { registry })
  const groups = await targetAt(t, double.port, { groupKey: policyKey })
  t.deepEqual(await told(groups, messagesOfDevice('d0', 1)), ['delivered'])
  const listed = await targetAt(t, double.port, { deviceKeys: `d1 ${otherKey}` })
  t.deepEqual(await told(listed, messagesOfDevice('d1', 1)), ['delivered'])
  t.deepEqual(
    await told(listed, messagesOfDevice('d2', 2)),
    Array(2).fill('reject device iot_hub_key_missing')
  )
  const inMessages = await targetAt(t, double.port, { deviceKeyField: 'iot.key' })
  const sent = messagesOfDevice('d1', 2, () => ({ 'iot.key': otherKey, after: 1 }))
  t.deepEqual(await told(inMessages, sent), ['delivered', 'delivered'])
  t.deepEqual(
    ledger.slice(-2).map(({ body }) => body.toString()),
    [0, 1].map(seq => `{"ident":"d1","seq":${seq},"after":1}`),
    'the key is not sent'
  )
  t.deepEqual(await told(inMessages, messagesOfDevice('d1', 1)), ['reject device iot_hub_key_missing'])
  const nested = messagesOfDevice('d1', 1, () => ({ iot: { key: otherKey } }))
  t.deepEqual(await told(inMessages, nested), ['reject device iot_hub_key_missing'], 'it would be sent')
})

test('a device that is disabled or unknown is refused alone, and taken once it is enabled', async t => {
  const registry = registryWith()
  const { double } = await hubWith(t, { registry })
  const target = await targetAt(t, double.port)
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
  registry.enable('d1', false)
  t.deepEqual(
    await told(target, messagesOfDevice('d1', 2)),
    Array(2).fill('reject device iot_hub_device_refused')
  )
  t.deepEqual(await told(target, messagesOfDevice('d7', 1)), ['reject device iot_hub_device_unknown'])
  registry.enable('d1', true)
  t.deepEqual(await told(target, messagesOfDevice('d1', 2)), ['delivered', 'delivered'])
})

test('when the first device of all is disabled, those that are asked with it clear the key', async t => {
  const registry = registryWith()
  registry.enable('d0', false)
  const { double } = await hubWith(t, {
    registry,
    reply: () => ({ kind: 'answer', status: 204, afterMs: 100 })
  })
  const target = await targetAt(t, double.port)
  const both = await Promise.all(['d0', 'd1'].map(device => told(target, messagesOfDevice(device, 1))))
  t.deepEqual(both, [['reject device iot_hub_device_refused'], ['delivered']])
})

test('so do those that are throttled meanwhile', async t => {
  const registry = registryWith()
  registry.enable('d0', false)
  const { double } = await hubWith(t, {
    registry,
    reply: () => ({ kind: 'answer', status: 429, error: 'ThrottlingException', afterMs: 100 })
  })
  const target = await targetAt(t, double.port)
  const both = await Promise.all(['d0', 'd1'].map(device => told(target, messagesOfDevice(device, 1))))
  t.deepEqual(both, [['reject device iot_hub_device_refused'], ['retry target iot_hub_throttled']])
})

test('a key that was changed in the hub halts the stream after a few devices, not all of them', async t => {
  const devices = Array.from({ length: 40 }, (_, at) => `d${at}`)
  const registry = registryWith(devices)
  const { double } = await hubWith(t, { registry })
  const target = await targetAt(t, double.port)
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
  registry.setPolicy('device', otherKey)
  const outcomes: string[] = []
  for (const device of devices) outcomes.push(...(await told(target, messagesOfDevice(device, 1))))
  t.is(outcomes[0], 'retry device iot_hub_token_refused', 'its token had been good')
  t.is(outcomes.filter(outcome => outcome === 'reject device iot_hub_device_refused').length, 19)
  t.is(outcomes.filter(outcome => outcome === 'halt iot_hub_unauthorized').length, 20)
  registry.setPolicy('device', policyKey)
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'])
})

test('keys of single devices that are all wrong halt the stream as well', async t => {
  const devices = Array.from({ length: 25 }, (_, at) => `d${at}`)
  const { double } = await hubWith(t, { registry: registryWith(devices) })
  const deviceKeys = devices.map(device => `${device} ${otherKey}`).join('\n')
  const target = await targetAt(t, double.port, { deviceKeys })
  const outcomes: string[] = []
  for (const device of devices) outcomes.push(...(await told(target, messagesOfDevice(device, 1))))
  t.is(outcomes[0], 'reject device iot_hub_device_refused')
  t.is(outcomes.at(-1), 'halt iot_hub_unauthorized')
})

test('a token is made anew before it ends; one that is refused in use is made anew at once', async t => {
  const clock = new VirtualClock()
  const registry = registryWith()
  const tokens = new Set<string | undefined>()
  const { double } = await hubWith(t, {
    clock,
    registry,
    ledger: ({ headers }) => void tokens.add(headers.authorization)
  })
  const target = await targetAt(t, double.port, { clock, tokenLifetimeMs: 60_000 })
  for (let second = 0; second < 180; second += 5) {
    t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['delivered'], `${second}`)
    await clock.advance(5_000)
  }
  t.true(tokens.size >= 4 && tokens.size <= 5, `${tokens.size}`)
  const skewed = new VirtualClock({ nowMs: clock.now() - 3_600_000 })
  const late = await targetAt(t, double.port, { clock: skewed, tokenLifetimeMs: 3_603_000 })
  t.deepEqual(await told(late, messagesOfDevice('d0', 1)), ['delivered'])
  await clock.advance(600_000)
  await skewed.advance(600_000)
  t.deepEqual(await told(late, messagesOfDevice('d0', 1)), ['retry device iot_hub_token_refused'])
  t.deepEqual(await told(late, messagesOfDevice('d0', 1)), ['delivered'])
})

test('settings that cannot work are refused', async t => {
  const refused = { code: 'config_invalid' }
  for (const settings of [
    { deviceId: '{@id}' },
    { properties: { a: '{@message}' } },
    { messageId: '{@ms}' },
    { item: '{"a":' },
    { item: '{"a":1}', deviceKeyField: 'key' },
    { tls: { ca: 'none' } },
    { webSocket: true },
    { connectsPerSecond: 10 },
    { idleMs: 1_000 },
    { maxInFlight: 10 },
    { certificates: { cert: '{deviceId}.pem', key: '{deviceId}.key' } },
    { mode: 'mqtt' as const, quotaPauseMs: 1_000 },
    { groupKey: policyKey, deviceKeyField: 'key' }
  ])
    await t.throwsAsync(targetAt(t, 1, settings), refused, JSON.stringify(settings))
})
