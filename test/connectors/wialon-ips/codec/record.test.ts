// Records field by field: the document's examples, what is written for what a message may hold, and for each field what is
// wrong with it. What was written is read again as the same.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import type { Parameter, Report } from '../../../../connectors/shared/wialon/report.ts'
import {
  type RecordProblem,
  readRecord,
  writeRecord
} from '../../../../connectors/wialon-ips/codec/record.ts'

const hdopName = 'hdop'
const reading = { unit: 'a', receivedAtSeconds: 1_800_000_000.5, hdopName }
const empty: Report = {
  unit: 'a',
  timeSeconds: 1_700_000_000,
  position: null,
  inputs: null,
  outputs: null,
  driver: null,
  alarm: false,
  parameters: []
}
const place = { altitudeM: null, speedKmh: null, course: null, satellites: null }

function written(report: Partial<Report>, hasFraction = false): string {
  const text = writeRecord({ ...empty, ...report }, { hasFraction, hdopName })
  return typeof text === 'string' ? text : `no record: ${text.reason}`
}

function read(text: string): Report | RecordProblem {
  return readRecord(text, reading)
}

const ours =
  '141123;221320;5130.43200;N;00007.65000;W;0;0;NA;0;NA;5;NA;;0123ABCD;SOS:1:1,fw:3:v1.2,odo:1:4294967296123'

const ourReport: Report = {
  ...empty,
  position: { ...place, latitude: 51.5072, longitude: -0.1275, speedKmh: 0, course: 0, satellites: 0 },
  inputs: 5,
  driver: '0123ABCD',
  alarm: true,
  parameters: [
    { name: 'fw', kind: 'text', value: 'v1.2' },
    { name: 'odo', kind: 'long', value: 4_294_967_296_123n }
  ]
}

test('our own example is written byte for byte, and read as what it was made of', t => {
  t.is(written(ourReport), ours)
  t.deepEqual(read(ours), ourReport)
})

test('the example of the document is read field by field', t => {
  const text =
    '231012;153959;5354.49260;N;02731.44990;E;0;0;300;7;1.1;0;0;1,0,0,0;NA;ign:1:1,dparam:2:3.14159265,tparam:3:lorem,iparam:1:-55,SOS:1:1'
  const integer = (name: string, value: number): Parameter => ({ name, kind: 'integer', value })
  t.deepEqual(read(text), {
    unit: 'a',
    timeSeconds: Date.UTC(2012, 9, 23, 15, 39, 59) / 1000,
    position: {
      latitude: 53.90821,
      longitude: 27.524165,
      speedKmh: 0,
      course: 0,
      altitudeM: 300,
      satellites: 7
    },
    inputs: 0,
    outputs: 0,
    driver: null,
    alarm: true,
    parameters: [
      { name: 'hdop', kind: 'double', value: 1.1 },
      integer('adc1', 1),
      integer('adc2', 0),
      integer('adc3', 0),
      integer('adc4', 0),
      integer('ign', 1),
      { name: 'dparam', kind: 'double', value: Number('3.14159265') },
      { name: 'tparam', kind: 'text', value: 'lorem' },
      integer('iparam', -55)
    ]
  })
})

test('a short record is read', t => {
  t.deepEqual(read('141123;221320;5544.6025;N;03739.6834;E;54;326;106;11'), {
    ...empty,
    position: {
      latitude: 55.743375,
      longitude: 37.66139,
      altitudeM: 106,
      speedKmh: 54,
      course: 326,
      satellites: 11
    }
  })
})

test('where nothing is known a record is of the time it came', t => {
  t.deepEqual(read('NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA;'), { ...empty, timeSeconds: 1_800_000_000.5 })
  t.deepEqual(read('NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA'), {
    ...empty,
    timeSeconds: 1_800_000_000.5
  })
})

