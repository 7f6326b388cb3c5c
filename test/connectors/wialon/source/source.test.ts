// What is particular to the Wialon source beside the contract of sources: what is stored of a packet, what is answered in
// which order when some of the packets cannot be messages, who may send, and senders that are slow or never listen.

import test from 'ava'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { packed } from '../packet/packets.ts'
import { Harness } from './harness.ts'

const packetOf = (message: object) => encodePacket(packed(JSON.stringify(message)))
const numbered = (n: number) => packetOf({ ident: 'a', timestamp: n, n })
const nameless = encodePacket({ unit: '', timeSeconds: 1, flags: 0, blocks: [] })

test('the example of the document is stored as a message', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  const hex =
    '74000000333533393736303133343435343835004B0BFB70000000030BBB000000270102706F73696E666F00A027AFDF5D984840' +
    '3AC7253383DD4B400000000000805A40003601460B0BBB0000001200047077725F657874002B8716D9CE973B400BBB000000110103' +
    '61766C5F696E707574730000000001'
  sender.socket.write(Buffer.from(hex, 'hex'))
  await until('the answer', () => sender.heard.length > 0)
  t.deepEqual(sender.heard, Buffer.of(0x11))
  t.like(harness.stored, [
    {
      ident: '353976013445485',
      timestamp: 1_259_076_464,
      'position.latitude': 55.7305664,
      din: 1,
      'external.powersource.voltage': 27.593
    }
  ])
  t.like(harness.told.accepted[0], ['fleet', 1])
})

test('packets that come together are appended together, and each is answered', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  sender.socket.write(Buffer.concat(Array.from({ length: 50 }, (_, n) => numbered(n))))
  await until('all answers', () => sender.heard.length === 50)
  t.deepEqual(harness.appends, [50])
  t.deepEqual(
    harness.stored.map(({ n }) => n),
    Array.from({ length: 50 }, (_, n) => n)
  )
})

test('what can be no message is set aside with its bytes, and answered with the others once all is stored', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  let open = () => {}
  harness.gate = () => new Promise(resolve => (open = resolve))
  const early = encodePacket({ unit: 'b', timeSeconds: -5, flags: 0, blocks: [] })
  sender.socket.write(Buffer.concat([numbered(1), nameless, numbered(2), early]))
  await until('an append', () => harness.appends.length === 1)
  open()
  await until('it is to be set aside', () => harness.stored.length === 2)
  t.is(sender.heard.length, 0)
  open()
  await until('the answers', () => sender.heard.length === 4)
  const { port } = sender.socket.address() as { port: number } // a TCP socket that is connected has one
  const from = `127.0.0.1 port ${port}`
  const code = 'wialon_message_invalid'
  t.deepEqual(harness.aside, [
    { bytes: nameless, code, detail: 'the unit id is empty', from },
    { bytes: early, device: 'b', code, detail: 'its time is -5, before 1970', from }
  ])
  t.false(sender.isClosed)
})

test('what the topic has no room for is set aside and answered, and what is behind it is stored', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  harness.mostValueBytes = 500
  const large = packetOf({ ident: 'a', timestamp: 2, note: 'x'.repeat(600) })
  const packets = [numbered(1), large, numbered(3), numbered(4), numbered(5)]
  sender.socket.write(Buffer.concat(packets))
  await until('the answers', () => sender.heard.length === packets.length)
  t.deepEqual(
    harness.stored.map(({ n }) => n),
    [1, 3, 4, 5]
  )
  t.like(harness.aside, [
    { bytes: large, device: 'a', code: 'wialon_message_too_large', detail: 'at most 500 bytes' }
  ])
  t.is(
    harness.told.accepted.reduce((sum, [, messages]) => sum + messages, 0),
    4
  )
  t.false(sender.isClosed)
})

