import test from 'ava'
import { pipelineOf, results, shape, texts } from './fixture.ts'

test('select takes names with wildcards at any place', t => {
  const message = { 'position.': 1, position: 2, 'a.id': 3, ac: 4, abbc: 5, acd: 6, 'x.y.z': 7 }
  t.deepEqual(results(`select: ['position.*', '*.id', 'a*c']`, [message]), [
    { 'position.': 1, 'a.id': 3, ac: 4, abbc: 5 }
  ])
  t.deepEqual(results(`select: ['x*y*z', '**']`, [{ 'x.y.z': 1 }]), [{ 'x.y.z': 1 }])
})

test('select and drop keep nulls, lists and objects as they are', t => {
  const message = { a: null, b: [1, null, {}], c: { d: { e: null } }, x: 1 }
  const { x, ...others } = message
  t.deepEqual(results('select: [a, b, c]', [message]), [others])
  t.deepEqual(results('drop: [x]', [message]), [others])
})

test('a message of which nothing is left goes on empty', t => {
  t.deepEqual(results('select: [nothing]', [{ a: 1 }]), [{}])
  t.deepEqual(results(`drop: ['*']`, [{ a: 1, b: 2 }]), [{}])
})

test('a message that loses nothing goes on as the same bytes', t => {
  const text = '{ "a" : 1.0, "b":\t"\\u0041" }'
  t.is(shape(pipelineOf('select: [a, b]'), text), 'same')
  t.is(shape(pipelineOf('drop: [c]'), text), 'same')
  t.is(shape(pipelineOf('drop: [c]'), '{}'), 'same')
})

test('names that every JavaScript object has are fields like others', t => {
  const text = '{"__proto__":{"a":1},"constructor":2,"toString":3,"x":4}'
  t.deepEqual(texts(`select: ['__proto__']`, [text]), ['{"__proto__":{"a":1}}'])
  t.deepEqual(texts('select: [constructor, valueOf]', [text, '{"y":1}']), ['{"constructor":2}', '{}'])
  t.deepEqual(texts(`drop: ['__proto__', toString]`, [text]), ['{"constructor":2,"x":4}'])
  t.deepEqual(texts(`select: ['*o*']`, [text]), ['{"__proto__":{"a":1},"constructor":2,"toString":3}'])
})

test('names are any Unicode, compared as they are written', t => {
  const message = { ж: 1, '🚚.a': 2, '🚚': 3, '\u00e9': 4, 'e\u0301': 5, '\ud83d': 6 }
  t.deepEqual(results(`select: ['ж', '🚚.*', "\\u00e9"]`, [message]), [{ ж: 1, '🚚.a': 2, '\u00e9': 4 }])
})

test('wildcards are found also after more names than are remembered', t => {
  const names = Array.from({ length: 25_000 }, (_, index) => `${index % 2 === 0 ? 'a' : 'b'}.${index}`)
  const message = Object.fromEntries(names.map(name => [name, 1]))
  const [selected, again] = results(`select: ['a.*']`, [message, message])
  t.is(Object.keys(selected as object).length, 12_500)
  t.deepEqual(again, selected)
})

test('all expressions of a map see the message as it was before', t => {
  t.deepEqual(results('map: { a: b, b: a, c: a + b }', [{ a: 1, b: 2 }]), [{ a: 2, b: 1, c: 3 }])
})

test('map sets null, keeps lists and objects, and leaves other fields alone', t => {
  t.deepEqual(
    results(`map: { a: 'null', b: list, c: $missing }`, [{ a: 1, list: [{ x: null }], o: { p: 1 } }]),
    [{ a: null, list: [{ x: null }], o: { p: 1 }, b: [{ x: null }], c: null }]
  )
})

test('behind a name that ends in ? an error or null sets nothing', t => {
  const settings = `map: { 'a?': x, 'b?': '$x', 'c?': 'x / 0', 'd?': 'true' }`
  t.deepEqual(results(settings, [{ x: 1 }, { x: null }, {}, { a: 'before' }]), [
    { x: 1, a: 1, b: 1, d: true },
    { x: null, d: true },
    { d: true },
    { a: 'before', d: true }
  ])
  t.is(shape(pipelineOf(`map: { 'a?': x }`), '{ "y" : 1 }'), 'same')
})

