// What is wrong with steps, geofences and attributes of a whole configuration: every mistake at its place, all at once.

import test, { type ExecutionContext } from 'ava'
import { fixture } from './fixture.ts'

interface Sections {
  readonly top?: string
  readonly stream?: string
}

/** The lines that a user sees of a stream with these steps, the first of which is in line 8. */
function linesOf(t: ExecutionContext, steps: string, { top = '', stream = 'start: latest' }: Sections = {}) {
  const text = `kafka: { brokers: ["localhost:9092"] }
channels: { fleet: {} }
${top}
streams:
  acme:
    from: [fleet]
    ${stream}
    steps:
${steps.replaceAll(/^/gm, '      ')}
    target: { http: { url: "https://a.example" } }
`
  return fixture(t, { 'config.yaml': text })
    .lines()
    .map(line => line.replaceAll('config.yaml:', '').replaceAll('streams.acme.', ''))
}

const depot = 'geofences: { depot: { circle: { center: [13.405, 52.52], radiusM: 500 } } }'
const attributes = 'attributes: { file: devices.yaml }'
const end = 'expected a field, a value or a function, found the end'

test('steps without mistakes are none', t => {
  const steps = `- filter: position.speed > 1
- sample: { movedM: 100, keep: 'geofence("depot")' }
- dedupe: {}
- expire: { olderThanSeconds: 1 }
- select: ['*']
- drop: [a]
- rename: { fields: { 'a.*': 'b.*' } }
- map: { a: b, 'c?': previous("d") }
- units: { a: { from: C, to: F } }
- enrich: {}
- fill: { fields: [a] }
- geofence: { enter: a }
- template: [ident]`
  t.deepEqual(linesOf(t, steps, { top: `${depot}\n${attributes}` }), [])
})

test('all mistakes of all steps are told at once, each at its place', t => {
  const steps = `- filter: 'speed >'
- sample: { evrySeconds: 60, keep: 'a ==' }
- fliter: a
- map:
    a: 'x +'
    b: ok
    'c?': geofence("dpot")
- rename: { fields: { 'a*': b } }
- units: { a: { from: C, to: km } }
- geofence: { of: [depot, yard] }
- template: [a]
- fill: { fields: [] }`
  t.deepEqual(linesOf(t, steps, { top: depot }), [
    `9:17 steps[0].filter ${end}\n  speed >\n         ^`,
    '10:19 steps[1].sample.evrySeconds is an unknown key, did you mean "everySeconds"?',
    `10:42 steps[1].sample.keep ${end}\n  a ==\n      ^`,
    '11:9 steps[2].fliter is an unknown step, did you mean "filter"? (known steps: filter, sample, dedupe, expire, select, drop, rename, map, template, units, enrich, fill, geofence)',
    `13:14 steps[3].map.a ${end}\n  x +\n     ^`,
    '15:17 steps[3].map["c?"] there is no geofence "dpot", did you mean "depot"?\n  geofence("dpot")\n           ^',
    '16:35 steps[4].rename.fields["a*"] must have one * on both sides, or none',
    '17:36 steps[5].units.a.to cannot be made of C: to is one of K, C, F',
    '18:19 steps[6].geofence must name a field under inside, enter or leave',
    '18:33 steps[6].geofence.of[1] must be the name of a geofence, got "yard" (there are: depot)',
    '19:19 steps[7].template must be a mapping where other steps follow',
    '20:25 steps[8].fill.fields must be a list with at least one entry, got an empty list'
  ])
})

test('a mistake in an expression of several lines is shown with its line and a caret', t => {
  const steps = '- filter: |\n    position.valid &&\n    speed = 1 && x'
  t.deepEqual(linesOf(t, steps), [
    '9:17 steps[0].filter "=" is no part of an expression: write == to compare\n  speed = 1 && x\n        ^'
  ])
})

test('the mistakes of a template are told at any depth', t => {
  t.deepEqual(linesOf(t, `- template:\n    a:\n      - { 'b?': ')' }\n      - [x, 'y +']`), [
    '11:23 steps[0].template.a[0]["b?"] expected a field, a value or a function, found ")"\n  )\n  ^',
    `12:19 steps[0].template.a[1][1] ${end}\n  y +\n     ^`
  ])
  t.deepEqual(linesOf(t, '- template:'), ['9:18 steps[0].template must have a shape, got nothing'])
})