test('what comes before bytes that are no packet is stored and answered, the rest is not', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  const broken = numbered(3)
  broken[4 + 2 + 8] = 0xff // the mark of its block
  sender.socket.write(Buffer.concat([numbered(1), numbered(2), broken, numbered(4)]))
  await until('the end', () => sender.isClosed)
  t.deepEqual(sender.heard, Buffer.of(0x11, 0x11))
  t.is(harness.stored.length, 2)
  t.deepEqual(harness.told.refused, [['fleet', 'wialon_packet_malformed']])
  t.like(harness.told.lines('sender_refused')[0], { channel: 'fleet', code: 'wialon_packet_malformed' })
  t.regex(String(harness.told.lines('sender_refused')[0]?.from), /^127\.0\.0\.1 port \d+$/)
})

test('what Kafka does not take is not answered, and the connection ends so that it is repeated', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  harness.gate = () => Promise.reject(new FaultError('kafka_unavailable'))
  sender.socket.write(numbered(1))
  await until('the end', () => sender.isClosed)
  t.is(sender.heard.length, 0)
  t.deepEqual(harness.told.refused, [['fleet', 'kafka_unavailable']])
})

test('a packet that begins and does not end in time ends the connection, however often a byte comes', async t => {
  const clock = new VirtualClock()
  const harness = new Harness(t, { packetTimeoutMs: 1000, idleTimeoutMs: 0 }, { clock })
  await harness.source.start()
  const sender = await harness.sender()
  const bytes = numbered(1)
  for (let at = 0; at < 4; at++) {
    const timers = clock.waiting
    sender.socket.write(bytes.subarray(at, at + 1))
    if (at === 0) await until('it is watched', () => clock.waiting > timers)
    await clock.advance(240)
  }
  t.false(sender.isClosed)
  await clock.advance(100)
  await until('the end', () => sender.isClosed)
  t.deepEqual(harness.told.refused, [['fleet', 'wialon_packet_timeout']])
})

test('the time for which Kafka is waited for does not count as the time of a packet', async t => {
  const clock = new VirtualClock()
  const harness = new Harness(t, { packetTimeoutMs: 1000, idleTimeoutMs: 0 }, { clock })
  await harness.source.start()
  const sender = await harness.sender()
  let open = () => {}
  harness.gate = () => new Promise(resolve => (open = resolve))
  const second = numbered(2)
  sender.socket.write(Buffer.concat([numbered(1), second.subarray(0, 10)]))
  await until('an append', () => harness.appends.length === 1)
  await clock.advance(5000)
  open()
  await until('an answer', () => sender.heard.length === 1)
  sender.socket.write(second.subarray(10))
  await until('the second append', () => harness.appends.length === 2)
  open()
  await until('both answers', () => sender.heard.length === 2)
  t.deepEqual(harness.told.refused, [])
})

test('a size above the limit of the settings ends the connection', async t => {
  const harness = new Harness(t, { maxPacketBytes: 100 })
  await harness.source.start()
  const sender = await harness.sender()
  sender.socket.write(packetOf({ ident: 'a', timestamp: 1, note: 'x'.repeat(100) }))
  await until('the end', () => sender.isClosed)
  t.deepEqual(harness.told.refused, [['fleet', 'wialon_packet_too_large']])
})

test('only senders of the networks that are named may send', async t => {
  const harness = new Harness(t, { senders: ['192.0.2.0/24', '2001:db8::/32'] })
  await harness.source.start()
  const stranger = await harness.sender()
  await until('the end', () => stranger.isClosed)
  t.deepEqual(harness.told.refused, [['fleet', 'wialon_sender_refused']])
  const admitting = new Harness(t, { senders: ['10.0.0.1', '127.0.0.0/8'] })
  await admitting.source.start()
  const friend = await admitting.sender()
  friend.socket.write(numbered(1))
  await until('the answer', () => friend.heard.length === 1)
})

test('an address that other machines reach needs senders, or "insecure: true"', t => {
  const error = t.throws(() => new Harness(t, { host: '0.0.0.0' }), { instanceOf: FaultError })
  t.like(error, { code: 'wialon_source_unguarded', path: 'channels.fleet.sources.wialon' })
  t.notThrows(() => new Harness(t, { host: '0.0.0.0', insecure: true }))
  t.notThrows(() => new Harness(t, { host: '0.0.0.0', senders: ['10.0.0.0/8'] }))
})

