// Packets as senders write them, who deviate from the document: what is understood all the same, what says nothing that
// could be kept, and what shows that the bytes are no packet.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { FrameReader } from '../../../../connectors/wialon/packet/frames.ts'
import { nameLimits } from '../../../../connectors/wialon/packet/mapping.ts'
import type { Block, Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { incomingOf } from '../../../../connectors/wialon/source/incoming.ts'
import { rulesWith } from '../../shared/wialon/rules.ts'

const rules = rulesWith({}, nameLimits)

const zero = Buffer.of(0)

interface Raw {
  readonly name: string | Buffer
  readonly type: number
  readonly value: Buffer
  readonly hidden?: number
}

function rawBlock({ name, type, value, hidden = 0 }: Raw): Buffer {
  const body = Buffer.concat([Buffer.of(hidden, type), Buffer.from(name), zero, value])
  const head = Buffer.alloc(6)
  head.writeUInt16BE(0x0bbb, 0)
  head.writeUInt32BE(body.length, 2)
  return Buffer.concat([head, body])
}

/** A packet without its size: unit `a`, time 1, these flags. */
function frameOf(blocks: readonly Buffer[], { unit = 'a', time = 1, flags = 0 } = {}): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(time, 0)
  head.writeUInt32BE(flags, 4)
  return Buffer.concat([Buffer.from(unit), zero, head, ...blocks])
}

function messageIn(frame: Buffer): Record<string, unknown> {
  const read = incomingOf(frame, rules)
  if (read.kind !== 'taken') throw new Error(read.reason)
  return JSON.parse(read.message.value.toString())
}

const double = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

const position = Buffer.concat([double(6), double(5), double(7), Buffer.from('0036014605', 'hex')])

const deviations: readonly [title: string, block: Raw, fields: Record<string, unknown>][] = [
  ['a text without its zero byte', { name: 'fw', type: 1, value: Buffer.from('v1') }, { fw: 'v1' }],
  ['bytes behind the end of a text', { name: 'fw', type: 1, value: Buffer.from('v1\0rest') }, { fw: 'v1' }],
  ['an empty text', { name: 'fw', type: 1, value: zero }, { fw: '' }],
  ['a text in Latin-1', { name: 'fw', type: 1, value: Buffer.of(0xe9, 0) }, { fw: 'é' }],
  [
    '64 bits in the type for 32',
    { name: 'x', type: 3, value: Buffer.from('00000003e80000007b', 'hex').subarray(1) },
    { x: 0x3e80000007b }
  ],
  ['32 bits in the type for 64', { name: 'x', type: 5, value: Buffer.from('ffffffff', 'hex') }, { x: -1 }],
  ['an integer of one byte', { name: 'x', type: 3, value: Buffer.of(0x80) }, { x: -128 }],
  ['a double of four bytes', { name: 'x', type: 4, value: Buffer.from('0000c03f', 'hex') }, { x: 1.5 }],
  [
    'a double with the mark of a block in it',
    { name: 'x', type: 4, value: Buffer.from('0bbb00000000f03f', 'hex') },
    { x: Buffer.from('0bbb00000000f03f', 'hex').readDoubleLE() }
  ],
  ['not a number', { name: 'x', type: 4, value: double(Number.NaN) }, { x: null }],
  [
    'a visible position of another type',
    { name: 'posinfo', type: 3, hidden: 0, value: position },
    {
      'position.latitude': 5,
      'position.longitude': 6,
      'position.altitude': 7,
      'position.speed': 54,
      'position.direction': 326,
      'position.satellites': 5
    }
  ],
  [
    'bytes behind a position',
    { name: 'posinfo', type: 2, value: Buffer.concat([position, zero]) },
    { 'position.speed': 54 }
  ],
  ['inputs as a double', { name: 'avl_inputs', type: 4, value: double(5) }, { din: 5 }],
  [
    'inputs as 64 bits',
    { name: 'avl_inputs', type: 5, value: Buffer.from('00000000ffffffff', 'hex') },
    { din: 4_294_967_295 }
  ],
  [
    'visible outputs',
    { name: 'avl_outputs', type: 3, hidden: 0, value: Buffer.from('ffffffff', 'hex') },
    { dout: 4_294_967_295 }
  ],
  ['inputs that are no bits', { name: 'avl_inputs', type: 4, value: double(0.5) }, { avl_inputs: 0.5 }],
  [
    'a driver as a number',
    { name: 'avl_driver', type: 3, value: Buffer.from('0000007b', 'hex') },
    { 'driver.id': '123' }
  ],
  [
    'a name that is longer than it may be',
    { name: 'n'.repeat(60), type: 3, value: zero },
    { ['n'.repeat(60)]: 0 }
  ],
  ['a hidden parameter', { name: 'x', type: 3, hidden: 7, value: zero }, { x: 0 }]
]

for (const [title, block, fields] of deviations) {
  test(`it is understood all the same: ${title}`, t => {
    t.like(messageIn(frameOf([rawBlock(block)])), { ident: 'a', timestamp: 1, ...fields })
  })
}