const head = '141123;221320'
const nowhere = 'NA;NA;NA;NA;NA;NA;NA;NA'
const writings: readonly [title: string, report: Partial<Report>, text: string][] = [
  ['nothing but a time', {}, `${head};${nowhere};NA;NA;NA;;NA;`],
  [
    'a fraction of a second is left out before 2.1',
    { timeSeconds: 1_700_000_000.999 },
    `${head};${nowhere};NA;NA;NA;;NA;`
  ],
  [
    'minutes that round up to a degree',
    { position: { ...place, latitude: -0.9999999999, longitude: 9.9999999999 } },
    `${head};0100.00000;S;01000.00000;E;NA;NA;NA;NA;NA;NA;NA;;NA;`
  ],
  [
    'digits of a minute beyond the fifth',
    { position: { ...place, latitude: 52.2297001, longitude: -179.9999999 } },
    `${head};5213.782006;N;17959.999994;W;NA;NA;NA;NA;NA;NA;NA;;NA;`
  ],
  [
    'integers are rounded',
    {
      position: { altitudeM: -3.5, speedKmh: 54.5, course: 326.4, satellites: 11, latitude: 0, longitude: 0 }
    },
    `${head};0000.00000;N;00000.00000;E;55;326;-3;11;NA;NA;NA;;NA;`
  ],
  [
    'what its field cannot hold is brought into range',
    { position: { altitudeM: 1e7, speedKmh: -5, course: -90, satellites: 999, latitude: 0, longitude: 0 } },
    `${head};0000.00000;N;00000.00000;E;0;270;10000000;255;NA;NA;NA;;NA;`
  ],
  [
    'without longitude there is no place',
    { position: { ...place, latitude: 5, longitude: null, speedKmh: 7 } },
    `${head};NA;NA;NA;NA;7;NA;NA;NA;NA;NA;NA;;NA;`
  ],
  [
    'hdop and ADC values have fields of their own',
    {
      parameters: [
        { name: 'adc2', kind: 'double', value: 0.25 },
        { name: 'hdop', kind: 'double', value: 0.8 },
        { name: 'adc1', kind: 'integer', value: 7 },
        { name: 'adc4', kind: 'integer', value: 9 }
      ]
    },
    `${head};${nowhere};0.8;NA;NA;7,0.25;NA;adc4:1:9`
  ],
  [
    'a text keeps its colons, and loses what would end it',
    { parameters: [{ name: 'a b:c,d', kind: 'text', value: 'x:y#z,1;2|3\r\n\0' }] },
    `${head};${nowhere};NA;NA;NA;;NA;a_b_c_d:3:x:y#z_1_2_3___`
  ],
  [
    'of two names that become equal the first is kept',
    {
      parameters: [
        { name: 'a b', kind: 'integer', value: 1 },
        { name: 'a:b', kind: 'integer', value: 2 }
      ]
    },
    `${head};${nowhere};NA;NA;NA;;NA;a_b:1:1`
  ],
  [
    'a parameter cannot raise the alarm',
    { parameters: [{ name: 'SOS', kind: 'integer', value: 1 }] },
    `${head};${nowhere};NA;NA;NA;;NA;`
  ],
  [
    'a name of 38 characters, and a text of 1,344',
    { parameters: [{ name: 'n'.repeat(39), kind: 'text', value: 'ж'.repeat(1_345) }] },
    `${head};${nowhere};NA;NA;NA;;NA;${'n'.repeat(38)}:3:${'ж'.repeat(1_344)}`
  ],
  [
    'a number without its exponent',
    {
      parameters: [
        { name: 'a', kind: 'double', value: 1.5e-7 },
        { name: 'b', kind: 'double', value: -1.25e22 }
      ]
    },
    `${head};${nowhere};NA;NA;NA;;NA;a:2:0.00000015,b:2:-12500000000000000000000`
  ],
  ['a driver', { driver: 'A;B' }, `${head};${nowhere};NA;NA;NA;;A_B;`]
]

for (const [title, report, text] of writings) {
  test(`written: ${title}`, t => {
    t.is(written(report), text)
  })
}

test('from 2.1 on a second has a fraction, if it has one', t => {
  t.is(written({ timeSeconds: 1_700_000_000.25 }, true).slice(0, 17), '141123;221320.25;')
  t.is(written({ timeSeconds: 1_700_000_000 }, true).slice(0, 14), '141123;221320;')
})

for (const [title, report] of [
  ['before 2000', { timeSeconds: 946_684_799 }],
  ['after 2099', { timeSeconds: 4_102_444_800 }],
  ['beyond a pole', { position: { ...place, latitude: 90.1, longitude: 0 } }],
  ['beyond the date line', { position: { ...place, latitude: 0, longitude: -180.1 } }]
] as const) {
  test(`there is no record ${title}`, t => {
    t.regex(written(report), /^no record: /)
  })
}

