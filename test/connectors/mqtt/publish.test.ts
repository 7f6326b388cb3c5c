// Settings of a PUBLISH on the wire: payloads of several messages, QoS, retain, properties, WebSockets, client
// certificates, several connections; with the double for what has to be ordered, with mosquitto for the rest.

import test, { type ExecutionContext } from 'ava'
import { connectAsync, type IPublishPacket } from 'mqtt'
import { spreadOf } from '../../../connectors/shared/spread.ts'
import { makeCertificates } from '../../certificates.ts'
import { until } from '../../flows/harness/until.ts'
import { type MosquittoOptions, startMosquitto } from '../../mosquitto.ts'
import { batchOf, deliver, doubleWith, numberOf, outcomesOf, partOf, targetAt } from './harness.ts'

const delivered = 'delivered'
const all = (count: number) => Array(count).fill(delivered)

/** mosquitto, and what its subscriber to everything has seen. */
async function watched(t: ExecutionContext, options: MosquittoOptions = {}) {
  const broker = await startMosquitto(options)
  t.teardown(() => broker.stop())
  const seen: IPublishPacket[] = []
  const to = { host: '127.0.0.1', port: broker.plainPort, protocolVersion: 5 } as const
  const subscriber = await connectAsync(to)
  t.teardown(() => subscriber.endAsync(true))
  subscriber.on('message', (_topic, _payload, packet) => void seen.push(packet))
  await subscriber.subscribeAsync('#', { qos: 2 })
  return { broker, seen, url: `mqtt://127.0.0.1:${broker.port}` }
}

test('an array is one PUBLISH for all messages of a batch, and halved until the broker takes it', async t => {
  const { double, ledger } = await doubleWith(t, {
    connect: () => ({ kind: 'connack', code: 0, properties: { maximumPacketSize: 120 } })
  })
  const target = targetAt(t, double.url, { format: 'array' })
  t.deepEqual(await outcomesOf(target, batchOf(10)), all(10))
  const numbers = ledger.map(({ payload }) => JSON.parse(payload.toString()).map(({ n }: { n: number }) => n))
  t.deepEqual(numbers, [
    [0, 1, 2],
    [3, 4],
    [5, 6, 7],
    [8, 9]
  ])
})

test('a message that is too large alone is rejected, and those that travelled with it are not', async t => {
  const { double } = await doubleWith(t, {
    connect: () => ({ kind: 'connack', code: 0, properties: { maximumPacketSize: 45 } })
  })
  const target = targetAt(t, double.url, { format: 'array' })
  const outcomes = await outcomesOf(target, batchOf(3, { from: 99_999_998 }))
  t.deepEqual(new Set(outcomes), new Set(['reject mqtt_too_large']))
  t.deepEqual(await outcomesOf(target, batchOf(3, { from: 7 })), all(3))
})

test('an array that the broker refuses is refused as one, so that the engine divides it', async t => {
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'puback', code: 0x99 }) })
  const target = targetAt(t, double.url, { format: 'array' })
  const outcome = await deliver(target, batchOf(3))
  t.like(outcome, { kind: 'reject', code: 'mqtt_rejected' })
})

test('of several arrays in a batch the one that the broker refuses sets nothing aside: its devices go on one by one', async t => {
  const { double } = await doubleWith(t, {
    reply: ({ payload }) => ({ kind: 'puback', code: /"n":1\D/.test(payload.toString()) ? 0x99 : 0 })
  })
  const target = targetAt(t, double.url, { format: 'array', topic: '{ident}' })
  const outcomes = await outcomesOf(target, batchOf(6, { devices: 2 }))
  t.deepEqual(
    outcomes,
    [0, 1, 2, 3, 4, 5].map(at => (at % 2 === 1 ? 'retry refused_together' : delivered))
  )
})

test('a message over which the broker hangs up is found in an array, too', async t => {
  const { double } = await doubleWith(t, {
    reply: ({ payload }) => ({ kind: /"n":7\D/.test(payload.toString()) ? 'hangUp' : 'puback' })
  })
  const target = targetAt(t, double.url, { format: 'array' })
  let left = batchOf(20)
  for (let attempt = 1; attempt <= 2; attempt++) {
    const outcomes = await outcomesOf(target, left)
    t.deepEqual(new Set(outcomes), new Set(['unknown mqtt_connection_lost']))
  }
  // From now on each travels alone.
  let outcomes = await outcomesOf(target, left)
  t.is(outcomes.indexOf('unknown mqtt_connection_lost'), 7)
  t.is(outcomes.lastIndexOf('unknown mqtt_connection_lost'), 7)
  left = partOf(left, at => at !== 7)
  outcomes = await outcomesOf(target, left)
  t.deepEqual(outcomes, all(19))
})