test('what is no network under senders is a mistake in the configuration', t => {
  for (const sender of ['example.com', '10.0.0.0/33', '1.2.3', '::1/129']) {
    const error = t.throws(() => new Harness(t, { senders: ['10.0.0.1', sender] }), {
      instanceOf: FaultError
    })
    t.like(error, { code: 'config_invalid', path: 'channels.fleet.sources.wialon.senders[1]' })
  }
})

test('changed fields hold for the next packet of a connection that is open', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const port = Number(harness.told.lines('listener_opened')[0]?.port)
  await harness.source.stop(0)
  const listen = { host: '127.0.0.1', port: 0 }
  await harness.source.update([harness.feed({ port })], listen)
  const sender = await harness.sender()
  const packet = packetOf({ ident: 'a', timestamp: 1, din: 3 })
  sender.socket.write(packet)
  await until('an answer', () => sender.heard.length === 1)
  const fields = { ...harness.feed().config.fields, inputs: 'switches' }
  await harness.source.update([harness.feed({ port, fields })], listen)
  sender.socket.write(packet)
  await until('another answer', () => sender.heard.length === 2)
  t.like(harness.stored, [{ din: 3 }, { switches: 3 }])
})

test('a sender that is taken off the list hears what it waits for, and its connection ends', async t => {
  const harness = new Harness(t, { senders: ['127.0.0.1'] })
  await harness.source.start()
  const listen = { host: '127.0.0.1', port: 0 }
  const [busy, idle] = [await harness.sender(), await harness.sender()]
  let open = () => {}
  harness.gate = () => new Promise(resolve => (open = resolve))
  busy.socket.write(numbered(1))
  await until('an append', () => harness.appends.length === 1)
  await harness.source.update([harness.feed({ senders: ['127.0.0.0/8'] })], listen)
  t.false(idle.isClosed)
  await harness.source.update([harness.feed({ senders: ['10.0.0.1'] })], listen)
  await until('the end of the idle one', () => idle.isClosed)
  t.false(busy.isClosed)
  open()
  await until('the end of the other', () => busy.isClosed)
  t.deepEqual(busy.heard, Buffer.of(0x11))
  t.deepEqual(harness.told.refused, [
    ['fleet', 'wialon_sender_refused'],
    ['fleet', 'wialon_sender_refused']
  ])
})

test('a failure of our own ends the connection, and is counted and told', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  harness.gate = () => Promise.reject(new TypeError('x is not a function'))
  sender.socket.write(numbered(1))
  await until('the end', () => sender.isClosed)
  t.is(sender.heard.length, 0)
  t.deepEqual(harness.told.refused, [['fleet', 'internal']])
  t.like(harness.told.lines('sender_refused')[0], {
    code: 'internal',
    error: 'Tailrace itself failed: x is not a function'
  })
})

test('a sender that goes away is nothing to count', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const [reset, stays] = [await harness.sender(), await harness.sender()]
  reset.socket.write(numbered(1))
  await until('an answer', () => reset.heard.length === 1)
  reset.socket.resetAndDestroy()
  stays.socket.write(numbered(2))
  await until('another', () => stays.heard.length === 1)
  t.deepEqual(harness.told.refused, [])
})

test('blocks that no message can carry are told once, and the rest is stored', async t => {
  const harness = new Harness(t)
  await harness.source.start()
  const sender = await harness.sender()
  const head = '00000000' + '6100' + '00000001' + '00000000'
  const picture = Buffer.from(`${head}0bbb000000090006696d6167650001`, 'hex')
  picture.writeUInt32LE(picture.length - 4, 0)
  sender.socket.write(Buffer.concat([picture, picture]))
  await until('the answers', () => sender.heard.length === 2)
  t.deepEqual(harness.stored, [
    { ident: 'a', timestamp: 1 },
    { ident: 'a', timestamp: 1 }
  ])
  t.deepEqual(harness.told.lines('fields_left_out'), [
    { channel: 'fleet', ident: 'a', fields: { image: 'no type for it' } }
  ])
})