test('keys with slashes and tildes lead to their place', t => {
  t.deepEqual(linesOf(t, `- map: { 'a/b~c': '+' , '~1': x }`), [
    `9:25 steps[0].map["a/b~c"] ${end}\n  +\n   ^`
  ])
})

test('what the schema refuses is told once, and hides no other mistake', t => {
  const table: [steps: string, ...lines: string[]][] = [
    ['- map: speed / 3.6', '9:14 steps[0].map must be a mapping ("key: value" lines), got "speed / 3.6"'],
    ['- units: km', '9:16 steps[0].units must be a mapping ("key: value" lines), got "km"'],
    ['- units: { a: km }', '9:21 steps[0].units.a must be a mapping ("key: value" lines), got "km"'],
    [
      '- rename: { fields: "a*" }',
      '9:27 steps[0].rename.fields must be a mapping ("key: value" lines), got "a*"'
    ],
    [
      '- template',
      '9:9 steps[0] must be one step, written as "kind: {...}" (known steps: filter, sample, dedupe, expire, select, drop, rename, map, template, units, enrich, fill, geofence), got "template"'
    ],
    ['- dedupe:', '9:16 steps[0].dedupe must be a mapping ("key: value" lines), got nothing'],
    [
      '- sample: { keep: 5 }',
      '9:25 steps[0].sample.keep must be text that is not empty, got the number 5: put it in quotes'
    ],
    [
      '- drop: [5]',
      '9:16 steps[0].drop[0] must be text that is not empty, got the number 5: put it in quotes'
    ],
    ['- select: [a, b, a]', '9:24 steps[0].select[2] is in the list already'],
    [
      '- geofence: { of: depot, inside: a }',
      '9:25 steps[0].geofence.of must be a list with at least one entry, got "depot"'
    ],
    [
      '- map: { a: 5, b: "x +" }',
      '9:19 steps[0].map.a must be text that is not empty, got the number 5: put it in quotes',
      `9:25 steps[0].map.b ${end}\n  x +\n     ^`
    ]
  ]
  for (const [steps, ...lines] of table) t.deepEqual(linesOf(t, steps, { top: depot }), lines, steps)
})

test('a unit that does not exist is told where it stands, and not where the other does', t => {
  const lines = linesOf(
    t,
    `- units: { a: { from: furlong, to: m } }\n- units: { a: { from: m, to: furlong } }\n- units: { a: { from: m } }`
  )
  t.deepEqual(
    lines.map(line => line.replace(/m\/s, .*, h\b/, '...')),
    [
      '9:29 steps[0].units.a.from must be one of ..., got "furlong"',
      '10:36 steps[1].units.a.to must be one of ..., got "furlong"',
      '11:18 steps[2].units.a.to is missing: it must be one of ...'
    ]
  )
})

test('a unit that is nearly right brings the right one to mind', t => {
  const [line = ''] = linesOf(t, '- units: { a: { from: kmh, to: m/s } }')
  t.true(line.endsWith('got "kmh", did you mean "km/h"?'), line)
})

test('a field without a name is no field', t => {
  const steps = `- map: { '': x }\n- units: { '': { from: m, to: km } }\n- rename: { fields: { '': a } }`
  t.deepEqual(linesOf(t, steps), [
    '9:16 steps[0].map[""] is not a valid name: expected the name of a field',
    '10:18 steps[1].units[""] is not a valid name: expected the name of a field',
    '11:29 steps[2].rename.fields[""] is not a valid name: expected the name of a field'
  ])
})

test('a name of several lines is a name, and what stands behind it is checked', t => {
  t.deepEqual(linesOf(t, '- map: { "a\\nb": 5, "c\\nd": "+" }'), [
    '9:24 steps[0].map["a\\nb"] must be text that is not empty, got the number 5: put it in quotes',
    `9:35 steps[0].map["c\\nd"] ${end}\n  +\n   ^`
  ])
})

test('steps that would do nothing are mistakes', t => {
  t.deepEqual(linesOf(t, '- rename: {}\n- rename: { fields: {} }\n- geofence: {}', { top: depot }), [
    '9:17 steps[0].rename must have names under fields, or a notation',
    '10:17 steps[1].rename must have names under fields, or a notation',
    '11:19 steps[2].geofence must name a field under inside, enter or leave'
  ])
})