test('a topic per device that is refused holds up this device only', async t => {
  const { double, ledger } = await doubleWith(t, {
    reply: ({ topic }) => ({ kind: 'puback', code: topic === 'fleet/d1' ? 0x87 : 0 })
  })
  const target = targetAt(t, double.url, { topic: 'fleet/{ident}', maxInFlight: 2 })
  const outcomes = await outcomesOf(target, batchOf(9, { devices: 3 }))
  t.is(outcomes[1], 'reject mqtt_device_refused')
  t.deepEqual(
    outcomes.filter((_, at) => at % 3 !== 1),
    all(6)
  )
  for (const at of [4, 7]) t.regex(outcomes[at] ?? '', /^(unsent|unknown) mqtt_predecessor_failed$/)
  t.is(ledger[0]?.topic, 'fleet/d0')
})

test('a message without topic is rejected before anything is sent of it', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, double.url, { topic: 'fleet/{plate}' })
  t.deepEqual(await outcomesOf(target, batchOf(2)), Array(2).fill('reject mqtt_message_unfit'))
  t.is(ledger.length, 0)
})

for (const version of ['5', '3.1.1'] as const) {
  for (const qos of [0, 1, 2] as const) {
    test(`all messages arrive in order with QoS ${qos} of MQTT ${version}`, async t => {
      const { seen, url } = await watched(t, { settings: ['max_queued_messages 0'] })
      // MQTT 3.1.1 has no Receive Maximum, and of QoS 2 mosquitto takes no more than this.
      const target = targetAt(t, url, { qos, version, topic: 'fleet/{ident}', maxInFlight: 20 })
      const batches = [0, 1, 2, 3].map(at => batchOf(100, { from: 100 * at, devices: 7 }))
      const outcomes = await Promise.all(batches.map(batch => outcomesOf(target, batch)))
      t.deepEqual(outcomes.flat(), all(400))
      await until('all were seen', () => seen.length === 400)
      t.deepEqual(new Set(seen.map(packet => packet.qos)), new Set([qos]))
      for (let device = 0; device < 7; device++) {
        const numbers = seen.filter(({ topic }) => topic === `fleet/d${device}`).map(numberIn)
        t.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b)
        )
      }
    })
  }
}

test('with QoS 0 what is not written when the connection breaks is told as unknown', async t => {
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'hangUp' }) })
  const target = targetAt(t, double.url, { qos: 0 })
  await target.open(new AbortController().signal)
  double.cut()
  const outcomes = await outcomesOf(target, batchOf(3))
  for (const outcome of outcomes) t.regex(outcome, /^(delivered|unknown mqtt_connection_lost)$/)
})

test('a broker that takes less than the QoS asked for, or no retain, is told at once', async t => {
  for (const [properties, settings] of [
    [{ maximumQoS: 1 }, { qos: 2 }],
    [{ retainAvailable: false }, { retain: true }]
  ] as const) {
    const { double } = await doubleWith(t, { connect: () => ({ kind: 'connack', code: 0, properties }) })
    const target = targetAt(t, double.url, settings)
    t.deepEqual(await outcomesOf(target, batchOf(1)), ['halt mqtt_connect_refused'])
  }
})

test('retain, content type, user properties and expiry reach a subscriber', async t => {
  const { seen, url } = await watched(t)
  const target = targetAt(t, url, {
    retain: true,
    contentType: 'application/json',
    userProperties: { 'message-id': '{@id}', kind: 'telemetry' },
    expires: true,
    ttlMs: Date.now() + 600_000 // Kafka got the message in 1970
  })
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  await until('it was seen', () => seen.length === 1)
  const { contentType, messageExpiryInterval = 0, userProperties } = seen[0]?.properties ?? {}
  t.is(contentType, 'application/json')
  t.deepEqual({ ...userProperties }, { 'message-id': 'fleet-0-0', kind: 'telemetry' })
  t.true(messageExpiryInterval > 595 && messageExpiryInterval <= 600)
  const later = await connectAsync({ ...addressOf(url), protocolVersion: 5 })
  t.teardown(() => later.endAsync(true))
  const kept: boolean[] = []
  later.on('message', (_topic, _payload, { retain }) => void kept.push(retain))
  await later.subscribeAsync('#')
  await until('what was retained came', () => kept.length === 1)
  t.deepEqual(kept, [true])
})

