import test from 'ava'
import { mistakesOf, results, texts } from './fixture.ts'

test('a template has mappings, lists, numbers, true, false and null as they stand, and texts as expressions', t => {
  const settings = `template: { a: { b: [1, 2.5, true, false, null, [], {}] }, c: '"x"', d: speed * 2, e: list }`
  t.deepEqual(texts(settings, ['{"speed":3,"list":[{"y":null}],"other":1}']), [
    '{"a":{"b":[1,2.5,true,false,null,[],{}]},"c":"x","d":6,"e":[{"y":null}]}'
  ])
})

test('behind a key that ends in ? an error or null within it leaves the whole entry out', t => {
  const settings = `template: { 'at?': [x, y], 'in?': { 'x?': x, deep: [{ y: y }] }, 'n?': null, z: { 'y?': y } }`
  t.deepEqual(results(settings, [{ x: 1, y: 2 }, { x: 1 }, { y: null }, {}]), [
    { at: [1, 2], in: { x: 1, deep: [{ y: 2 }] }, z: { y: 2 } },
    { z: {} },
    { in: { deep: [{ y: null }] }, z: {} },
    { z: {} }
  ])
})

test('null in a list stays, as others would move into its place', t => {
  t.deepEqual(results('template: { a: [$x, y, $x] }', [{ y: 1 }]), [{ a: [null, 1, null] }])
})

test('only the last ? of a key is a sign, and a key of nothing else is a key', t => {
  t.deepEqual(results(`template: { '?': 1, 'a??': 2, 'b?c': 3, '??': $none }`, [{}]), [
    { '?': 1, 'a?': 2, 'b?c': 3 }
  ])
})

test('keys that every JavaScript object has are keys like others', t => {
  const settings = `template: { '__proto__': { constructor: 1, 'toString?': x }, 'constructor?': $constructor }`
  t.deepEqual(texts(settings, ['{}', '{"constructor":2,"x":3}']), [
    '{"__proto__":{"constructor":1}}',
    '{"__proto__":{"constructor":1,"toString":3},"constructor":2}'
  ])
})

test('the place of what has no value is told by its keys and places in lists', t => {
  const reason = 'the message has no "x" (at 1 of the expression)'
  t.deepEqual(results(`template: { a: { 'b c': [1, { 'ж': x }] } }`, [{}]), [`field "a.b c[1].ж": ${reason}`])
  t.deepEqual(results('template: [[1, x]]', [{}]), [`field "[0][1]": ${reason}`])
  t.deepEqual(results('template: x', [{}]), [reason])
})

test('a template that comes last may be a list, a text, a number, true or null', t => {
  t.deepEqual(texts('template: [ident, { at: timestamp }]', ['{"ident":"a1","timestamp":1}']), [
    '["a1",{"at":1}]'
  ])
  t.deepEqual(texts('template: ident', ['{"ident":"a\\"1"}', '{"ident":null}', '{"ident":{"a":[1]}}']), [
    '"a\\"1"',
    'null',
    '{"a":[1]}'
  ])
  t.deepEqual(texts('template: 7', ['{}']), ['7'])
  t.deepEqual(texts('template: true', ['{}']), ['true'])
  t.deepEqual(texts('[filter: a, template: []]', ['{"a":1}', '{}']), ['[]', 'filtered'])
})

test('a template that is no mapping is a mistake where other steps follow, and one of nothing everywhere', t => {
  const sentence = 'must be a mapping where other steps follow'
  for (const shape of ['[a]', 'a', '1', 'false'])
    t.deepEqual(mistakesOf(`[template: ${shape}, filter: 'true']`), [`0.template ${sentence}`])
  t.deepEqual(mistakesOf(`[template: {}, filter: 'true']`), [])
  t.deepEqual(mistakesOf('template:'), ['0.template must have a shape, got nothing'])
  t.deepEqual(mistakesOf(`[template: , filter: 'true']`), ['0.template must have a shape, got nothing'])
})

test('every mistake in the expressions of a template has its place', t => {
  t.deepEqual(mistakesOf(`template: { a: 'x +', 'b?': [1, 'y =', { c: ')' }], d: geofence("depto") }`), [
    '0.template.a expected a field, a value or a function, found the end\n  x +\n     ^',
    '0.template.b?.1 "=" is no part of an expression: write == to compare\n  y =\n    ^',
    '0.template.b?.2.c expected a field, a value or a function, found ")"\n  )\n  ^',
    '0.template.d there is no geofence "depto", did you mean "depot"?\n  geofence("depto")\n           ^'
  ])
})

test('a template remembers what its expressions ask for, at any depth', t => {
  const settings = `template: { at: [{ 'was?': 'previous("din")' }], 's?': 'duration()' }`
  t.deepEqual(results(settings, [{ timestamp: 100, din: 1 }, { timestamp: 130 }, { timestamp: 140 }]), [
    { at: [{}] },
    { at: [{ was: 1 }], s: 30 },
    { at: [{}], s: 10 }
  ])
})

test('nothing of one message is in the next', t => {
  t.deepEqual(results(`template: { list: [{ 'a?': $a }, { 'b?': $b }] }`, [{ a: 1 }, { b: 2 }, {}]), [
    { list: [{ a: 1 }, {}] },
    { list: [{}, { b: 2 }] },
    { list: [{}, {}] }
  ])
})