test('a geofence with a mistake is told as such, and not as one that is missing', t => {
  const steps = `- geofence: { of: [depot, yard], inside: a }\n- filter: 'geofence("depot") || geofence("yard")'`
  const top = `geofences:
  depot: { circle: { center: [213, 52.52], radiusM: 500 } }
  yard: { circle: { center: [13.405, 52.52], radius: 500 } }`
  t.deepEqual(linesOf(t, steps, { top }), [
    '4:10 geofences.depot center has the longitude 213, which must be from -180 to 180',
    '5:11 geofences.yard.circle.radiusM is missing: it must be a number above 0',
    '5:46 geofences.yard.circle.radius is an unknown key, did you mean "radiusM"?'
  ])
})

test('corridors and GeoJSON are looked at once their outline is right', t => {
  const top = `geofences:
  road: { corridor: { path: [[13, 52], [213, 52]], widthM: 60 } }
  lane: { corridor: { path: [[13, 52], [213]], widthM: wide } }
  area: { geojson: { type: Point, coordinates: [13, 52] } }`
  const lines = linesOf(t, '- geofence: { of: [road, lane, area], inside: a }', { top })
  t.deepEqual(
    lines.map(line => line.replace(/ (?:has|must|is) .*/, '')),
    [
      '4:9 geofences.road path, position 1',
      '5:40 geofences.lane.corridor.path[1]',
      '5:56 geofences.lane.corridor.widthM',
      '6:9 geofences.area'
    ]
  )
})

test('a key that a step does not have is told for every step', t => {
  const steps = [
    ...[
      'sample: { keep: a',
      'dedupe: { last: 1',
      'expire: { olderThanSeconds: 1',
      'rename: { notation: nested'
    ],
    ...[
      'units: { a: { from: m, to: km, nothing: 1 }',
      'enrich: { prefix: a',
      'fill: { fields: [a]',
      'geofence: { inside: a'
    ]
  ]
  const list = steps.map(step => `- ${step}${step.startsWith('units') ? '' : ', nothing: 1'} }`)
  const lines = linesOf(t, list.join('\n'), { top: `${attributes}\n${depot}` })
  t.is(lines.length, steps.length)
  for (const line of lines) t.regex(line, /\.nothing is an unknown key \(known keys: /)
})

test('steps that need geofences say so where none is defined', t => {
  const steps = `- geofence: { inside: a }\n- geofence: { of: [depot], inside: a }\n- filter: 'geofence("depot")'`
  t.deepEqual(linesOf(t, steps), [
    '9:19 steps[0].geofence needs shapes in the section geofences, and none is defined there',
    '10:26 steps[1].geofence.of[0] must be the name of a geofence, got "depot" (none is defined)',
    '11:17 steps[2].filter there is no geofence "depot" (none is defined)\n  geofence("depot")\n           ^'
  ])
})

test('what needs attributes says so where they are kept nowhere', t => {
  const stream = `where: axles > 2\n    requires: [axles]`
  const sentence = 'needs the section attributes, which says where they are kept'
  t.deepEqual(linesOf(t, '- filter: a\n- enrich: {}', { stream }), [
    `7:5 where ${sentence}`,
    `8:5 requires ${sentence}`,
    `11:9 steps[1].enrich ${sentence}`
  ])
  t.deepEqual(linesOf(t, '- enrich: {}', { stream, top: attributes }), [])
})

test('where is an expression about attributes, without a message before', t => {
  const lines = (where: string) => linesOf(t, '- filter: a', { top: attributes, stream: `where: '${where}'` })
  t.deepEqual(lines('axles >'), [`7:12 where ${end}\n  axles >\n         ^`])
  for (const where of ['previous("axles") == 1', 'mileage() > 1', 'duration() > 1'])
    t.deepEqual(lines(where), ['7:12 where is about attributes, which have no message before'])
})

test('a step of two kinds is none', t => {
  t.deepEqual(linesOf(t, `- { filter: a, nothing: 1 }`), [
    '9:9 steps[0] must be exactly one step, written as "kind: {...}" (known steps: filter, sample, dedupe, expire, select, drop, rename, map, template, units, enrich, fill, geofence), got 2: filter, nothing',
    '9:22 steps[0].nothing is an unknown step (known steps: filter, sample, dedupe, expire, select, drop, rename, map, template, units, enrich, fill, geofence)'
  ])
})

test('a reference that cannot be resolved is told as such, and not as a mistake in an expression', t => {
  t.deepEqual(linesOf(t, '- filter: "${env:NOTHING}"'), [
    '9:17 steps[0].filter needs the environment variable NOTHING, which is not set'
  ])
})
