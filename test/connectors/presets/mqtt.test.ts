// The presets of the MQTT target: who connects, what a broker gets of two messages, and what becomes of them when it
// refuses as the platform does.

import test, { type ExecutionContext } from 'ava'
import type { IConnectPacket } from 'mqtt-packet'
import type { ConnectReply, MqttDoubleOptions } from '../../../connectors/shared/mqtt/double.ts'
import { startMosquitto } from '../../mosquitto.ts'
import { doubleWith } from '../mqtt/harness.ts'
import { manyOf, truck, truckMs, van, vanMs } from './messages.ts'
import { pageOf, pages, secretOf } from './pages.ts'
import { play } from './play.ts'

const nothing = { delivered: 0, filtered: 0, held: 0, deadLetters: [], trouble: null }
const messages = [truck, van]
/** Not authorized, in MQTT 3.1.1 and in MQTT 5. */
const refused = { 4: 5, 5: 0x87 } as const
/** A version that is not supported. */
const unspoken = { 4: 1, 5: 0x84 } as const

interface Account {
  readonly username: string
  readonly password?: string
  readonly clientId?: string
  /** The only version that is spoken there; 4 is 3.1.1. */
  readonly version?: 4 | 5
}

/** Lets in who has these credentials, as the platform would. */
function letsIn({ username, password, clientId, version: only }: Account) {
  return (packet: IConnectPacket): ConnectReply => {
    const version = packet.protocolVersion === 5 ? 5 : 4
    if (only !== undefined && only !== version) return { kind: 'connack', code: unspoken[version] }
    const isKnown = packet.username === username && packet.password?.toString() === password
    const isMeant = clientId === undefined || packet.clientId === clientId
    return { kind: 'connack', code: isKnown && isMeant ? 0 : refused[version] }
  }
}

/** A broker with an account, and what it gets when the messages go through the lines of a page. */
async function sent(
  t: ExecutionContext,
  name: string,
  { env, ...options }: Partial<MqttDoubleOptions> & { env?: Readonly<Record<string, string>> }
) {
  const { double, ledger } = await doubleWith(t, options)
  const played = await play(t, pageOf(name), { url: double.url, messages, env: env ?? {} })
  const payloads = ledger.map(({ payload }): unknown => JSON.parse(payload.toString()))
  return { played, payloads, ledger, topics: ledger.map(({ topic }) => topic) }
}

const thingsboard = letsIn({ username: secretOf('THINGSBOARD_TOKEN') })
const flespi = letsIn({ username: secretOf('FLESPI_TOKEN') })
const losant = letsIn({
  username: secretOf('LOSANT_KEY'),
  password: secretOf('LOSANT_SECRET'),
  clientId: secretOf('LOSANT_GATEWAY_ID'),
  version: 4
})

test('mqtt/thingsboard.md: an array for each device, its values with their time, in one payload', async t => {
  const { played, payloads, topics, ledger } = await sent(t, 'mqtt/thingsboard.md', { connect: thingsboard })
  t.deepEqual(played, { ...nothing, delivered: 2 })
  t.deepEqual(topics, ['v1/gateway/telemetry'])
  t.like(ledger[0], { qos: 1, retain: false })
  t.deepEqual(payloads, [
    { [truck.ident]: [{ ts: truckMs, values: truck }], [van.ident]: [{ ts: vanMs, values: van }] }
  ])
})

test('mqtt/thingsboard.md: no payload is larger than ThingsBoard takes', async t => {
  const { double, ledger } = await doubleWith(t, { connect: thingsboard })
  const many = manyOf(500, 7)
  const played = await play(t, pageOf('mqtt/thingsboard.md'), { url: double.url, messages: many })
  t.is(played.delivered, 500)
  t.true(ledger.length > 1)
  t.true(Math.max(...ledger.map(({ payload }) => payload.length)) <= 65_536)
})

test('mqtt/flespi.md: an array of the messages as they are', async t => {
  const { played, payloads, topics, ledger } = await sent(t, 'mqtt/flespi.md', { connect: flespi })
  t.deepEqual(played, { ...nothing, delivered: 2 })
  t.deepEqual(topics, ['tailrace/fleet'])
  t.like(ledger[0], { qos: 1, retain: false })
  t.deepEqual(payloads, [[truck, van]])
})

test('mqtt/flespi.md: a token that may not publish there halts', async t => {
  const { played } = await sent(t, 'mqtt/flespi.md', {
    connect: flespi,
    reply: () => ({ kind: 'puback', code: 0x87 })
  })
  t.deepEqual(played, { ...nothing, trouble: 'mqtt_topic_refused' })
})

test('mqtt/losant.md: the topic of the id that the device has there, and a state with its time', async t => {
  const { played, payloads, topics, ledger } = await sent(t, 'mqtt/losant.md', { connect: losant })
  t.deepEqual(played, { ...nothing, delivered: 2 })
  t.deepEqual(topics, ['losant/5f1a0c7be2d4b30006a1c001/state', 'losant/5f1a0c7be2d4b30006a1c002/state'])
  t.like(ledger[0], { qos: 1, retain: false })
  t.deepEqual(payloads, [
    { time: truckMs, data: { location: '52.520008,13.404954', speed: 74.08, ignition: true } },
    { time: vanMs, data: {} }
  ])
})

test('mqtt/losant.md: a device that has no id there waits, and a topic gets a state a second', async t => {
  const { double, ledger } = await doubleWith(t, { connect: losant })
  const stranger = { ...van, ident: '1' }
  const soon = { ...truck, timestamp: truck.timestamp + 0.5 }
  const given = [truck, soon, stranger]
  const played = await play(t, pageOf('mqtt/losant.md'), { url: double.url, messages: given })
  t.deepEqual(played, { ...nothing, delivered: 1, filtered: 1, held: 1 })
  t.is(ledger.length, 1)
})

const accounts = { 'mqtt/thingsboard.md': thingsboard, 'mqtt/flespi.md': flespi, 'mqtt/losant.md': losant }
const credentials = { 'mqtt/thingsboard.md': 'THINGSBOARD_TOKEN', 'mqtt/flespi.md': 'FLESPI_TOKEN' } as const

for (const [name, variable] of [
  ...Object.entries(credentials),
  ['mqtt/losant.md', 'LOSANT_SECRET']
] as const) {
  test(`${name}: a wrong credential halts, and nothing is sent`, async t => {
    const connect = accounts[name as keyof typeof accounts] // they have the same names
    const { played, ledger } = await sent(t, name, { connect, env: { [variable]: 'wrong' } })
    t.deepEqual(played, { ...nothing, trouble: 'mqtt_unauthorized' })
    t.deepEqual(ledger, [])
  })
}

test('mosquitto takes what the pages send', async t => {
  const broker = await startMosquitto()
  t.teardown(() => broker.stop())
  for (const page of pages.filter(({ name }) => name.startsWith('mqtt/'))) {
    const played = await play(t, page, { url: `mqtt://127.0.0.1:${broker.port}`, messages })
    t.deepEqual(played, { ...nothing, delivered: 2 }, page.name)
  }
})
