import test from 'ava'
import { mistakesOf, pipelineOf, results, shape, texts } from './fixture.ts'

test('names can be swapped and handed on', t => {
  t.deepEqual(results('rename: { fields: { a: b, b: a } }', [{ a: 1, b: 2 }, { a: 1 }]), [
    { b: 1, a: 2 },
    { b: 1 }
  ])
  t.deepEqual(results('rename: { fields: { a: b, b: c } }', [{ a: 1, b: 2 }]), [{ b: 1, c: 2 }])
})

test('a name that another field has or gets is refused, in either order', t => {
  const taken = (name: string, other: string) =>
    `field "${name}": it would be called "${other}", as another field is`
  t.deepEqual(
    results('rename: { fields: { a: b } }', [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: null, b: null }
    ]),
    [taken('b', 'b'), taken('a', 'b'), taken('b', 'b')]
  )
  t.deepEqual(results('rename: { fields: { a: c, b: c } }', [{ a: 1, b: 2 }, { b: 2 }]), [
    taken('b', 'c'),
    { c: 2 }
  ])
  t.deepEqual(results('rename: { notation: camelCase }', [{ 'a.b': 1, 'a-b': 2 }]), [taken('a-b', 'aB')])
  t.deepEqual(texts(`rename: { fields: { a: '__proto__' } }`, ['{"__proto__":1,"a":2}']), [
    taken('a', '__proto__')
  ])
})

test('one wildcard on both sides stands for the same characters', t => {
  const settings = `rename: { fields: { 'can.*': 'bus.*', '*.raw': '*', 'a*z': '<*>' } }`
  t.deepEqual(
    results(settings, [{ 'can.rpm': 1, 'can.': 2, can: 3, 'x.raw': 4, 'can.x.raw': 5, az: 6, a: 7 }]),
    [{ 'bus.rpm': 1, 'bus.': 2, can: 3, x: 4, 'bus.x.raw': 5, '<>': 6, a: 7 }]
  )
  t.deepEqual(results(`rename: { fields: { 'aba*aba': 'x*' } }`, [{ ababa: 1, abaaba: 2 }]), [
    { ababa: 1, x: 2 }
  ])
})

test('a name that is listed goes before wildcards, and they before the notation', t => {
  const settings = `rename: { fields: { 'a.*': 'x_*', 'a.b': y_z }, notation: camelCase }`
  t.deepEqual(results(settings, [{ 'a.b': 1, 'a.c': 2, 'b.c': 3 }]), [{ y_z: 1, x_c: 2, bC: 3 }])
})

test('each notation writes dotted names its way', t => {
  const names = ['position.speed', 'ain#1', 'din.1', 'x_y-z w', 'Engine.RPM', 'ж.привет', 'a']
  const expected = {
    camelCase: ['positionSpeed', 'ain#1', 'din1', 'xYZW', 'engineRPM', 'жПривет', 'a'],
    PascalCase: ['PositionSpeed', 'Ain#1', 'Din1', 'XYZW', 'EngineRPM', 'ЖПривет', 'A'],
    snake_case: ['position_speed', 'ain#1', 'din_1', 'x_y_z_w', 'Engine_RPM', 'ж_привет', 'a'],
    'kebab-case': ['position-speed', 'ain#1', 'din-1', 'x-y-z-w', 'Engine-RPM', 'ж-привет', 'a']
  }
  const message = Object.fromEntries(names.map(name => [name, name]))
  for (const [notation, others] of Object.entries(expected))
    t.deepEqual(
      results(`rename: { notation: ${notation} }`, [message]),
      [Object.fromEntries(others.map((other, index) => [other, names[index] ?? '']))],
      notation
    )
})

test('fields keep their order, and their values whatever they are', t => {
  t.deepEqual(texts('rename: { fields: { b: x } }', ['{"c":null,"b":[{"b":1}],"a":{"b":2}}']), [
    '{"c":null,"x":[{"b":1}],"a":{"b":2}}'
  ])
})

test('names that every JavaScript object has are given and taken', t => {
  t.deepEqual(
    texts(`rename: { fields: { '__proto__': constructor, constructor: '__proto__' } }`, [
      '{"__proto__":1,"constructor":2}'
    ]),
    ['{"constructor":1,"__proto__":2}']
  )
  t.deepEqual(
    texts('rename: { fields: { a: b } }', ['{"toString":1,"__proto__":{"a":1}}', '{"a":1,"__proto__":2}']),
    ['{"toString":1,"__proto__":{"a":1}}', '{"b":1,"__proto__":2}']
  )
})

