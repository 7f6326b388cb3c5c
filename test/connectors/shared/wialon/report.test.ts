// A message as a report and back, for both Wialon protocols: which field stands where, by the default rules and by
// others, what is left out and told, and that nothing is lost on the way there and back.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type OutgoingReport, reportOf } from '../../../../connectors/shared/wialon/from-message.ts'
import type { FieldRulesConfig } from '../../../../connectors/shared/wialon/rules.ts'
import { jsonOf, messageOf } from '../../../../connectors/shared/wialon/to-message.ts'
import { nameLimits } from '../../../../connectors/wialon-ips/codec/parameters.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { rulesWith } from './rules.ts'

/** The report of a message with these fields beside ident and timestamp. */
function reported(fields: string, settings: Partial<FieldRulesConfig> = {}): OutgoingReport {
  const report = reportOf(Buffer.from(`{"ident":"a","timestamp":1.5,${fields}}`), rulesWith(settings))
  if ('reason' in report) throw new Error(report.reason)
  return report
}

const parameters = (fields: string, settings: Partial<FieldRulesConfig> = {}) =>
  reported(fields, settings).parameters.map(({ name, value }) => [name, value])

test('a message without further fields is a unit and a time with its fraction', t => {
  t.deepEqual(reportOf(Buffer.from('{"ident":"a","timestamp":1.5}'), rulesWith()), {
    unit: 'a',
    timeSeconds: 1.5,
    position: null,
    inputs: null,
    outputs: null,
    driver: null,
    alarm: false,
    parameters: [],
    leftOut: []
  })
})

test('a position keeps its fractions, and what is not known of it is null', t => {
  const { position, parameters } = reported(
    '"position.latitude":1.25,"position.longitude":-2.5,"position.speed":54.4,"position.hdop":1.5'
  )
  t.deepEqual(position, {
    latitude: 1.25,
    longitude: -2.5,
    altitudeM: null,
    speedKmh: 54.4,
    course: null,
    satellites: null
  })
  t.deepEqual(parameters, [{ kind: 'double', name: 'position.hdop', value: 1.5 }])
})

const places: readonly [title: string, fields: string, report: Partial<OutgoingReport>][] = [
  ['bits of inputs', '"din":5', { inputs: 5, parameters: [] }],
  ['all 32 bits', '"dout":4294967295', { outputs: 4_294_967_295, parameters: [] }],
  [
    'inputs that are no bits',
    '"din":-1',
    { inputs: null, parameters: [{ name: 'din', kind: 'integer', value: -1 }] }
  ],
  [
    'inputs as a text',
    '"din":"1"',
    { inputs: null, parameters: [{ name: 'din', kind: 'text', value: '1' }] }
  ],
  ['a driver', '"driver.id":"0123ABCD"', { driver: '0123ABCD', parameters: [] }],
  [
    'a driver by another field, which stays as well',
    '"ibutton.code":"7","rfid.code":"8"',
    {
      driver: '7',
      parameters: [
        { name: 'ibutton.code', kind: 'text', value: '7' },
        { name: 'rfid.code', kind: 'text', value: '8' }
      ]
    }
  ],
  ['an empty driver', '"driver.id":""', { driver: null }],
  ['an alarm', '"alarm.event":true', { alarm: true, parameters: [] }],
  [
    'no alarm',
    '"alarm.event":false',
    { alarm: false, parameters: [{ name: 'alarm.event', kind: 'integer', value: 0 }] }
  ],
  [
    'an alarm with a number, which stays as well',
    '"alarm.event":3',
    { alarm: true, parameters: [{ name: 'alarm.event', kind: 'integer', value: 3 }] }
  ]
]

for (const [title, fields, expected] of places) {
  test(`a field has a place of its own: ${title}`, t => {
    t.like(reported(fields), expected)
  })
}

test('what Wialon recommends names for has them', t => {
  const fields =
    '"external.powersource.voltage":27.5,"battery.voltage":3.75,"engine.ignition.status":true,"gsm.signal.level":80,"ain.1":1.5,"ain.12":2.5'
  const names = ['pwr_ext', 'pwr_int', 'ign', 'gsm', 'adc1', 'adc12']
  t.deepEqual(
    parameters(fields).map(([name]) => name),
    names
  )
  const dotted = parameters(fields, { wellKnownNames: false }).map(([name]) => name)
  t.deepEqual(dotted.slice(0, 2), ['external.powersource.voltage', 'battery.voltage'])
  t.deepEqual(dotted.slice(4), ['ain.1', 'ain.12'])
})

