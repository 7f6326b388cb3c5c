// What devices say to the source and what they hear, over real sockets.

import { deflateSync } from 'node:zlib'
import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { loginPacket } from '../../../../connectors/wialon-ips/codec/login.ts'
import { checkedPacket } from '../../../../connectors/wialon-ips/codec/packet.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { compressedLine } from '../codec/generate.ts'
import { startSource } from './harness.ts'

const login = loginPacket('2.0', '353976013445485', null)
const short = '141123;221320;5544.6025;N;03739.6834;E;54;326;106;11'
const extended =
  '141123;221320.25;5130.43200;N;00007.65000;W;0;0;NA;0;1.1;5;NA;7.5,3;0123ABCD;SOS:1:1,fw:3:v1.2,odo:1:9007199254740993'
const shortMessage = {
  ident: '353976013445485',
  timestamp: 1_700_000_000,
  'position.latitude': 55.743375,
  'position.longitude': 37.66139,
  'position.altitude': 106,
  'position.speed': 54,
  'position.direction': 326,
  'position.satellites': 11
}

test('a session with every packet', async t => {
  const { device, stored } = await startSource(t)
  const one = device()
  t.is(await one.ask(login), '#AL#1')
  t.is(await one.ask('#P#\r\n'), '#AP#')
  t.is(await one.ask(checkedPacket('SD', `${short};`)), '#ASD#1')
  t.is(await one.ask(checkedPacket('D', `${extended};`)), '#AD#1')
  t.is(await one.ask(checkedPacket('B', `${short}|${short}|`)), '#AB#2')
  t.is(await one.ask(checkedPacket('B', '|')), '#AB#0')
  t.deepEqual(stored[0], shortMessage)
  t.deepEqual(stored[1], {
    ident: '353976013445485',
    timestamp: 1_700_000_000.25,
    'position.latitude': 51.5072,
    'position.longitude': -0.1275,
    'position.speed': 0,
    'position.direction': 0,
    'position.satellites': 0,
    din: 5,
    'driver.id': '0123ABCD',
    'alarm.event': true,
    'position.hdop': 1.1,
    'ain.1': 7.5,
    'ain.2': 3,
    fw: 'v1.2',
    odo: JSON.parse('9007199254740993')
  })
  t.deepEqual(stored.slice(2), [shortMessage, shortMessage])
})

test('a device of version 1.x has no check sums, and needs none', async t => {
  const { device, stored } = await startSource(t)
  const one = device()
  t.is(await one.ask('#L#353976013445485;NA\r\n'), '#AL#1')
  t.is(await one.ask(`#SD#${short}\r\n`), '#ASD#1')
  t.is(await one.ask(`#D#${extended}\r\n`), '#AD#1')
  t.is(await one.ask(`#B#${short}|${short}\r\n`), '#AB#2')
  t.is(await one.ask(`#B#${short}|\r\n`), '#AB#1')
  t.is(stored.length, 5)
})

test('packets that are compressed are taken like others', async t => {
  const { device, stored } = await startSource(t)
  const one = device()
  t.is(await one.ask(compressedLine(deflateSync(login.trimEnd()))), '#AL#1')
  t.is(await one.ask(compressedLine(deflateSync(checkedPacket('SD', `${short};`)))), '#ASD#1')
  t.deepEqual(stored, [shortMessage])
})

test('a record without a time is of the time at which it came', async t => {
  const clock = new VirtualClock({ nowMs: 1_800_000_000_500 })
  const { device, stored } = await startSource(t, { clock })
  const one = device()
  await one.ask(login)
  t.is(await one.ask(checkedPacket('SD', 'NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;')), '#ASD#1')
  t.deepEqual(stored, [{ ident: '353976013445485', timestamp: 1_800_000_000.5 }])
})

const refusals: readonly [title: string, packet: string, answer: string, code: string][] = [
  ['a wrong check sum', `#SD#${short};0000\r\n`, '#ASD#13', 'crc_wrong'],
  ['no check sum', `#D#${extended}\r\n`, '#AD#16', 'crc_wrong'],
  ['a black box with a wrong check sum', `#B#${short}|0000\r\n`, '#AB#', 'crc_wrong'],
  ['no such day', checkedPacket('SD', `32${short.slice(2)};`), '#ASD#0', 'record_invalid'],
  ['no such place', checkedPacket('D', `${extended.replace('5130', '9130')};`), '#AD#10', 'record_invalid'],
  ['fields too few', checkedPacket('D', `${short.slice(0, -3)};`), '#AD#-1', 'record_invalid'],
  ['a parameter that is none', checkedPacket('D', `${extended},x;`), '#AD#15', 'record_invalid']
]