test('a message in which every name stays goes on as the same bytes', t => {
  t.is(shape(pipelineOf('rename: { fields: { a: b } }'), '{ "c" : 1.0 }'), 'same')
  t.is(shape(pipelineOf('rename: { notation: camelCase }'), '{ "speed" : 1.0 }'), 'same')
  t.is(shape(pipelineOf('rename: { notation: nested }'), '{ "speed" : 1.0 }'), 'same')
  t.is(shape(pipelineOf('rename: { notation: nested }'), '{}'), 'same')
})

test('nested makes objects of what stands between dots', t => {
  t.deepEqual(
    texts('rename: { notation: nested }', ['{"a.b.c":1,"x":null,"a.b.d":[2],"a.e":{"f.g":3},"din.1":4}']),
    ['{"a":{"b":{"c":1,"d":[2]},"e":{"f.g":3}},"x":null,"din":{"1":4}}']
  )
})

test('nested refuses a name within a field and a field around names, at any depth', t => {
  const settings = 'rename: { notation: nested }'
  const within = (name: string, field: string) =>
    `field "${name}": it cannot lie in "${field}", which is a field itself`
  const around = (name: string) => `field "${name}": other fields lie in it`
  t.deepEqual(
    results(settings, [
      { a: 1, 'a.b': 2 },
      { 'a.b': 2, a: 1 },
      { a: null, 'a.b.c': 2 }
    ]),
    [within('a.b', 'a'), around('a'), within('a.b.c', 'a')]
  )
  t.deepEqual(
    results(settings, [
      { 'a.b': 1, 'a.b.c.d': 2 },
      { 'a.b.c.d': 2, 'a.b': 1 },
      { a: { c: 1 }, 'a.b': 2 }
    ]),
    [within('a.b.c.d', 'a.b'), around('a.b'), within('a.b', 'a')]
  )
})

test('nested takes names that are listed first', t => {
  const settings = 'rename: { fields: { ident: vehicle.id, a.b: ab }, notation: nested }'
  t.deepEqual(results(settings, [{ ident: 'x', 'a.b': 1, 'vehicle.plate': 'y' }]), [
    { vehicle: { id: 'x', plate: 'y' }, ab: 1 }
  ])
})

test('nested takes names with nothing before, behind or between dots for what they are', t => {
  const messages = [
    '{".a":1,"a":2}',
    '{"a":2,".a":1}',
    '{"":1}',
    '{"":1,".":2}',
    '{"a..b":1,"a.c":2}',
    '{"a..b":1,"a.":2}'
  ]
  t.deepEqual(texts('rename: { notation: nested }', messages), [
    '{"":{"a":1},"a":2}',
    '{"a":2,"":{"a":1}}',
    '{"":1}',
    'field ".": it cannot lie in "", which is a field itself',
    '{"a":{"":{"b":1},"c":2}}',
    'field "a.": other fields lie in it'
  ])
})

test('nested reaches no prototype', t => {
  t.deepEqual(
    texts('rename: { notation: nested }', ['{"__proto__.polluted":1,"constructor.prototype.polluted":2}']),
    ['{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}']
  )
  t.false('polluted' in {})
})

test('a name of very many dots is refused by nested', t => {
  const pipeline = pipelineOf('rename: { notation: nested }')
  const shaped = shape(pipeline, JSON.stringify({ [`a${'.a'.repeat(99)}`]: 1 }))
  t.is(typeof shaped === 'object' && shaped.kind, 'changed')
  for (const dots of [100, 50_000]) {
    const refused = shape(pipeline, JSON.stringify({ [`a${'.a'.repeat(dots)}`]: 1 }))
    t.regex(JSON.stringify(refused), /it would lie more than 100 deep/)
  }
})

test('names are found also after more of them than are remembered', t => {
  const message = Object.fromEntries(Array.from({ length: 25_000 }, (_, index) => [`a.${index}`, index]))
  const expected = Object.fromEntries(Array.from({ length: 25_000 }, (_, index) => [`b.${index}`, index]))
  t.deepEqual(results(`rename: { fields: { 'a.*': 'b.*' } }`, [message, message]), [expected, expected])
})

test('wildcards on one side only, or two of them, are mistakes', t => {
  const sentence = 'must have one * on both sides, or none'
  t.deepEqual(
    mistakesOf(`rename: { fields: { 'a*': b, c: 'd*', '*e*': '*f*', 'g*': '*h*', i: j, 'k*': '*k' } }`),
    [...['a*', 'c', '*e*', 'g*'].map(name => `0.rename.fields.${name} ${sentence}`)]
  )
})

test('a rename of nothing is a mistake', t => {
  const mistake = ['0.rename must have names under fields, or a notation']
  t.deepEqual(mistakesOf('rename: {}'), mistake)
  t.deepEqual(mistakesOf('rename: { fields: {} }'), mistake)
})