test('names can be added and changed, and one that is given away is not taken for another field', t => {
  const settings = { parameters: { 'battery.voltage': 'bat', 'can.rpm': 'pwr_ext', 'x.y': 'adc1' } }
  const fields =
    '"battery.voltage":1.5,"can.rpm":2.5,"external.powersource.voltage":3.5,"ain.1":4.5,"x.y":5.5'
  t.deepEqual(
    parameters(fields, settings).map(([name]) => name),
    ['bat', 'pwr_ext', 'external.powersource.voltage', 'ain.1', 'adc1']
  )
})

test('two fields with one name, and a name of the protocol, are mistakes in the configuration', t => {
  for (const given of [{ a: 'x', b: 'x' }, { a: 'posinfo' }]) {
    const error = t.throws(() => rulesWith({ parameters: given }), { instanceOf: FaultError })
    t.like(error, { code: 'config_invalid', path: 'fields.parameters' })
  }
})

test('names with underscores are of lower-case letters, digits and underscores', t => {
  t.deepEqual(parameters('"CAN.axle-1":1,"Łódź":2,"battery.voltage":3', { names: 'underscored' }), [
    ['can_axle_1', 1],
    ['__d_', 2],
    ['pwr_int', 3]
  ])
})

test('fields for inputs, outputs, driver and alarm can be others', t => {
  const settings = { inputs: 'in', outputs: 'out', driver: ['card'], alarm: ['sos'] }
  t.like(reported('"in":1,"out":2,"card":"c","sos":true,"din":9', settings), {
    inputs: 1,
    outputs: 2,
    driver: 'c',
    alarm: true,
    parameters: [{ name: 'din', kind: 'integer', value: 9 }]
  })
})

test('what is left out is told with its reason, and null is nothing', t => {
  const long = 'n'.repeat(38)
  const fields = `"o":{"y":1},"l":[1],"b":1e999,"":1,"posinfo":1,"${long}":1,"${long}2":2,"z":null`
  t.deepEqual(reported(fields).leftOut, [
    { field: 'o', why: 'no type for it' },
    { field: 'l', why: 'no type for it' },
    { field: 'b', why: 'no type for it' },
    { field: '', why: 'no name' },
    { field: 'posinfo', why: 'a name of the protocol' },
    { field: `${long}2`, why: 'a name twice' }
  ])
})

test('what is sent in part is told with what is lost of it', t => {
  const long = 'n'.repeat(39)
  const fields = `"t":"a\\u0000b","${long}":1,"i":18446744073709551617,"j":1e30,"driver.id":"7\\u00008"`
  const { parameters, driver, leftOut } = reported(fields)
  t.deepEqual(
    parameters.map(({ name, value }) => [name, value]),
    [
      ['t', 'a'],
      ['n'.repeat(38), 1],
      ['i', 2 ** 64],
      ['j', 1e30]
    ]
  )
  t.is(driver, '7')
  t.deepEqual(leftOut, [
    { field: 'driver.id', why: 'a text cut at a zero character' },
    { field: 't', why: 'a text cut at a zero character' },
    { field: long, why: 'a name cut short' },
    { field: 'i', why: 'digits beyond 64 bits' }
  ])
})

test('what a text loses on its way through Wialon IPS is told', t => {
  const rules = rulesWith({}, nameLimits)
  const told = (text: string) => {
    const message = { ident: 'a', timestamp: 1, note: text }
    const report = reportOf(Buffer.from(JSON.stringify(message)), rules)
    return 'reason' in report ? report : report.leftOut
  }
  t.deepEqual(told('x:y#z'), [])
  t.deepEqual(told('🚚'.repeat(1_344)), [])
  t.deepEqual(told('x'.repeat(1_345)), [{ field: 'note', why: 'a text cut short' }])
  for (const character of [',', ';', '|', '\r', '\n'])
    t.deepEqual(told(`a${character}b`), [{ field: 'note', why: 'characters replaced in a text' }])
})

test('parameters beyond the most that a platform registers are left out', t => {
  const fields = Array.from({ length: 205 }, (_, at) => `"p.${at}":${at}`).join(',')
  const report = reported(fields)
  t.is(report.parameters.length, 200)
  t.deepEqual(
    report.leftOut.map(({ field, why }) => `${field} ${why}`),
    [200, 201, 202, 203, 204].map(at => `p.${at} too many`)
  )
  t.is(reported(fields, { maxParameters: 300 }).parameters.length, 205)
})

