// Shared access signatures against vectors, and how long a token is kept.

import { createHmac } from 'node:crypto'
import test from 'ava'
import { Registry } from '../../../../connectors/iot-hub/double/registry.ts'
import { type KeySource, keySourceOf } from '../../../../connectors/iot-hub/sas/keys.ts'
import { keyOfGroupMember, sasToken } from '../../../../connectors/iot-hub/sas/token.ts'
import { Tokens } from '../../../../connectors/iot-hub/sas/tokens.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { messagesOfDevice } from '../harness.ts'

const hub = 'contoso.azure-devices.net'
const device = '352093081452001'
const keyText = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='
const key = Buffer.from(keyText, 'base64')
const [message = never()] = messagesOfDevice(device, 1)

/** The one that is configured. */
function ownSource(credentials: Parameters<typeof keySourceOf>[0]): KeySource {
  return keySourceOf(credentials) ?? never()
}

function never(): never {
  throw new Error('there is one')
}

test('the token of a device is the one of the vector', t => {
  t.is(
    sasToken({ hub, device, expiresS: 1_700_003_600 }, { key }),
    'SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2F352093081452001' +
      '&sig=%2BwGkwMXEPEDn4pXmCH3%2FQPwvw9kbkINxZxJooj7s47c%3D&se=1700003600'
  )
})

test('the token of a policy names it, and has the same signature', t => {
  const own = sasToken({ hub, device, expiresS: 1_700_003_600 }, { key })
  const ofPolicy = sasToken({ hub, device, expiresS: 1_700_003_600 }, { key, policy: 'device & more' })
  t.is(ofPolicy, `${own}&skn=device%20%26%20more`)
})

test('marks in a device id are encoded in what is signed', t => {
  const odd = "a(b)*c'!"
  const registry = new Registry({ hub })
  registry.set(odd, { keys: [keyText] })
  const token = sasToken({ hub, device: odd, expiresS: 1_700_003_600 }, { key })
  t.regex(token, /sr=contoso\.azure-devices\.net%2Fdevices%2Fa%28b%29%2Ac%27%21&/)
  t.is(registry.admit(odd, token, 1_700_003_599_000), 'in')
})

test('the key of a member of a group is the HMAC of its id under the key of the group', t => {
  t.deepEqual(keyOfGroupMember(key, device), createHmac('sha256', key).update(device).digest())
  const registry = new Registry({ hub, groupKey: keyText })
  registry.set(device)
  const source = ownSource({ groupKey: keyText })
  const token = sasToken({ hub, device, expiresS: 1_700_003_600 }, source.keyOf(device, message) ?? never())
  t.is(registry.admit(device, token, 1_700_000_000_000), 'in')
})

test('the double refuses a token that has ended, is of another device, hub or key, or was altered', t => {
  const registry = new Registry({ hub, policies: { device: keyText } })
  registry.set(device, { keys: [keyText] })
  const nowMs = 1_700_000_000_000
  const good = { hub, device, expiresS: 1_700_000_001 }
  const admitted = (token: string, id = device) => registry.admit(id, token, nowMs)
  t.is(admitted(sasToken(good, { key })), 'in')
  t.is(admitted(sasToken(good, { key, policy: 'device' })), 'in')
  const bad = [
    sasToken({ ...good, expiresS: 1_700_000_000 }, { key }),
    sasToken({ ...good, device: 'other' }, { key }),
    sasToken({ ...good, hub: 'fabrikam.azure-devices.net' }, { key }),
    sasToken(good, { key: Buffer.from('other') }),
    sasToken(good, { key, policy: 'service' }),
    sasToken(good, { key }).replace('se=1700000001', 'se=1800000001'),
    'SharedAccessSignature sr=x',
    ''
  ]
  for (const token of bad) t.is(admitted(token), 'unauthorized', token)
  t.is(admitted(sasToken({ ...good, device: 'stranger' }, { key, policy: 'device' }), 'stranger'), 'unknown')
  registry.enable(device, false)
  t.is(admitted(sasToken(good, { key })), 'unauthorized')
})

