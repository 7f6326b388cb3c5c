// What becomes of a message, field by field: what stands where in the packet, what is cut or left out, and for which
// messages there is no packet at all.

import { readFileSync } from 'node:fs'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { Block } from '../../../../connectors/wialon/packet/packet.ts'
import { PacketReader } from '../../../../connectors/wialon/packet/packet-reader.ts'
import { encodePacket } from '../../../../connectors/wialon/packet/packet-writer.ts'
import { packed, packetFor } from './packets.ts'

/** The blocks of a message with these fields beside ident and timestamp. */
const blocksOf = (fields: string) => packed(`{"ident":"a","timestamp":1,${fields}}`).blocks

const values: readonly [title: string, field: string, block: Partial<Block> | null][] = [
  ['0 is an integer', '"x":0', { kind: 'integer', value: 0 }],
  ['-0 is the integer 0', '"x":-0', { kind: 'integer', value: 0 }],
  ['1.0 is an integer', '"x":1.0', { kind: 'integer', value: 1 }],
  ['the largest int32', '"x":2147483647', { kind: 'integer', value: 2_147_483_647 }],
  ['the smallest int32', '"x":-2147483648', { kind: 'integer', value: -2_147_483_648 }],
  ['one above int32 is a long', '"x":2147483648', { kind: 'long', value: 2_147_483_648n }],
  ['one below int32 is a long', '"x":-2147483649', { kind: 'long', value: -2_147_483_649n }],
  ['a long beyond 2^53 keeps its digits', '"x":9007199254740993', { kind: 'long', value: 9007199254740993n }],
  ['the largest int64', '"x":9223372036854775807', { kind: 'long', value: 2n ** 63n - 1n }],
  ['the smallest int64', '"x":-9223372036854775808', { kind: 'long', value: -(2n ** 63n) }],
  ['one above int64 is a double', '"x":9223372036854775808', { kind: 'double', value: 2 ** 63 }],
  ['an integer with an exponent', '"x":1e17', { kind: 'long', value: 10n ** 17n }],
  ['the last of two equal names', '"x":1,"x":9007199254740993', { kind: 'long', value: 9007199254740993n }],
  ['a fraction is a double', '"x":-12.25', { kind: 'double', value: -12.25 }],
  ['the largest double', '"x":1.7976931348623157e308', { kind: 'double', value: Number.MAX_VALUE }],
  ['the smallest double', '"x":5e-324', { kind: 'double', value: Number.MIN_VALUE }],
  ['a number beyond a double is left out', '"x":1e999', null],
  ['true is 1', '"x":true', { kind: 'integer', value: 1 }],
  ['false is 0', '"x":false', { kind: 'integer', value: 0 }],
  ['null is left out', '"x":null', null],
  ['an object is left out', '"x":{"y":1}', null],
  ['an array is left out', '"x":[1]', null],
  ['a text', '"x":"v1.2"', { kind: 'text', value: 'v1.2' }],
  ['an empty text', '"x":""', { kind: 'text', value: '' }],
  ['a text in other scripts', '"x":"Łódź 🚚"', { kind: 'text', value: 'Łódź 🚚' }],
  ['a text ends at its first zero character', '"x":"one\\u0000two"', { kind: 'text', value: 'one' }],
  ['a dotted name stays', '"can.axle.weight":7', { name: 'can.axle.weight', value: 7 }],
  ['a name of 38 bytes stays', `"${'n'.repeat(38)}":7`, { name: 'n'.repeat(38) }],
  ['a longer name is cut', `"${'n'.repeat(39)}":7`, { name: 'n'.repeat(38) }],
  ['no character is cut in two', `"${'n'.repeat(37)}ź":7`, { name: 'n'.repeat(37) }],
  [
    'of two names that are equal once cut the first stays',
    `"${'n'.repeat(38)}":1,"${'n'.repeat(39)}":2`,
    { value: 1 }
  ],
  ['an empty name is left out', '"":7', null],
  ['a name of the protocol is left out', '"posinfo":7', null],
  [
    'latitude without longitude is a parameter',
    '"position.latitude":5',
    { name: 'position.latitude', value: 5 }
  ]
]

for (const [title, field, expected] of values) {
  test(`a field in a packet: ${title}`, t => {
    const [block, ...others] = blocksOf(field)
    t.deepEqual(others, [])
    if (expected === null) t.is(block, undefined)
    else t.like(block, expected)
  })
}

const place = '"position.latitude":51.5072,"position.longitude":-0.1275'

test('the position is one block and not repeated as parameters', t => {
  const rest =
    '"position.altitude":-3.5,"position.speed":54.4,"position.direction":326,"position.satellites":11'
  const packet = packed(`{"ident":"a","timestamp":1.9,${place},${rest},"position.hdop":1.5}`)
  t.deepEqual(packet, {
    unit: 'a',
    timeSeconds: 1,
    flags: 1,
    blocks: [
      {
        kind: 'position',
        value: {
          longitude: -0.1275,
          latitude: 51.5072,
          altitudeM: -3.5,
          speedKmh: 54,
          course: 326,
          satellites: 11
        }
      },
      { kind: 'double', name: 'position.hdop', hidden: false, value: 1.5 }
    ]
  })
})

test('what is not known of a position is 0', t => {
  t.like(blocksOf(place)[0], { value: { altitudeM: 0, speedKmh: 0, course: 0, satellites: 0 } })
})

