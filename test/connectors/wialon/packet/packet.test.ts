// Packets byte for byte: the example of the protocol's own document, and packets of ours with every type. The double's
// strict reader gives back what was encoded, however the stream is cut.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type Block, flags, type Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { PacketReader } from '../../../../connectors/wialon/packet/packet-reader.ts'
import { encodePacket, PacketWriter } from '../../../../connectors/wialon/packet/packet-writer.ts'

interface Vector {
  readonly title: string
  readonly hex: string
  readonly packet: Packet
}

const vectors: readonly Vector[] = [
  {
    title: 'the example of the document',
    hex: `74000000333533393736303133343435343835004B0BFB70000000030BBB0000
      00270102706F73696E666F00A027AFDF5D9848403AC7253383DD4B4000000000
      00805A40003601460B0BBB0000001200047077725F657874002B8716D9CE973B
      400BBB00000011010361766C5F696E707574730000000001`,
    packet: {
      unit: '353976013445485',
      timeSeconds: Date.UTC(2009, 10, 24, 15, 27, 44) / 1000,
      flags: flags.position | flags.inputs,
      blocks: [
        {
          kind: 'position',
          value: {
            longitude: 49.1903648,
            latitude: 55.7305664,
            altitudeM: 106,
            speedKmh: 54,
            course: 326,
            satellites: 11
          }
        },
        { kind: 'double', name: 'pwr_ext', hidden: false, value: 27.593 },
        { kind: 'integer', name: 'avl_inputs', hidden: true, value: 1 }
      ]
    }
  },
  {
    title: 'every type, negative values and all flags',
    hex: `da0000006465766963652d3432006553f100000000370bbb0000002701027
      06f73696e666f0052b81e85eb51c0bffe43faedebc049400000000000000c
      c000000000000bbb00000011010361766c5f696e7075747300000000050bb
      b00000012010361766c5f6f75747075747300ffffffff0bbb000000160101
      61766c5f647269766572003031323341424344000bbb0000001500056f646
      f6d657465725f6d00000003e80000007b0bbb0000000f0004616463310000
      000000008028c00bbb0000000a000166770076312e32000bbb0000000a000
      3534f530000000001`,
    packet: {
      unit: 'device-42',
      timeSeconds: 1_700_000_000,
      flags: 0x37,
      blocks: [
        {
          kind: 'position',
          value: {
            longitude: -0.1275,
            latitude: 51.5072,
            altitudeM: -3.5,
            speedKmh: 0,
            course: 0,
            satellites: 0
          }
        },
        { kind: 'integer', name: 'avl_inputs', hidden: true, value: 5 },
        { kind: 'integer', name: 'avl_outputs', hidden: true, value: -1 },
        { kind: 'text', name: 'avl_driver', hidden: true, value: '0123ABCD' },
        { kind: 'long', name: 'odometer_m', hidden: false, value: 4_294_967_296_123n },
        { kind: 'double', name: 'adc1', hidden: false, value: -12.25 },
        { kind: 'text', name: 'fw', hidden: false, value: 'v1.2' },
        { kind: 'integer', name: 'SOS', hidden: false, value: 1 }
      ]
    }
  },
  {
    title: 'no position',
    hex: '1e0000006e6f706f73006553f101000000000bbb0000000a000369676e0000000000',
    packet: {
      unit: 'nopos',
      timeSeconds: 1_700_000_001,
      flags: 0,
      blocks: [{ kind: 'integer', name: 'ign', hidden: false, value: 0 }]
    }
  }
]

const bytesOf = ({ hex }: Vector) => Buffer.from(hex.replace(/\s/g, ''), 'hex')

for (const vector of vectors) {
  test(`a packet is exact to the byte: ${vector.title}`, t => {
    t.is(encodePacket(vector.packet).toString('hex'), bytesOf(vector).toString('hex'))
  })
  test(`the reader gives the packet back: ${vector.title}`, t => {
    t.deepEqual(new PacketReader().push(bytesOf(vector)), [vector.packet])
  })
}

