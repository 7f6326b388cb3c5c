import test from 'ava'
import { DeviceTable } from '../../../processors/attributes/device-table.ts'
import type { Period } from '../../../processors/attributes/reading/device.ts'
import type { Fields, Json } from '../../../processors/expression/values.ts'
import { nowMs, pipelineOf, results, shape, texts } from './fixture.ts'

/** What is known of the device a1, from times in Unix seconds on. */
function knowing(...periods: readonly [fromSeconds: number, values: Fields][]) {
  let device: Period | null = null
  for (const [from, values] of periods) device = { fromMs: from * 1000, values, earlier: device }
  return { attributes: new DeviceTable(new Map(device === null ? [] : [['a1', device]])) }
}

const always = Number.NEGATIVE_INFINITY

test('enrich adds all attributes unless it is told which, with wildcards', t => {
  const parts = knowing([always, { plate: 'CB', 'axles.front': 1, 'axles.rear': 2, driver: null }])
  t.deepEqual(results('enrich: {}', [{ a: 1 }], parts), [
    { a: 1, plate: 'CB', 'axles.front': 1, 'axles.rear': 2, driver: null }
  ])
  t.deepEqual(results(`enrich: { attributes: ['axles.*', nothing] }`, [{ a: 1 }], parts), [
    { a: 1, 'axles.front': 1, 'axles.rear': 2 }
  ])
})

test('enrich writes over fields of the same name, which with a prefix is that with the prefix', t => {
  const parts = knowing([always, { plate: 'new' }])
  t.deepEqual(results('enrich: {}', [{ plate: 'old', x: 1 }], parts), [{ plate: 'new', x: 1 }])
  t.deepEqual(results(`enrich: { prefix: 'v.' }`, [{ plate: 'old', 'v.plate': 'old' }], parts), [
    { plate: 'old', 'v.plate': 'new' }
  ])
})

test('enrich keeps lists and objects, and names of any kind', t => {
  const values: Record<string, Json> = { list: [1, { a: null }], constructor: 'c', ж: '🚚' }
  Object.defineProperty(values, '__proto__', { value: 'p', enumerable: true })
  t.deepEqual(texts('enrich: {}', ['{"a":1}'], knowing([always, values])), [
    '{"a":1,"list":[1,{"a":null}],"constructor":"c","ж":"🚚","__proto__":"p"}'
  ])
})

test('enrich takes what counted when the message was measured', t => {
  const parts = knowing([100, { plate: 'first' }], [200, { plate: 'second' }])
  const measured = [99, 100, 199.999, 200, 1e9].map(timestamp => ({ timestamp }))
  t.deepEqual(results('enrich: {}', measured, parts), [
    { timestamp: 99 },
    { timestamp: 100, plate: 'first' },
    { timestamp: 199.999, plate: 'first' },
    { timestamp: 200, plate: 'second' },
    { timestamp: 1e9, plate: 'second' }
  ])
})

test('enrich takes what counted when Kafka got the message if that does not say when it was measured', t => {
  const now = nowMs / 1000
  const parts = knowing([now - 10, { plate: 'before' }], [now + 10, { plate: 'after' }])
  t.deepEqual(results('enrich: {}', [{}, { timestamp: null }, { timestamp: String(now + 20) }], parts), [
    { plate: 'before' },
    { timestamp: null, plate: 'before' },
    { timestamp: String(now + 20), plate: 'before' }
  ])
  t.deepEqual(results('[drop: [timestamp], enrich: {}]', [{ timestamp: now + 20 }], parts), [
    { plate: 'before' }
  ])
})

test('a device of which nothing is known, or nothing that is wanted, keeps its bytes', t => {
  t.is(shape(pipelineOf('enrich: {}', knowing()), '{ "a" : 1.0 }'), 'same')
  t.is(shape(pipelineOf('enrich: {}', knowing([always, {}])), '{ "a" : 1.0 }'), 'same')
  const parts = knowing([always, { plate: 'x' }])
  t.is(shape(pipelineOf('enrich: { attributes: [axles] }', parts), '{ "a" : 1.0 }'), 'same')
  t.is(shape(pipelineOf('enrich: {}', parts), '{ "a" : 1.0 }', { device: 'a2' }), 'same')
})

test('fill adds what is missing or null, and never null', t => {
  const at = (timestamp: number, fields: Fields = {}) => ({ timestamp, ...fields })
  t.deepEqual(
    results('fill: { fields: [a, b] }', [
      at(1, { a: 1, b: null, c: 3 }),
      at(2, { a: null }),
      at(3, { b: 2 }),
      at(4)
    ]),
    [at(1, { a: 1, b: null, c: 3 }), at(2, { a: 1 }), at(3, { b: 2, a: 1 }), at(4, { a: 1, b: 2 })]
  )
})