const good = ours.split(';')
const wrongs: readonly [field: number, values: readonly string[], problem: RecordProblem][] = [
  [0, ['', 'NA', '14112', '321123', '300223', '1411 23', '14-1-23'], 'time'],
  [1, ['', 'NA', '2213', '246060', '240000', '22132x', '221320.', '221320.1234567890'], 'time'],
  [2, ['', 'NA', '9000.1', '5160.0', '0.5', 'x', '-5130.4', '1e2'], 'coordinates'],
  [3, ['', 'NA', 'E', 'n'], 'coordinates'],
  [4, ['', 'NA', '18000.1', '00060.0', '1234567'], 'coordinates'],
  [5, ['', 'NA', 'N'], 'coordinates'],
  [6, ['-1', 'fast', '1e3', '.', '-'], 'motion'],
  [7, ['-1', '361'], 'motion'],
  [8, ['high'], 'motion'],
  [9, ['-1', '256', '1.5'], 'satellites'],
  [10, ['-1', 'x'], 'satellites'],
  [11, ['-1', '4294967296', 'x'], 'inputs'],
  [12, ['-1', '4294967296', '1.5'], 'inputs'],
  [13, ['x', '1,x,2'], 'adc'],
  [15, ['x', 'x:1', ':1:1', ':2:1', 'x:4:1', 'x:1:high', 'x:2:high', 'x:2:1e999', 'a:3:1,234'], 'parameters']
]

for (const [field, values, problem] of wrongs) {
  for (const value of values) {
    test(`wrong with its ${problem}: ${JSON.stringify(value)} in field ${field}`, t => {
      t.is(read(good.with(field, value).join(';')), problem)
    })
  }
}

test('fields too few or too many are no record', t => {
  t.is(read(good.slice(0, 9).join(';')), 'structure')
  t.is(read([...good, 'x'].join(';')), 'structure')
  t.is(read([...good, '', ''].join(';')), 'structure')
  t.is(read(''), 'structure')
})

test('the last fields may be missing, and there may be a separator behind the last', t => {
  t.deepEqual(read([...good, ''].join(';')), ourReport)
  const short = { ...ourReport, inputs: null, driver: null, alarm: false, parameters: [] }
  t.deepEqual(read(good.slice(0, 10).join(';')), short)
  t.deepEqual(read([...good.slice(0, 10), ''].join(';')), short)
  for (const fields of [12, 13, 14])
    t.deepEqual(read(good.slice(0, fields).join(';')), { ...short, inputs: 5 })
  const driven = { ...short, inputs: 5, driver: '0123ABCD' }
  t.deepEqual(read(good.slice(0, 15).join(';')), driven)
})

test('a field with nothing in it is not known, as NA is', t => {
  t.deepEqual(
    read(good.with(6, '').with(7, '').with(9, '').with(11, '').with(14, '').with(15, '').join(';')),
    {
      ...empty,
      position: { ...place, latitude: 51.5072, longitude: -0.1275 }
    }
  )
  t.deepEqual(read(';'.repeat(15)), { ...empty, timeSeconds: 1_800_000_000.5 })
  t.deepEqual(read(';NA;NA;;;NA;NA;;;'), { ...empty, timeSeconds: 1_800_000_000.5 })
  t.deepEqual(read(`${head};NA;N;;E;;;;`), empty)
})

test('records as devices in the field write them are taken', t => {
  const at = { latitude: 22.6292533333, longitude: 114.0814183333 }
  const here = '021214;065947;2237.7552;N;11404.8851;E'
  const motion = { speedKmh: 0, course: null, altitudeM: 170.9, satellites: 5 }
  t.like(read(`${here};0.000;;170.9;5`), { position: { ...at, ...motion } })
  t.like(read(`${here};0.000;;170.9;5;1.74;NA;NA;;NA;NA`), {
    position: { ...at, ...motion },
    parameters: { 0: { name: 'hdop', value: 1.74 }, length: 1 }
  })
  t.like(read(`${here};1.;.5;170.9;5;;;;14.77,,3.6,;NA;count 1:1:564,,fuel:2:45.8,`), {
    position: { ...at, speedKmh: 1, course: 0.5 },
    parameters: {
      0: { name: 'adc1', value: 14.77 },
      1: { name: 'adc3', value: 3.6 },
      2: { name: 'count 1', kind: 'integer', value: 564 },
      3: { name: 'fuel', value: 45.8 },
      length: 4
    }
  })
})