test('flags that do not match the blocks mean nothing but the alarm', t => {
  t.deepEqual(messageIn(frameOf([], { flags: 0xffff_ffff })), {
    ident: 'a',
    timestamp: 1,
    'alarm.event': true
  })
})

test('blocks of a type that no message can carry are left out, and named', t => {
  const image = rawBlock({ name: 'image', type: 6, value: Buffer.alloc(100, 7) })
  const binary = rawBlock({ name: 'raw', type: 2, value: Buffer.alloc(3) })
  const read = incomingOf(frameOf([image, binary, rawBlock({ name: 'x', type: 3, value: zero })]), rules)
  t.like(read, { kind: 'taken', leftOut: ['image', 'raw'] })
})

test('a name that comes twice loses neither value', t => {
  const one = (value: number) => rawBlock({ name: 'pwr_ext', type: 3, value: Buffer.of(value) })
  t.like(messageIn(frameOf([one(1), one(2)])), {
    'external.powersource.voltage': 1,
    'external.powersource.voltage#2': 2
  })
})

const invalid: readonly [frame: Buffer, reason: RegExp][] = [
  [frameOf([], { unit: '' }), /^the unit id is empty$/],
  [frameOf([], { unit: 'u'.repeat(257) }), /^the unit id is longer than 256 bytes$/],
  [frameOf([], { time: -1 }), /^its time is -1, before 1970$/],
  [
    frameOf([rawBlock({ name: 'posinfo', type: 2, value: position.subarray(1) })]),
    /^a position of 28 bytes$/
  ],
  [frameOf([rawBlock({ name: 'x', type: 3, value: Buffer.alloc(3) })]), /^an integer of 3 bytes in x$/],
  [frameOf([rawBlock({ name: 'x', type: 4, value: Buffer.alloc(7) })]), /^a double of 7 bytes in x$/],
  [frameOf([rawBlock({ name: '', type: 3, value: Buffer.alloc(4) })]), /^a block without a name$/],
  [
    frameOf([rawBlock({ name: 'x', type: 1, value: Buffer.alloc(200_000, 1) })]),
    /^a message of 1200034 bytes, at most 921600$/
  ]
]

for (const [frame, reason] of invalid) {
  test(`it came whole, and can be no message: ${reason.source}`, t => {
    const read = incomingOf(frame, rules)
    t.is(read.kind, 'invalid')
    t.regex('reason' in read ? read.reason : '', reason)
  })
}

const none: readonly [title: string, frame: Buffer][] = [
  ['no zero byte at all', Buffer.alloc(20, 0x41)],
  ['a head that is cut', frameOf([]).subarray(0, -1)],
  ['another mark', frameOf([Buffer.from('0bbc00000004000361000000', 'hex')])],
  [
    'a block that is longer than the packet',
    frameOf([rawBlock({ name: 'x', type: 3, value: zero }).subarray(0, -1)])
  ],
  ['bytes behind the last block', frameOf([rawBlock({ name: 'x', type: 3, value: zero }), zero])]
]

for (const [title, frame] of none) {
  test(`it is no packet: ${title}`, t => {
    t.is(incomingOf(frame, rules).kind, 'none')
  })
}

const wire = fc.string({ unit: 'binary' }).map(text => text.replaceAll('\0', ''))
const block: fc.Arbitrary<Block> = fc.record({
  kind: fc.constant('text' as const),
  name: wire.filter(text => text !== ''),
  hidden: fc.boolean(),
  value: wire
})
const packet: fc.Arbitrary<Packet> = fc.record({
  unit: wire.filter(text => text !== ''),
  timeSeconds: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  flags: fc.constant(0),
  blocks: fc.array(block, { maxLength: 5 })
})

testProp(
  'packets are cut out of a stream alike, whether it comes byte by byte, in pieces or at once',
  [fc.array(packet, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })],
  (t, packets, sizes) => {
    const stream = Buffer.concat(packets.map(encodePacket))
    const wanted = packets.map(one => encodePacket(one).subarray(4).toString('hex'))
    for (const cuts of [[1], sizes, [Number.POSITIVE_INFINITY]]) {
      const reader = new FrameReader(1_000_000)
      const frames: string[] = []
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const end = at + (cuts[turn % cuts.length] ?? 1)
        frames.push(...reader.push(stream.subarray(at, end)).frames.map(frame => frame.toString('hex')))
        at = end
      }
      t.deepEqual(frames, wanted)
      t.false(reader.isInside)
    }
  },
  { numRuns: 500 }
)

const sizes: readonly [size: number, code: string | null][] = [
  [0, 'wialon_packet_malformed'],
  [8, 'wialon_packet_malformed'],
  [9, null],
  [1000, null],
  [1001, 'wialon_packet_too_large'],
  [0xffff_ffff, 'wialon_packet_too_large']
]

for (const [size, code] of sizes) {
  test(`a packet that announces ${size} bytes of at most 1000 is ${code ?? 'waited for'}`, t => {
    const head = Buffer.alloc(4)
    head.writeUInt32LE(size)
    const reader = new FrameReader(1000)
    const found: string | null = reader.push(head).problem?.code ?? null
    t.is(found, code)
  })
}