test('WebSockets carry MQTT, with and without TLS, and say good-bye', async t => {
  const { broker, seen } = await watched(t)
  const plain = targetAt(t, `ws://127.0.0.1:${broker.webSocketPort}/mqtt`)
  t.deepEqual(await outcomesOf(plain, batchOf(300)), all(300))
  await until('all were seen', () => seen.length === 300)
  await plain.close()
  const tls = makeCertificates()
  const secure = await watched(t, { tls })
  const url = `wss://127.0.0.1:${secure.broker.webSocketPort}/mqtt`
  t.deepEqual(await outcomesOf(targetAt(t, url, { tls: { ca: tls.ca } }), batchOf(3)), all(3))
  t.deepEqual(await outcomesOf(targetAt(t, url), batchOf(1)), ['unsent mqtt_tls_failed'])
})

test('a server that refuses the WebSocket, or knows no MQTT, is told', async t => {
  const { broker } = await watched(t)
  const port = broker.plainPort // of MQTT over TCP, which makes nothing of HTTP
  t.deepEqual(await outcomesOf(targetAt(t, `ws://127.0.0.1:${port}/mqtt`), batchOf(1)), [
    'unsent mqtt_hung_up'
  ])
})

test('a client certificate lets in who has one', async t => {
  const tls = makeCertificates()
  const { broker } = await watched(t, { tls, clientCertificates: true })
  const url = `mqtts://127.0.0.1:${broker.port}`
  const { ca, cert, key } = tls
  t.deepEqual(await outcomesOf(targetAt(t, url, { tls: { ca, cert, key } }), batchOf(3)), all(3))
  const [without = ''] = await outcomesOf(targetAt(t, url, { tls: { ca } }), batchOf(1))
  t.regex(without, /^unsent mqtt_(tls_failed|connect_failed)$/)
})

test('devices are spread over several connections, each with a window and a client id of its own', async t => {
  const ids: string[] = []
  const { double, ledger } = await doubleWith(t, {
    connect: ({ clientId }) => {
      ids.push(clientId)
      return { kind: 'connack', code: 0, properties: { receiveMaximum: 5 } }
    },
    reply: () => ({ kind: 'hold' })
  })
  const target = targetAt(t, double.url, { connections: 4, clientId: 'fleet' })
  await target.open(new AbortController().signal)
  await until('all are open', () => ids.length === 4)
  t.deepEqual([...ids].sort(), ['fleet-0', 'fleet-1', 'fleet-2', 'fleet-3'])
  const whole = batchOf(400, { devices: 80 })
  const parts = [0, 1, 2, 3].map(number =>
    partOf(whole, at => target.destination?.(whole.messages[at] ?? t.fail()) === String(number))
  )
  const attempts = parts.map((part, number) => outcomesOf(target, { ...part, destination: String(number) }))
  await until('all windows are full', () => ledger.length === 20)
  while (ledger.length < 400) {
    const before = ledger.length
    double.acknowledgeHeld()
    await until('more came', () => ledger.length > before)
  }
  double.acknowledgeHeld()
  t.deepEqual((await Promise.all(attempts)).flat(), all(400))
  const connections = new Map<string, Set<number>>()
  for (const { connection, payload } of ledger) {
    const device = /"ident":"(\w+)"/.exec(payload.toString())?.[1] ?? ''
    connections.set(device, (connections.get(device) ?? new Set()).add(connection))
  }
  t.deepEqual(new Set([...connections.values()].map(set => set.size)), new Set([1]))
  t.is(new Set(whole.messages.map(message => spreadOf(message, 4))).size, 4)
})

function addressOf(url: string) {
  const { hostname: host, port } = new URL(url)
  return { host, port: Number(port) }
}

function numberIn({ payload }: IPublishPacket): number {
  return numberOf({ payload: Buffer.from(payload) })
}
