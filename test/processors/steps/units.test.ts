import test from 'ava'
import { seeded } from '../../seeded.ts'
import { mistakesOf, results, texts } from './fixture.ts'

const kinds = {
  speed: ['m/s', 'km/h', 'mph', 'knots'],
  length: ['m', 'km', 'ft', 'mi', 'nmi'],
  temperature: ['K', 'C', 'F'],
  mass: ['kg', 'g', 't', 'lb'],
  volume: ['l', 'gal-us', 'gal-uk'],
  pressure: ['Pa', 'kPa', 'bar', 'psi'],
  time: ['s', 'ms', 'min', 'h']
}

function converted(value: unknown, from: string, [to, digits = 3]: readonly [to: string, digits?: number]) {
  const settings = `units: { x: { from: ${from}, to: ${to}, digits: ${digits} } }`
  return texts(settings, [JSON.stringify({ x: value })])[0]
}

const definitions = `
100 km/h = 62.137 mph
10 m/s = 36 km/h
1 knots = 1.852 km/h
90 km/h = 25 m/s
1 mph = 0.447 m/s
50 knots = 57.539 mph
10 ft = 3.048 m
1 mi = 1.609 km
1 nmi = 1852 m
12345 m = 12.345 km
1 mi = 5280 ft
-8 m = -26.247 ft
100 C = 212 F
-40 F = -40 C
0 K = -273.15 C
0 K = -459.67 F
36.6 C = 309.75 K
0 F = 255.372 K
1 lb = 0.454 kg
2.5 t = 2500 kg
1 lb = 453.592 g
10 gal-us = 37.854 l
10 gal-uk = 45.461 l
1 gal-uk = 1.201 gal-us
100 psi = 6.895 bar
2.5 bar = 250 kPa
101325 Pa = 14.696 psi
1500 ms = 1.5 s
5400 s = 1.5 h
1.5 h = 90 min
`

test('units are converted by their definitions', t => {
  for (const row of definitions.trim().split('\n')) {
    const [value, from = '', , result, to = ''] = row.split(' ')
    t.is(converted(Number(value), from, [to]), `{"x":${result}}`, row)
  }
})

test('what is converted to any other unit and back is what it was', t => {
  const random = seeded(7)
  for (const units of Object.values(kinds))
    for (const from of units)
      for (const to of units) {
        const values = Array.from({ length: 5 }, () => Math.round((random() - 0.5) * 2e6) / 1e3)
        const there = `units: { x: { from: ${from}, to: ${to}, digits: 15 } }`
        const back = `units: { x: { from: ${to}, to: ${from} } }`
        const messages = values.map(x => ({ x }))
        t.deepEqual(results(`[${there}, ${back}]`, messages), messages, `${from} ${to}`)
      }
})

test('as many digits are kept as are asked for, and halves are rounded up', t => {
  t.is(converted(100, 'km/h', ['mph', 0]), '{"x":62}')
  t.is(converted(100, 'km/h', ['mph', 6]), '{"x":62.137119}')
  t.is(converted(2.5, 'm', ['m', 0]), '{"x":3}')
  t.is(converted(-2.5, 'm', ['m', 0]), '{"x":-2}')
  t.is(converted(-0.0001, 'm', ['m', 3]), '{"x":0}')
  t.is(converted(1 / 3, 'm', ['m']), '{"x":0.333}')
})

test('numbers too large for digits behind the point stay as exact as they are', t => {
  const { MAX_SAFE_INTEGER } = Number
  t.is(converted(MAX_SAFE_INTEGER, 'm', ['m']), `{"x":${MAX_SAFE_INTEGER}}`)
  t.is(converted(MAX_SAFE_INTEGER, 'm', ['m', 15]), `{"x":${MAX_SAFE_INTEGER}}`)
  t.is(converted(1_234_567_890_123.456, 's', ['s', 15]), '{"x":1234567890123.456}')
  t.is(converted(-1e300, 'km', ['m']), '{"x":-1e+303}')
  t.is(converted(1e308, 'kg', ['kg', 15]), '{"x":1e+308}')
})

test('what is too large for a number in another unit is refused', t => {
  const reason = 'field "x": it is too large to be converted'
  t.is(converted(1e308, 'km', ['m']), reason)
  t.is(converted(-1e308, 'h', ['ms']), reason)
})

test('a field that is missing or null stays so, and the message goes on', t => {
  const settings = 'units: { x: { from: C, to: F }, y: { from: m, to: km } }'
  t.deepEqual(results(settings, [{}, { x: null }, { x: null, y: 1500 }, { x: 0 }]), [
    {},
    { x: null },
    { x: null, y: 1.5 },
    { x: 32 }
  ])
})

test('what is no number rejects the message, with what was found', t => {
  const found: [unknown, string][] = [
    ['80', 'a text'],
    [true, 'a boolean'],
    [[1], 'a list'],
    [{}, 'an object']
  ]
  for (const [value, name] of found)
    t.is(converted(value, 'm', ['km']), `field "x": it must be a number, found ${name}`)
  t.deepEqual(texts('units: { x: { from: m, to: km } }', ['{"x":12345678901234567}']), [
    'field "x": it must be a number, found a number of more than 53 bits'
  ])
})

test('fields of any name are converted, and only they themselves', t => {
  const settings = `units: { '__proto__': { from: m, to: km }, constructor: { from: m, to: km }, 'a*': { from: m, to: km } }`
  t.deepEqual(
    texts(settings, ['{"__proto__":1000,"x":1}', '{"constructor":2000}', '{"ab":1}', '{"a*":3000}']),
    ['{"__proto__":1,"x":1}', '{"constructor":2}', '{"ab":1}', '{"a*":3}']
  )
})

test('units of two kinds cannot be made of one another, and all such mistakes are told', t => {
  const settings = 'units: { a: { from: km/h, to: C }, b: { from: m, to: ft }, c: { from: l, to: kg } }'
  t.deepEqual(mistakesOf(settings), [
    '0.units.a.to cannot be made of km/h: to is one of m/s, km/h, mph, knots',
    '0.units.c.to cannot be made of l: to is one of l, gal-us, gal-uk'
  ])
})