const wire = fc.string({ unit: 'binary' }).map(text => text.replaceAll('\0', ''))
const name = wire.filter(text => text !== '' && Buffer.byteLength(text) <= 38)
const hidden = fc.boolean()
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), name, hidden, value: wire }),
  fc.record({
    kind: fc.constant('integer' as const),
    name,
    hidden,
    value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  }),
  fc.record({ kind: fc.constant('double' as const), name, hidden, value: fc.double({ noNaN: true }) }),
  fc.record({
    kind: fc.constant('long' as const),
    name,
    hidden,
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  })
)
const position = fc.record({
  longitude: fc.double({ noNaN: true }),
  latitude: fc.double({ noNaN: true }),
  altitudeM: fc.double({ noNaN: true }),
  speedKmh: fc.integer({ min: 0, max: 65_535 }),
  course: fc.integer({ min: 0, max: 359 }),
  satellites: fc.integer({ min: 0, max: 255 })
})
const packet: fc.Arbitrary<Packet> = fc
  .record({
    unit: wire.filter(text => text !== ''),
    timeSeconds: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    position: fc.option(position),
    alarm: fc.boolean(),
    blocks: fc.uniqueArray(block, {
      selector: one => (one.kind === 'position' ? '' : one.name),
      maxLength: 20
    })
  })
  .map(({ unit, timeSeconds, position, alarm, blocks }) => ({
    unit,
    timeSeconds,
    flags: (position === null ? 0 : flags.position) | (alarm ? flags.alarm : 0),
    blocks: position === null ? blocks : [{ kind: 'position', value: position }, ...blocks]
  }))

testProp(
  'what was encoded is read back, however the stream is cut',
  [fc.array(packet, { maxLength: 5 }), fc.integer({ min: 1, max: 200 })],
  (t, packets, size) => {
    const stream = Buffer.concat(packets.map(encodePacket))
    t.deepEqual(new PacketReader().push(stream), packets)
    const reader = new PacketReader()
    const read: Packet[] = []
    for (let at = 0; at < stream.length; at += size) read.push(...reader.push(stream.subarray(at, at + size)))
    t.deepEqual(read, packets)
  },
  { numRuns: 500 }
)

/** The bytes of the last vector with some of them replaced. */
function spoiled(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from('1e0000006e6f706f73006553f101000000000bbb0000000a000369676e0000000000', 'hex')
  copy.set(bytes, at)
  return copy
}

const mistakes: readonly [title: string, bytes: Buffer, problem: RegExp][] = [
  ['a size written big-endian', spoiled(0, 0, 0, 0, 0x1e), /a packet of 503316480 bytes/],
  ['no unit', spoiled(4, 0), /empty unit/],
  ['a reserved flag', spoiled(17, 8), /reserved flags: 8/],
  ['a position announced and not there', spoiled(17, 1), /disagree about posinfo/],
  ['another block type', spoiled(18, 0x0c), /block type 3259/],
  ['a block that is longer than its packet', spoiled(23, 11), /11 bytes announced, 10 left/],
  ['a block that is longer than its value', spoiled(25, 1), /3 bytes too many in ign/],
  ['a text without its end', spoiled(29, 1, 1, 1, 1, 1), /without its zero byte/],
  ['an unknown data type', spoiled(25, 6), /ign has type 6/],
  ['a value that is shorter than its type', spoiled(25, 5), /out of range|outside buffer bounds/],
  ['a text that is not UTF-8', spoiled(26, 0xff), /not UTF-8/]
]

for (const [title, bytes, message] of mistakes) {
  test(`the reader refuses ${title}`, t => {
    t.throws(() => new PacketReader().push(bytes), { message })
  })
}

testProp(
  'a writer that is used again writes each time what it would write at first',
  [fc.array(fc.array(packet, { maxLength: 4 }), { minLength: 1, maxLength: 5 })],
  (t, batches) => {
    const writer = new PacketWriter(16)
    for (const packets of batches) {
      for (const one of packets) writer.add(one)
      t.is(writer.packets, packets.length)
      t.deepEqual(new PacketReader().push(writer.take()), packets)
    }
  },
  { numRuns: 300 }
)

test('of a packet that cannot be written nothing is left among those that were', t => {
  const writer = new PacketWriter()
  const good: Packet = { unit: 'a', timeSeconds: 1, flags: 0, blocks: [] }
  writer.add(good)
  t.throws(() => writer.add({ ...good, timeSeconds: 2 ** 31 }), { instanceOf: RangeError })
  const wide: Block = { kind: 'integer', name: 'x', hidden: false, value: 2 ** 31 }
  t.throws(() => writer.add({ ...good, blocks: [wide] }), { instanceOf: RangeError })
  writer.add(good)
  t.is(writer.packets, 2)
  t.deepEqual(new PacketReader().push(writer.take()), [good, good])
})

test('more names than a fleet has are written all the same', t => {
  const writer = new PacketWriter()
  const packets = Array.from(
    { length: 50 },
    (_, at): Packet => ({
      unit: 'a',
      timeSeconds: at,
      flags: 0,
      blocks: Array.from(
        { length: 100 },
        (_, n): Block => ({ kind: 'integer', name: `p${at}.${n}`, hidden: false, value: n })
      )
    })
  )
  for (const one of packets) writer.add(one)
  t.deepEqual(new PacketReader().push(writer.take()), packets)
})