for (const [title, packet, answer, code] of refusals) {
  test(`what is wrong is told and counted, and the connection stays: ${title}`, async t => {
    const { device, stored, refused } = await startSource(t)
    const one = device()
    await one.ask(login)
    t.is(await one.ask(packet), answer)
    t.deepEqual(refused, [`wialon_ips_${code}`])
    t.is(stored.length, 0)
    t.is(await one.ask(checkedPacket('SD', `${short};`)), '#ASD#1')
  })
}

const impossible = `${extended},x`

test('a record that can be no message is set aside with its reason before the device is told', async t => {
  let open = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  let began = false
  const running = await startSource(t, {
    setAside: () => {
      began = true
      return gate
    }
  })
  const one = running.device()
  await one.ask(login)
  const answer = one.ask(checkedPacket('D', `${impossible};`))
  await until('it is to be set aside', () => began)
  t.is(one.heard, '#AL#1\r\n')
  open()
  t.is(await answer, '#AD#15')
  const { port } = one.socket.address() as { port: number } // a TCP socket that is connected has one
  t.deepEqual(running.aside, [
    {
      bytes: Buffer.from(`#D#${impossible}`),
      device: '353976013445485',
      code: 'wialon_ips_record_invalid',
      detail: 'its parameters',
      from: `127.0.0.1 port ${port}`
    }
  ])
})

test('a device that sends such a record again is let by, and the record is kept once', async t => {
  const { device, stored, aside, refused } = await startSource(t)
  const one = device()
  await one.ask(login)
  t.is(await one.ask(checkedPacket('D', `${impossible};`)), '#AD#15')
  t.is(await one.ask(checkedPacket('D', `${impossible};`)), '#AD#1')
  const two = device()
  await two.ask(login)
  t.is(await two.ask(checkedPacket('D', `${impossible};`)), '#AD#1')
  const other = device()
  await other.ask(loginPacket('2.0', 'other', null))
  t.is(await other.ask(checkedPacket('D', `${impossible};`)), '#AD#15')
  t.deepEqual([stored.length, aside.length, refused.length], [0, 2, 4])
})

test('a record that could not be set aside is not answered, and is set aside when it comes again', async t => {
  let fails = true
  const { device, aside, refused } = await startSource(t, {
    setAside: async () => {
      if (fails) throw new FaultError('kafka_unavailable')
    }
  })
  const one = device()
  await one.ask(login)
  one.say(checkedPacket('D', `${impossible};`))
  await one.closed()
  t.is(one.heard, '#AL#1\r\n')
  t.is(refused.at(-1), 'kafka_unavailable')
  fails = false
  const two = device()
  await two.ask(login)
  t.is(await two.ask(checkedPacket('D', `${impossible};`)), '#AD#15')
  t.is(aside.length, 1)
})

test('a black box is accepted as a whole, with what can be no message among the dead letters', async t => {
  const { device, stored, aside } = await startSource(t)
  const one = device()
  await one.ask(login)
  t.is(await one.ask(checkedPacket('B', `${short}|x|${short}||y|`)), '#AB#4')
  t.is(stored.length, 2)
  t.like(aside, [{ bytes: Buffer.from('#B#x|y'), detail: '2 of 4 records, the first by its structure' }])
})

test('a black box of nothing but separators and broken records makes few dead letters', async t => {
  const { device, aside } = await startSource(t)
  const one = device()
  await one.ask(login)
  t.is(await one.ask(checkedPacket('B', '|'.repeat(100_000))), '#AB#0')
  t.is(await one.ask(checkedPacket('B', 'x|'.repeat(10_000))), '#AB#10000')
  t.is(aside.length, 20)
})

test('a record that the topic has no room for is set aside and accepted, and those behind it are stored', async t => {
  const { device, stored, aside } = await startSource(t, {
    append: async messages => {
      if (messages.some(({ value }) => value.length > 500))
        throw new FaultError('body_too_large', { detail: 'at most 500 bytes' })
    }
  })
  const one = device()
  await one.ask(login)
  const large = `${extended},text:3:${'x'.repeat(600)}`
  t.is(await one.ask(checkedPacket('D', `${large};`)), '#AD#1')
  t.is(await one.ask(checkedPacket('B', `${short}|${large}|${short}|${short}|`)), '#AB#4')
  t.is(stored.length, 3)
  const code = 'wialon_ips_record_too_large'
  t.like(aside, [
    { code, bytes: Buffer.from(`#D#${large}`), detail: 'at most 500 bytes' },
    { code, bytes: Buffer.from(`#B#${large}`) }
  ])
})

