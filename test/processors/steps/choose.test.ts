import test from 'ava'
import { nowMs, pipelineOf, results, shape, texts } from './fixture.ts'

const now = nowMs / 1000

test('a filter takes 0, false, null and an error for false, and everything else for true', t => {
  const values = ['0', 'false', 'null', '-0', '1', '""', '"false"', '[]', '{}', '-1', '12345678901234567']
  const messages = [...values.map(value => `{"x":${value}}`), '{}']
  t.deepEqual(texts('filter: x', messages), [
    ...Array(4).fill('filtered'),
    ...messages.slice(4, -1),
    'filtered'
  ])
})

test('a filter lets the same bytes pass', t => {
  t.is(shape(pipelineOf('filter: a'), '{ "a" : 1.0 }'), 'same')
})

test('a filter on a change sees the message before, also one that did not pass', t => {
  const settings = `filter: '$ignition != previous("ignition")'`
  const states = [true, true, false, false, true, null, null, true]
  const passed = states.map(ignition => ({ ignition }))
  t.deepEqual(results(settings, passed), [
    { ignition: true },
    'filtered',
    { ignition: false },
    'filtered',
    { ignition: true },
    { ignition: null },
    'filtered',
    { ignition: true }
  ])
})

test('a filter asks for geofences by name', t => {
  const at = (latitude: number) => ({ 'position.latitude': latitude, 'position.longitude': 13.405 })
  t.deepEqual(results(`filter: 'geofence("depot")'`, [at(52.52), at(53), {}]), [
    at(52.52),
    'filtered',
    'filtered'
  ])
})

test('dedupe knows a repeat by all fields and values, in whatever order they are', t => {
  const messages = [
    '{"a":1,"b":[1,2]}',
    '{"b":[1,2],"a":1}',
    '{ "b" : [1, 2], "a" : 1.0 }',
    '{"a":1,"b":[2,1]}'
  ]
  t.deepEqual(texts('dedupe: {}', messages), [messages[0] ?? '', 'filtered', 'filtered', messages[3] ?? ''])
})

test('dedupe takes values of other types, null and a missing field for different', t => {
  const messages = [
    '{"a":1}',
    '{"a":"1"}',
    '{"a":true}',
    '{"a":null}',
    '{}',
    '{"a":[1]}',
    '{"b":1}',
    '{"__proto__":1}'
  ]
  t.deepEqual(texts('dedupe: {}', [...messages, ...messages]), [
    ...messages,
    ...messages.map(() => 'filtered')
  ])
})

test('dedupe tells names and values apart, however they are written one after the other', t => {
  const messages = [{ a: 'b,c' }, { 'a,b': 'c' }, { a: 'b', c: '' }, { a: ['b', 'c'] }, { a: '["b","c"]' }]
  t.deepEqual(results('dedupe: {}', messages), messages)
})

test('dedupe knows neighbours among numbers of more than 53 bits apart', t => {
  const messages = ['{"id":9007199254740992}', '{"id":9007199254740993}', '{"id":"9007199254740993"}']
  t.deepEqual(texts('dedupe: {}', [...messages, ...messages]), [
    ...messages,
    ...messages.map(() => 'filtered')
  ])
})

test('dedupe remembers as many as it is told, the last that passed', t => {
  const messages = [1, 2, 1, 3, 1, 2, 1].map(n => ({ n }))
  const expected = [1, 2, null, 3, 1, 2, null].map(n => (n === null ? 'filtered' : { n }))
  t.deepEqual(results('dedupe: { last: 2 }', messages), expected)
  t.deepEqual(results('dedupe: { last: 1 }', [{}, {}, { a: 1 }, {}]), [{}, 'filtered', { a: 1 }, {}])
})

test('dedupe remembers twenty unless it is told', t => {
  const twenty = Array.from({ length: 20 }, (_, n) => ({ n }))
  t.deepEqual(results('dedupe: {}', [...twenty, { n: 0 }, { n: 20 }, { n: 1 }, { n: 0 }]).slice(20), [
    'filtered',
    { n: 20 },
    'filtered',
    { n: 0 }
  ])
})

test('dedupe looks only at the fields that are named, with wildcards', t => {
  const settings = `dedupe: { by: [timestamp, 'event.*', '__proto__'] }`
  const messages = [
    '{"timestamp":1,"event.enum":1,"x":1}',
    '{"timestamp":1,"x":2,"event.enum":1}',
    '{"timestamp":1,"event.enum":1,"event.more":null}',
    '{"timestamp":1,"event":1}',
    '{"timestamp":1,"event.":1}',
    '{"timestamp":1,"__proto__":1}',
    '{"timestamp":1,"__proto__":1,"x":3}'
  ]
  const repeats = [1, 6]
  t.deepEqual(
    texts(settings, messages),
    messages.map((message, index) => (repeats.includes(index) ? 'filtered' : message))
  )
})

test('expire lets an age pass that is just reached, in fractions of seconds too', t => {
  const settings = 'expire: { olderThanSeconds: 10.5 }'
  const messages = [10.5, 10.501, 0, -1e9].map(age => ({ timestamp: now - age }))
  t.deepEqual(results(settings, messages), [
    messages[0] ?? {},
    'expired',
    messages[2] ?? {},
    messages[3] ?? {}
  ])
})

test('expire ends what is further ahead than it is told', t => {
  const settings = 'expire: { olderThanSeconds: 10, aheadSeconds: 5 }'
  const ahead = (seconds: number) => ({ timestamp: now + seconds })
  t.deepEqual(results(settings, [ahead(5), ahead(5.001), ahead(-10), ahead(-10.001), ahead(1e9)]), [
    ahead(5),
    'expired',
    ahead(-10),
    'expired',
    'expired'
  ])
  const strict = 'expire: { olderThanSeconds: 10, aheadSeconds: 0 }'
  t.deepEqual(results(strict, [ahead(0), ahead(0.001)]), [ahead(0), 'expired'])
})

test('expire refuses a message that does not say when it was measured', t => {
  const none = 'field "timestamp": the message has none; it is needed here'
  const reason = (found: string) => `field "timestamp": it must be a number of Unix seconds, found ${found}`
  const messages = [
    '{}',
    '{"timestamp":null}',
    '{"timestamp":"1"}',
    '{"timestamp":true}',
    '{"timestamp":17672250000000000000}'
  ]
  t.deepEqual(texts('expire: { olderThanSeconds: 10 }', messages), [
    none,
    ...['null', 'a text', 'a boolean', 'a number of more than 53 bits'].map(reason)
  ])
})