test('a message that has everything, or of which nothing is known, keeps its bytes', t => {
  const pipeline = pipelineOf('fill: { fields: [a] }')
  const memories = [null]
  t.is(shape(pipeline, '{ "timestamp" : 1.0 }', { memories }), 'same')
  t.is(shape(pipeline, '{ "timestamp" : 2.0, "a" : 1 }', { memories }), 'same')
  t.is(shape(pipeline, '{ "timestamp" : 3.0, "a" : 0 }', { memories }), 'same')
})

test('a late message is filled with nothing that was measured after it, and overrides nothing', t => {
  const messages = [
    { timestamp: 100, a: 1 },
    { timestamp: 90 },
    { timestamp: 95, a: 9, b: 2 },
    { timestamp: 100 },
    { timestamp: 97 }
  ]
  t.deepEqual(results('fill: { fields: [a, b] }', messages), [
    { timestamp: 100, a: 1 },
    { timestamp: 90 },
    { timestamp: 95, a: 9, b: 2 },
    { timestamp: 100, a: 1, b: 2 },
    { timestamp: 97, b: 2 }
  ])
})

test('of two values of the same time the one that came last is taken', t => {
  t.deepEqual(
    results('fill: { fields: [a] }', [{ timestamp: 1, a: 1 }, { timestamp: 1, a: 2 }, { timestamp: 1 }]).at(
      -1
    ),
    {
      timestamp: 1,
      a: 2
    }
  )
})

test('fill takes no value that is older than it is told, and filling does not make it younger', t => {
  const settings = 'fill: { fields: [a], maxAgeSeconds: 10 }'
  t.deepEqual(
    results(settings, [{ timestamp: 0, a: 1 }, ...[5, 10, 10.001, 9].map(timestamp => ({ timestamp }))]),
    [
      { timestamp: 0, a: 1 },
      { timestamp: 5, a: 1 },
      { timestamp: 10, a: 1 },
      { timestamp: 10.001 },
      { timestamp: 9, a: 1 }
    ]
  )
})

test('fill takes names with wildcards, and any kind of value', t => {
  const first =
    '{"timestamp":1,"f.a":[1,{"x":null}],"f.b":false,"f.c":"","f.":0,"f":1,"id":12345678901234567890}'
  t.deepEqual(
    texts(`fill: { fields: ['f.*', id] }`, [first, '{"timestamp":2}'])[1],
    '{"timestamp":2,"f.a":[1,{"x":null}],"f.b":false,"f.c":"","f.":0,"id":12345678901234567890}'
  )
})

test('fill remembers fields that are called like what every JavaScript object has', t => {
  const messages = [
    '{"timestamp":1,"__proto__":{"a":1},"constructor":2}',
    '{"timestamp":2}',
    '{"timestamp":3,"toString":1}',
    '{"timestamp":4}'
  ]
  t.deepEqual(texts(`fill: { fields: ['*'] }`, messages).slice(1), [
    '{"timestamp":2,"__proto__":{"a":1},"constructor":2}',
    '{"timestamp":3,"toString":1,"__proto__":{"a":1},"constructor":2}',
    '{"timestamp":4,"__proto__":{"a":1},"constructor":2,"toString":1}'
  ])
})

test('fill remembers at most 100 fields of a device, the first, and those stay up to date', t => {
  const named = (from: number, to: number, value: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, index) => [`f.${from + index}`, value]))
  const messages = [
    { timestamp: 1, ...named(0, 75, 1) },
    { timestamp: 2, ...named(50, 150, 2) },
    { timestamp: 3, ...named(125, 200, 3) },
    { timestamp: 4 }
  ]
  const [, second, third, fourth] = results(`fill: { fields: ['f.*'] }`, messages)
  t.deepEqual(second, { ...messages[1], ...named(0, 50, 1) })
  t.deepEqual(third, { ...messages[2], ...named(0, 50, 1), ...named(50, 100, 2) })
  t.deepEqual(fourth, { timestamp: 4, ...named(0, 50, 1), ...named(50, 100, 2) })
})

test('fill refuses a message without timestamp, and forgets nothing', t => {
  const reason = 'field "timestamp": the message has none; it is needed here'
  t.deepEqual(results('fill: { fields: [a] }', [{ timestamp: 1, a: 1 }, { a: 2 }, { timestamp: 2 }]), [
    { timestamp: 1, a: 1 },
    reason,
    { timestamp: 2, a: 1 }
  ])
})