const oddities: readonly [field: number, value: string, part: object][] = [
  [0, '290224', { timeSeconds: Date.UTC(2024, 1, 29, 22, 13, 20) / 1000 }],
  [1, '221320.123456789', { timeSeconds: 1_700_000_000.1234567 }],
  [2, '130.432', { position: { latitude: 1.5072 } }],
  [7, '360', { position: { course: 0 } }],
  [8, '-12.5', { position: { altitudeM: -12.5 } }],
  [13, '1,NA,-2.5', { parameters: { 1: { name: 'adc3', value: -2.5 } } }],
  [14, '', { driver: null }],
  [15, 'a:1:NA,SOS:1:0', { alarm: false, parameters: [] }],
  [15, 'a:3:,b:3:NA', { parameters: [{ kind: 'text', value: '' }, { value: 'NA' }] }],
  [15, 'a:1:+5', { parameters: [{ kind: 'integer', value: 5 }] }],
  [15, 'a:1:9223372036854775808', { parameters: [{ kind: 'double', value: 2 ** 63 }] }],
  [15, 'a:2:1e3', { parameters: [{ kind: 'double', value: 1000 }] }],
  [15, 'a:1:1.5', { parameters: [{ kind: 'double', value: 1.5 }] }],
  [15, 'a:1:,b:2:,c:1:2', { parameters: [{ name: 'c', value: 2 }] }],
  [15, 'SOS:1:5', { alarm: false, parameters: [{ name: 'SOS', value: 5 }] }],
  [15, `${'n'.repeat(60)}:1:1`, { parameters: [{ name: 'n'.repeat(60) }] }]
]

for (const [field, value, part] of oddities) {
  test(`taken as it is meant: ${JSON.stringify(value)} in field ${field}`, t => {
    t.like(read(good.with(field, value).join(';')), part)
  })
}

const degreesIn = (most: number) =>
  fc.integer({ min: -most * 1e7, max: most * 1e7 }).map(units => units / 1e7 + 0)
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const text = fc.string({ unit: 'binary', maxLength: 40 }).map(value => value.replace(/[,;|\r\n\0]/g, ''))
const parameter: fc.Arbitrary<Parameter> = fc
  .tuple(
    text.map(name => `x${[...name.replace(/[ :#]/g, '')].slice(0, 30).join('')}`),
    fc.oneof(
      text.map(value => ({ kind: 'text' as const, value })),
      fc.integer().map(value => ({ kind: 'integer' as const, value })),
      fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .filter(value => value >= 2n ** 31n || value <= -(2n ** 31n))
        .map(value => ({ kind: 'long' as const, value })),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map(value => ({ kind: 'double' as const, value: value + 0 }))
    )
  )
  .map(([name, value]) => ({ name, ...value }))

testProp(
  'what is written is read again, digit by digit',
  [
    fc.record({
      unit: fc.constant('a'),
      timeSeconds: fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 }).map(ms => ms / 1000),
      position: fc.record({
        latitude: degreesIn(90),
        longitude: degreesIn(180),
        altitudeM: nullable(fc.integer({ min: -500, max: 60_000 })),
        speedKmh: nullable(fc.nat(2_000)),
        course: nullable(fc.nat(359)),
        satellites: nullable(fc.nat(255))
      }),
      inputs: nullable(fc.nat(2 ** 32 - 1)),
      outputs: nullable(fc.nat(2 ** 32 - 1)),
      driver: nullable(text.filter(value => value !== '' && value !== 'NA')),
      alarm: fc.boolean(),
      parameters: fc.uniqueArray(parameter, { selector: ({ name }) => name, maxLength: 12 })
    })
  ],
  (t, report) => {
    t.deepEqual(read(written(report, true)), report)
  },
  { numRuns: 5_000 }
)