const logins: readonly [title: string, packet: string, answer: string, code: string][] = [
  ['a wrong password', loginPacket('2.0', 'a', 'wrong'), '#AL#01', 'login_refused'],
  ['no password', loginPacket('2.0', 'a', null), '#AL#01', 'login_refused'],
  ['a wrong check sum', '#L#2.0;a;s3cret;0000\r\n', '#AL#10', 'crc_wrong'],
  ['no ident', loginPacket('2.0', '', 's3cret'), '#AL#0', 'login_invalid'],
  ['an ident that is too long', loginPacket('2.0', 'x'.repeat(257), 's3cret'), '#AL#0', 'login_invalid'],
  ['something else before', '#P#\r\n', '', 'login_missing'],
  ['no packet', 'SSH-2.0-OpenSSH_9.2\r\n', '', 'packet_malformed'],
  ['a line that is too long for a login', 'x'.repeat(1_100), '', 'packet_too_large'],
  ['a bomb', '', '', 'packet_malformed']
]

for (const [title, packet, answer, code] of logins) {
  test(`who is not let in is told, counted and hung up on: ${title}`, async t => {
    const { device, refused, events } = await startSource(t, { settings: { password: 's3cret' } })
    const one = device()
    one.say(packet === '' ? compressedLine(deflateSync(Buffer.alloc(50_000_000))) : packet)
    await one.closed()
    t.is(one.heard, answer === '' ? '' : `${answer}\r\n`)
    t.deepEqual(refused, [`wialon_ips_${code}`])
    t.is(events.filter(({ name }) => name === 'sender_refused').length, 1)
    t.false(JSON.stringify(events).includes('s3cret'))
  })
}

test('the right password lets in, and a login may be repeated', async t => {
  const { device, refused } = await startSource(t, { settings: { password: 's3;cret' } })
  const one = device()
  t.is(await one.ask(loginPacket('2.1', 'a', 's3;cret')), '#AL#1')
  t.is(await one.ask(loginPacket('2.1', 'a', 's3;cret')), '#AL#1')
  t.deepEqual(refused, [])
})

test('a second device on one connection is refused, so that nothing is taken for the first', async t => {
  const { device, refused } = await startSource(t)
  const one = device()
  await one.ask(loginPacket('2.0', 'a', null))
  t.is(await one.ask(loginPacket('2.0', 'b', null)), '#AL#0')
  await one.closed()
  t.deepEqual(refused, ['wialon_ips_login_invalid'])
})

test('where the password changes, who logged in with the old one is hung up on', async t => {
  const { source, device, refused, renewed } = await startSource(t, { settings: { password: 'old' } })
  const one = device()
  await one.ask(loginPacket('2.0', 'a', 'old'))
  const silent = device()
  await until('it is connected', () => !silent.socket.connecting)
  await source.update([renewed({ password: 'new' })], { host: '127.0.0.1', port: 0 })
  await one.closed()
  t.deepEqual(refused, ['wialon_ips_login_refused'])
  t.is(await silent.ask(loginPacket('2.0', 'a', 'new')), '#AL#1')
})

test('packets of other kinds are counted and not answered', async t => {
  const { device, refused } = await startSource(t)
  const one = device()
  await one.ask(login)
  one.say('#M#hello;1234\r\n')
  t.is(await one.ask('#P#\r\n'), '#AP#')
  t.deepEqual(refused, ['wialon_ips_packet_unknown'])
})

test('what Kafka does not take is not answered at all, so that the device repeats it', async t => {
  let fails = true
  const { device, stored, refused } = await startSource(t, {
    append: async () => {
      if (fails) throw new FaultError('kafka_unavailable')
    }
  })
  const one = device()
  await one.ask(login)
  one.say(checkedPacket('D', `${extended};`))
  await one.closed()
  t.is(one.heard, '#AL#1\r\n')
  t.deepEqual(refused, ['kafka_unavailable'])
  fails = false
  const two = device()
  await two.ask(login)
  t.is(await two.ask(checkedPacket('D', `${extended};`)), '#AD#1')
  t.is(stored.length, 1)
})

test('who does not log in, or does not end a packet, is hung up on in time', async t => {
  const clock = new VirtualClock()
  const { device, refused } = await startSource(t, { clock, settings: { packetTimeoutMs: 60_000 } })
  const [silent, slow, idle] = [device(), device(), device()]
  await slow.ask(login)
  await idle.ask(login)
  slow.say('#SD#1411')
  silent.say('#L#')
  await until('it has begun', () => slow.socket.bytesWritten > 30 && silent.socket.bytesWritten > 0)
  await idle.ask('#P#\r\n')
  await clock.advance(60_000)
  await Promise.all([silent.closed(), slow.closed()])
  t.deepEqual(refused.toSorted(), ['wialon_ips_login_missing', 'wialon_ips_packet_timeout'])
  t.is(await idle.ask('#P#\r\n'), '#AP#')
})

test('a channel that anyone could send to is refused before it starts', async t => {
  await t.throwsAsync(startSource(t, { settings: { host: '0.0.0.0' } }), {
    code: 'wialon_ips_source_unguarded'
  })
  await t.notThrowsAsync(startSource(t, { settings: { host: '0.0.0.0', insecure: true } }))
  await t.notThrowsAsync(startSource(t, { settings: { host: '0.0.0.0', password: 's3cret' } }))
})
