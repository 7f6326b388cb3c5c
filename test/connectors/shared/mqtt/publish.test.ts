import test from 'ava'
import mqttPacket, { type IPublishPacket } from 'mqtt-packet'
import type { Frame } from '../../../../connectors/shared/mqtt/subscribe/frames.ts'
import { readPublish } from '../../../../connectors/shared/mqtt/subscribe/publish.ts'

const frameOf = (bytes: Buffer, cutFrom: number | null = null): Frame => ({
  kind: 'frame',
  type: 3,
  bytes,
  cutFrom
})

/** The packet of these bytes behind a fixed header of its own. */
const packet = (first: number, ...bytes: number[]) => Buffer.from([first, bytes.length, ...bytes])

const written: Partial<IPublishPacket>[] = [
  { qos: 0 },
  { qos: 1, messageId: 7 },
  { qos: 2, messageId: 65_535, dup: true, retain: true },
  { qos: 1, messageId: 1, topic: 'Łódź/🚚', payload: Buffer.alloc(0) },
  { qos: 1, messageId: 1, payload: Buffer.alloc(300_000, 'x') }
]

for (const version of [4, 5] as const)
  for (const parts of written)
    test(`of MQTT ${version} ${JSON.stringify({ ...parts, payload: parts.payload?.length })} is read`, t => {
      const userProperties = { a: 'x'.repeat(200), b: ['1', '2'] }
      const publish: IPublishPacket = {
        ...({ cmd: 'publish', topic: 'a/b', payload: Buffer.from('{}') } as const),
        ...({ dup: false, retain: false, qos: 0 } as const),
        ...(version === 5 && { properties: { userProperties, subscriptionIdentifier: 5 } }),
        ...parts
      }
      const bytes = mqttPacket.generate(publish, { protocolVersion: version })
      const { messageId = undefined, payload, qos, retain, topic } = publish
      const expected = { messageId, payload, qos, retain, topic, problem: null }
      t.deepEqual(readPublish(frameOf(bytes), version), expected)
    })

test('properties that are none are skipped by their length', t => {
  const bytes = packet(0x32, 0, 1, 0x61, 0, 9, 3, 0xff, 0xff, 0xff, 0x7b, 0x7d)
  t.like(readPublish(frameOf(bytes), 5), { topic: 'a', messageId: 9, problem: null })
  t.deepEqual(readPublish(frameOf(bytes), 5).payload, Buffer.from('{}'))
})

for (const [what, properties] of [
  ['longer than the packet', [3, 0x26, 0]],
  ['of a length that does not end', [0xff, 0xff, 0xff, 0xff, 0]],
  ['of no length at all', []]
] as const)
  test(`of a packet with properties ${what} the identifier is known, and what is behind it`, t => {
    const publish = readPublish(frameOf(packet(0x34, 0, 1, 0x61, 1, 2, ...properties)), 5)
    t.like(publish, { topic: 'a', qos: 2, messageId: 258, problem: 'its properties do not end within it' })
    t.deepEqual(publish.payload, Buffer.from(properties))
  })

test('of a packet that was cut within its properties the beginning of them is what is known', t => {
  const publish = readPublish(frameOf(packet(0x32, 0, 1, 0x61, 0, 9, 0xff, 0x7f, 0x26), 20_000), 5)
  t.like(publish, { topic: 'a', messageId: 9, problem: null })
  t.deepEqual(publish.payload, Buffer.from([0xff, 0x7f, 0x26]))
})

test('a packet without a topic is told, as its identifier is known', t => {
  t.like(readPublish(frameOf(packet(0x32, 0, 0, 0, 9, 3, 0x23, 0, 1)), 5), {
    topic: '',
    messageId: 9,
    problem: 'it has no topic'
  })
})

test('a packet that ends before its identifier, or has a QoS that is none, cannot be answered', t => {
  for (const bytes of [packet(0x32), packet(0x32, 0), packet(0x32, 0, 9, 0x61), packet(0x32, 0, 1, 0x61, 0)])
    t.throws(() => readPublish(frameOf(bytes), 5), { message: /a PUBLISH that ends in its topic$/ })
  t.throws(() => readPublish(frameOf(packet(0x36, 0, 1, 0x61, 0, 9, 0)), 5), { message: /QoS 3/ })
})