test('a message without a position is refused where one is required', t => {
  const rules = rulesWith({ requirePosition: true })
  t.like(reportOf(Buffer.from('{"ident":"a","timestamp":1,"position.latitude":5}'), rules), {
    reason: 'position.latitude and position.longitude are required here, by requirePosition'
  })
  const placed = '{"ident":"a","timestamp":1,"position.latitude":5,"position.longitude":6}'
  t.like(reportOf(Buffer.from(placed), rules), { unit: 'a' })
})

test('no parameter of a sender takes the place of another field', t => {
  const rules = rulesWith()
  const names = ['ident', 'timestamp', 'pwr_ext', 'pwr_ext', '__proto__', 'position.latitude', 'pwr_ext']
  const message = messageOf(
    {
      unit: 'a',
      timeSeconds: 1,
      position: {
        latitude: 5,
        longitude: 6,
        altitudeM: null,
        speedKmh: null,
        course: null,
        satellites: null
      },
      inputs: null,
      outputs: null,
      driver: null,
      alarm: false,
      parameters: names.map((name, value) => ({ name, kind: 'integer', value }))
    },
    rules
  )
  t.is(
    jsonOf(message),
    '{"ident":"a","timestamp":1,"position.latitude":5,"position.longitude":6,"ident#2":0,"timestamp#2":1,' +
      '"external.powersource.voltage":2,"external.powersource.voltage#2":3,"__proto__":4,' +
      '"position.latitude#2":5,"external.powersource.voltage#3":6}'
  )
})

test('a hundred thousand parameters of one name are read in linear time', t => {
  const parameters = Array.from({ length: 100_000 }, () => ({
    name: 'x',
    kind: 'integer' as const,
    value: 1
  }))
  const rest = { position: null, inputs: null, outputs: null, driver: null, alarm: false }
  const message = messageOf({ unit: 'a', timeSeconds: 1, ...rest, parameters }, rulesWith())
  t.is(Object.keys(message).length, 100_002)
})

test('what JSON has no number for is null, and 64 bits keep their digits', t => {
  const rest = { position: null, inputs: null, outputs: null, driver: null, alarm: false }
  const message = messageOf(
    {
      unit: 'a',
      timeSeconds: 1,
      ...rest,
      parameters: [
        { name: 'n', kind: 'double', value: Number.NaN },
        { name: 'i', kind: 'double', value: Number.NEGATIVE_INFINITY },
        { name: 'l', kind: 'long', value: 9_007_199_254_740_993n },
        { name: 's', kind: 'long', value: 4_294_967_296_123n }
      ]
    },
    rulesWith()
  )
  t.is(
    jsonOf(message),
    '{"ident":"a","timestamp":1,"n":null,"i":null,"l":9007199254740993,"s":4294967296123}'
  )
})

const text = fc.string({ unit: 'binary' }).map(drawn => drawn.replaceAll('\0', ''))
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(drawn => drawn + 0)
)
const fixedNames = [
  'position.altitude',
  'position.speed',
  'position.direction',
  'position.satellites',
  'external.powersource.voltage',
  'battery.voltage',
  'gsm.signal.level',
  'ain.1',
  'ain.22',
  'din',
  'dout',
  'driver.id',
  'ibutton.code',
  'alarm.event'
]
const name = fc.oneof(
  fc.constantFrom(...fixedNames),
  text.map(drawn => `x${drawn}`).filter(drawn => Buffer.byteLength(drawn) <= 38)
)

testProp(
  'a message of numbers and texts comes back as it was',
  [
    fc.dictionary(name, fc.oneof(text, number)),
    fc.record({ place: fc.option(fc.tuple(number, number)), alarm: fc.boolean() })
  ],
  (t, fields, { place, alarm }) => {
    const message = {
      ...fields,
      ...(place !== null && { 'position.latitude': place[0], 'position.longitude': place[1] }),
      ...(alarm && { 'alarm.event': true }),
      ident: 'a',
      timestamp: 7
    }
    const rules = rulesWith()
    const report = reportOf(Buffer.from(JSON.stringify(message)), rules)
    if ('reason' in report) return t.fail(report.reason)
    t.deepEqual(JSON.parse(jsonOf(messageOf(report, rules))), message)
  },
  { numRuns: 2000 }
)