test('keys of devices are read from lines and from JSON, and nothing of what cannot be read is told', t => {
  for (const deviceKeys of [
    `# ours\n\n${device} ${keyText}\r\nother\t${keyText}\n`,
    `{"${device}":"${keyText}"}`
  ]) {
    const source = ownSource({ deviceKeys })
    t.false(source.isShared)
    t.deepEqual(source.keyOf(device, message), { key })
    t.is(source.keyOf('unknown', message), null)
  }
  for (const deviceKeys of [
    `${device}`,
    `${device} no-key`,
    `a ${keyText} b`,
    '{"a": 1}',
    '{',
    `{"a":"no-key"}`
  ]) {
    const error = t.throws(() => keySourceOf({ deviceKeys }), { code: 'config_invalid' })
    t.notRegex(error?.message ?? '', /no-key|MDEy/)
  }
})

test('exactly one kind of credentials is wanted', t => {
  t.throws(() => keySourceOf({}), { code: 'config_invalid' })
  t.throws(() => keySourceOf({ groupKey: keyText, deviceKeyField: 'key' }), { code: 'config_invalid' })
})

test('a token is kept for seven to nine tenths of its time, and each for another while', t => {
  const clock = new VirtualClock()
  const tokens = new Tokens({ clock, hub, keys: ownSource({ groupKey: keyText }), lifetimeMs: 3_600_000 })
  const shares = Array.from({ length: 200 }, (_, at) => {
    const { madeMs, renewMs } = tokens.of(`d${at}`, message) ?? never()
    return (renewMs - madeMs) / 3_600_000
  })
  t.true(Math.min(...shares) >= 0.7 && Math.min(...shares) < 0.72)
  t.true(Math.max(...shares) <= 0.9 && Math.max(...shares) > 0.88)
})

test('a token is the same until it is renewed, and made anew when it was refused or its key has changed', async t => {
  const clock = new VirtualClock()
  const keyField = 'iotHub.key'
  const keys = ownSource({ deviceKeyField: keyField })
  const tokens = new Tokens({ clock, hub, keys, lifetimeMs: 10_000 })
  const [old = never()] = messagesOfDevice(device, 1, () => ({ [keyField]: keyText }))
  const [changed = never()] = messagesOfDevice(device, 1, () => ({ [keyField]: 'b3RoZXI=' }))
  const first = tokens.of(device, old) ?? never()
  await clock.advance(900)
  t.is(tokens.of(device, old), first)
  t.not(tokens.of(device, changed)?.text, first.text)
  const second = tokens.of(device, old) ?? never()
  t.false(tokens.refused(device, second), 'it was made just now')
  const third = tokens.of(device, old) ?? never()
  t.not(third, second)
  await clock.advance(5_000)
  t.false(tokens.refused(device, third), 'it was never good, however long it has waited')
  const fourth = tokens.of(device, old) ?? never()
  tokens.letIn(fourth)
  t.true(tokens.refused(device, fourth), 'it was good before')
  const fifth = tokens.of(device, old) ?? never()
  await clock.advance(10_000)
  t.true(tokens.refused(device, fifth), 'it has ended')
  const sixth = tokens.of(device, old) ?? never()
  await clock.advance(9_000)
  t.not(tokens.of(device, old), sixth)
  t.is(tokens.of(device, message), null, 'a message without the key')
})

test('tokens are kept for so many devices only', t => {
  const source: KeySource = { isShared: true, textIn: () => '', keyOf: () => ({ key }) }
  const tokens = new Tokens({ clock: new VirtualClock(), hub, keys: source, lifetimeMs: 10_000 })
  for (let at = 0; at < 20_100; at++) tokens.of(`d${at}`, message)
  t.is(tokens.size, 20_000)
})