test('only the last ? of a name is a sign, and a name of nothing else is a name', t => {
  t.deepEqual(results(`map: { '?': '1', 'a??': '2', 'b?c': '3', '??': '$none' }`, [{}]), [
    { '?': 1, 'a?': 2, 'b?c': 3 }
  ])
})

test('the first field of a map that has no value is named with the reason and its place', t => {
  const settings = `map: { ok: '1', a: 'if(axles > 0, axles, error("no axles"))', b: 'speed / 0' }`
  t.deepEqual(results(settings, [{ axles: 0 }, { axles: 2, speed: 1 }, { axles: 2 }]), [
    'field "a": no axles (at 22 of the expression)',
    'field "b": / by zero, or the result is too large (at 7 of the expression)',
    'field "b": the message has no "speed" (at 1 of the expression)'
  ])
  t.deepEqual(results(`map: { 'ж': '"🚚" + x' }`, [{}]), [
    'field "ж": the message has no "x" (at 8 of the expression)'
  ])
})

test('map sets fields that are called like what every JavaScript object has', t => {
  const settings = `map: { '__proto__': '1', constructor: '$toString', x: '$constructor' }`
  t.deepEqual(texts(settings, ['{}', '{"constructor":"c"}']), [
    '{"__proto__":1,"constructor":null,"x":null}',
    '{"constructor":null,"__proto__":1,"x":"c"}'
  ])
  t.deepEqual(texts(`map: { x: '__proto__' }`, ['{"__proto__":[1]}', '{}']), [
    '{"__proto__":[1],"x":[1]}',
    'field "x": the message has no "__proto__" (at 1 of the expression)'
  ])
})

test('previous() gives what the message before had, null where it had none', t => {
  t.deepEqual(
    results(`map: { was: 'previous("din")' }`, [{ din: 1 }, { din: null }, {}, { din: [2] }, { din: 3 }]),
    [
      { din: 1, was: null },
      { din: null, was: 1 },
      { was: null },
      { din: [2], was: null },
      { din: 3, was: [2] }
    ]
  )
  t.deepEqual(texts(`map: { was: 'previous("constructor")' }`, ['{}', '{"constructor":1}', '{}']), [
    '{"was":null}',
    '{"constructor":1,"was":null}',
    '{"was":1}'
  ])
  t.deepEqual(texts(`map: { was: 'previous("__proto__")' }`, ['{"__proto__":{"a":1}}', '{}']), [
    '{"__proto__":{"a":1},"was":null}',
    '{"was":{"a":1}}'
  ])
})

test('previous() is about the message as it came to the step, not as the step left it', t => {
  t.deepEqual(results(`map: { n: 'n + coalesce(previous("n"), 0)' }`, [{ n: 1 }, { n: 2 }, { n: 3 }]), [
    { n: 1 },
    { n: 3 },
    { n: 5 }
  ])
})

test('mileage() and duration() go from message to message in the order they come', t => {
  const at = (timestamp: number, latitude: number | null) => ({
    timestamp,
    'position.latitude': latitude,
    'position.longitude': 13
  })
  const settings = `[map: { 'km?': 'round(mileage(), 1)', 's?': 'duration()' }, select: [km, s]]`
  t.deepEqual(
    results(settings, [at(100, 52), at(160, 52.01), at(150, 52), at(170, null), at(180, 91), at(190, 52)]),
    [{}, { km: 1.1, s: 60 }, { km: 1.1, s: -10 }, { s: 20 }, { s: 10 }, { s: 10 }]
  )
})

test('duration() of a message without timestamp is an error, and after one there is none', t => {
  const reason = 'field "s": duration() needs the timestamp of the message (at 1 of the expression)'
  const messages = [{ timestamp: 1 }, {}, { timestamp: 3 }, { timestamp: 4 }]
  t.deepEqual(results('map: { s: duration() }', messages), [
    { timestamp: 1, s: null },
    reason,
    { timestamp: 3, s: null },
    { timestamp: 4, s: 1 }
  ])
})

test('steps remember each for itself, and only what comes to them', t => {
  const settings = `[map: { a: 'previous("n")' }, filter: 'n != 2', map: { b: 'previous("n")' }]`
  t.deepEqual(results(settings, [{ n: 1 }, { n: 2 }, { n: 3 }]), [
    { n: 1, a: null, b: null },
    'filtered',
    { n: 3, a: 2, b: 1 }
  ])
})