test('a text where a part of the position should be stays a parameter', t => {
  const [position, speed] = blocksOf(`${place},"position.speed":"fast"`)
  t.like(position, { value: { speedKmh: 0 } })
  t.like(speed, { kind: 'text', name: 'position.speed', value: 'fast' })
})

const clipped: readonly [field: string, part: string, value: number][] = [
  ['"position.speed":-1', 'speedKmh', 0],
  ['"position.speed":1e9', 'speedKmh', 32_767],
  ['"position.direction":360', 'course', 0],
  ['"position.direction":359.7', 'course', 0],
  ['"position.direction":-90', 'course', 270],
  ['"position.direction":-720', 'course', 0],
  ['"position.satellites":-3', 'satellites', 0],
  ['"position.satellites":256', 'satellites', 255]
]

for (const [field, part, value] of clipped) {
  test(`what its field cannot hold is brought into range: ${field}`, t => {
    t.like(blocksOf(`${place},${field}`)[0], { value: { [part]: value } })
  })
}

const refused: readonly [value: string | Buffer, reason: RegExp][] = [
  ['', /^it is not JSON: /],
  ['{"ident":"a",', /^it is not JSON: /],
  [Buffer.from('{"ident":"\xff","timestamp":1}', 'latin1'), /^it is not UTF-8$/],
  ['[{"ident":"a","timestamp":1}]', /^it is not a JSON object$/],
  ['null', /^it is not a JSON object$/],
  ['{"timestamp":1}', /^ident is missing$/],
  ['{"ident":7,"timestamp":1}', /^ident must be a string$/],
  ['{"ident":"","timestamp":1}', /^ident is empty$/],
  ['{"ident":"a\\u0000b","timestamp":1}', /^ident holds a zero character/],
  ['{"ident":"a"}', /^timestamp is missing$/],
  ['{"ident":"a","timestamp":null}', /^timestamp must be a number$/],
  ['{"ident":"a","timestamp":"2026-01-31T08:00:00Z"}', /^timestamp must be a number$/],
  ['{"ident":"a","timestamp":-1}', /^timestamp must be Unix seconds from 0 to 2147483647/],
  ['{"ident":"a","timestamp":1e999}', /^timestamp must be Unix seconds from 0 to 2147483647/],
  ['{"ident":"a","timestamp":2147483648}', /^timestamp must be Unix seconds from 0 to 2147483647/]
]

for (const [value, reason] of refused) {
  test(`no packet, and the reason named: ${String(value)}`, t => {
    const packet = packetFor(Buffer.from(value))
    t.regex('reason' in packet ? packet.reason : 'it was taken', reason)
  })
}

test('the last second of the protocol is taken', t => {
  t.is(packed('{"ident":"a","timestamp":2147483647.9}').timeSeconds, 2_147_483_647)
})

testProp(
  'texts, numbers and booleans arrive as they were sent',
  [
    fc.dictionary(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }).map(text => `x${text.replaceAll('\0', '')}`),
      fc.oneof(
        fc.string({ unit: 'binary' }).map(text => text.replaceAll('\0', '')),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true })
      ),
      { maxKeys: 20 }
    ),
    fc.record({
      ident: fc.string({ unit: 'binary' }).map(text => `i${text.replaceAll('\0', '')}`),
      timestamp: fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true })
    })
  ],
  (t, fields, { ident, timestamp }) => {
    const sent = Buffer.from(JSON.stringify({ ...fields, ident, timestamp }))
    const [packet] = new PacketReader().push(encodePacket(packed(sent.toString())))
    t.is(packet?.unit, ident)
    t.is(packet?.timeSeconds, Math.floor(timestamp))
    const got = (packet?.blocks ?? []).map(block => {
      if (block.kind === 'position') return t.fail()
      return [block.name, block.kind === 'text' ? block.value : Number(block.value)] as const
    })
    const expected = Object.entries(fields).map(
      ([name, value]) => [name, typeof value === 'string' ? value : Number(value) + 0] as const
    )
    t.deepEqual(new Map(got), new Map(expected))
  },
  { numRuns: 500 }
)

const renamed: Readonly<Record<string, string>> = {
  pwr_ext: 'external.powersource.voltage',
  pwr_int: 'battery.voltage'
}

test('a thousand messages of real vehicles keep their position and all their fields', t => {
  const lines = readFileSync(new URL('../../../../../test/data/fleet-sample.jsonl', import.meta.url), 'utf8')
  const messages = lines.trimEnd().split('\n')
  const packets = new PacketReader().push(Buffer.concat(messages.map(line => encodePacket(packed(line)))))
  t.is(packets.length, 1000)
  for (const [at, line] of messages.entries()) {
    const fields = JSON.parse(line)
    const { unit, timeSeconds, blocks } = packets[at] ?? t.fail()
    t.is(unit, fields.ident)
    t.is(timeSeconds, fields.timestamp)
    t.like(blocks[0], {
      kind: 'position',
      value: { latitude: fields['position.latitude'], longitude: fields['position.longitude'] }
    })
    for (const block of blocks.slice(1)) {
      if (block.kind === 'position') return t.fail()
      const field = renamed[block.name] ?? block.name
      t.is(typeof block.value === 'bigint' ? Number(block.value) : block.value, fields[field])
    }
    t.is(blocks.length, Object.keys(fields).length - 7, 'ident, timestamp and six parts of the position')
  }
})
