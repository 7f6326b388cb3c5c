// Messages as bytes of the protocol and back. Known packets say what known messages say, byte for byte where the order
// of the blocks is that of ours; and drawn messages come back as far as the protocol can carry them.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { jsonOf, messageOf } from '../../../../connectors/shared/wialon/to-message.ts'
import { nameLimits, reportFrom } from '../../../../connectors/wialon/packet/mapping.ts'
import type { Packet } from '../../../../connectors/wialon/packet/packet.ts'
import { PacketReader } from '../../../../connectors/wialon/packet/packet-reader.ts'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { rulesWith } from '../../shared/wialon/rules.ts'
import { packed } from './packets.ts'

const rules = rulesWith({}, nameLimits)

const backFrom = (packet: Packet) => jsonOf(messageOf(reportFrom(packet), rules))

function thereAndBack(json: string): string {
  const [packet, ...others] = new PacketReader().push(encodePacket(packed(json)))
  if (packet === undefined || others.length > 0) throw new Error('not one packet')
  return backFrom(packet)
}

const full =
  '{"ident":"device-42","timestamp":1700000000,"position.latitude":51.5072,"position.longitude":-0.1275,' +
  '"position.altitude":-3.5,"position.speed":0,"position.direction":0,"position.satellites":0,"din":5,' +
  '"dout":4294967295,"driver.id":"0123ABCD","alarm.event":true,"odometer_m":4294967296123,"ain.1":-12.25,' +
  '"fw":"v1.2","SOS":1}'

const vectors: readonly [title: string, json: string, hex: string][] = [
  [
    'every type and all flags',
    full,
    'da0000006465766963652d3432006553f100000000370bbb000000270102706f73696e666f0052b81e85eb51c0bffe43faedebc049' +
      '400000000000000cc000000000000bbb00000011010361766c5f696e7075747300000000050bbb00000012010361766c5f6f757470' +
      '75747300ffffffff0bbb00000016010161766c5f647269766572003031323341424344000bbb0000001500056f646f6d657465725f6d' +
      '00000003e80000007b0bbb0000000f0004616463310000000000008028c00bbb0000000a000166770076312e32000bbb0000000a00' +
      '03534f530000000001'
  ],
  [
    'no position',
    '{"ident":"nopos","timestamp":1700000001,"engine.ignition.status":0}',
    '1e0000006e6f706f73006553f101000000000bbb0000000a000369676e0000000000'
  ]
]

for (const [title, json, hex] of vectors) {
  test(`a message is exact to the byte, and comes back from it: ${title}`, t => {
    t.is(encodePacket(packed(json)).toString('hex'), hex)
    t.is(thereAndBack(json), json)
  })
}

test('the example of the document says this message', t => {
  const hex =
    '74000000333533393736303133343435343835004B0BFB70000000030BBB000000270102706F73696E666F00A027AFDF5D984840' +
    '3AC7253383DD4B400000000000805A40003601460B0BBB0000001200047077725F657874002B8716D9CE973B400BBB000000110103' +
    '61766C5F696E707574730000000001'
  const [packet] = new PacketReader().push(Buffer.from(hex, 'hex'))
  if (packet === undefined) return t.fail()
  t.deepEqual(JSON.parse(backFrom(packet)), {
    ident: '353976013445485',
    timestamp: 1_259_076_464,
    'position.latitude': 55.7305664,
    'position.longitude': 49.1903648,
    'position.altitude': 106,
    'position.speed': 54,
    'position.direction': 326,
    'position.satellites': 11,
    din: 1,
    'external.powersource.voltage': 27.593
  })
})

const text = fc.string({ unit: 'binary' }).map(drawn => drawn.replaceAll('\0', ''))
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(drawn => drawn + 0)
)
const known = ['external.powersource.voltage', 'gsm.signal.level', 'ain.1', 'din', 'dout', 'ibutton.code']
const name = fc.oneof(
  fc.constantFrom(...known),
  text.map(drawn => `x${drawn}`).filter(drawn => Buffer.byteLength(drawn) <= 38)
)
const place = fc.record({
  'position.latitude': number,
  'position.longitude': number,
  'position.altitude': number,
  'position.speed': fc.integer({ min: 0, max: 32_767 }),
  'position.direction': fc.integer({ min: 0, max: 359 }),
  'position.satellites': fc.integer({ min: 0, max: 255 })
})
const marks = fc.record(
  {
    'alarm.event': fc.constant(true),
    'driver.id': text,
    l: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  },
  { requiredKeys: [] }
)

testProp(
  'what was sent comes back: texts, numbers, 64 bits, positions, inputs, outputs, driver and alarm',
  [fc.dictionary(name, fc.oneof(text, number)), fc.tuple(fc.option(place), marks)],
  (t, fields, [at, marked]) => {
    const json = jsonOf({ ...fields, ...at, ...marked, ident: 'a', timestamp: 7 })
    // Digit by digit, in whichever order.
    const exact = (one: string) => JSON.parse(one.replaceAll(/:(-?\d{16,})(?=[,}])/g, ':"#$1"'))
    t.deepEqual(exact(thereAndBack(json)), exact(json))
  },
  { numRuns: 2000 }
)

test('the fleet that Tailrace simulates comes back field by field', t => {
  const fleet = new URL('../../../../../processors/commands/simulate/fleet.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(fleet)).toString().trimEnd().split('\n')
  t.is(lines.length, 9080)
  for (const line of lines) {
    const message = JSON.parse(line)
    const direction = message['position.direction'] % 360
    t.deepEqual(JSON.parse(thereAndBack(line)), { ...message, 'position.direction': direction })
  }
})
