import test from 'ava'
import { compileSteps, remembers } from '../../../processors/steps/compile.ts'
import { Changed, type Memories, type Shaped } from '../../../processors/steps/pipeline.ts'
import { compile, nowMs, pipelineOf, results, settingsOf, shape } from './fixture.ts'

const rejected = (detail: string): Shaped => ({ kind: 'rejected', detail })

test('bytes that are no JSON object are rejected, whatever the steps are', t => {
  const values = [
    '',
    ' ',
    'null',
    'true',
    '1',
    '12345678901234567',
    '"a"',
    '[]',
    '[{}]',
    '{',
    '{}{}',
    '{"a":1}x'
  ]
  const broken = [
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":01}',
    '{"a":"\n"}',
    '\ufeff{}',
    '{"a":"\\x"}'
  ]
  for (const settings of [`filter: 'true'`, 'drop: [x]', 'template: 1', '[]'])
    for (const text of [...values, ...broken])
      t.deepEqual(shape(pipelineOf(settings), text), rejected('it is no JSON object'), text)
})

test('an object goes on as it is if no step changes it, whatever bytes are in it', t => {
  for (const text of [
    '{}',
    ' {\n"a" : 1.0e0 , "a":2 }\t',
    '{"\\u0061":"\\/"}',
    '{"\ud800":1}',
    '{"":{"":[]}}'
  ])
    t.is(shape(pipelineOf('drop: [x]'), text), 'same', text)
})

test('the step that rejects a message is named with the field and the reason', t => {
  const settings = `[filter: 'true', map: { speed: x * 2 }, template: [y]]`
  const pipeline = pipelineOf(settings)
  const missing = (name: string) => `the message has no "${name}" (at 1 of the expression)`
  t.deepEqual(shape(pipeline, '{}'), rejected(`steps[1].map, field "speed": ${missing('x')}`))
  t.deepEqual(shape(pipeline, '{"x":1}'), rejected(`steps[2].template, field "[0]": ${missing('y')}`))
  t.deepEqual(shape(pipelineOf('[template: y]'), '{}'), rejected(`steps[0].template: ${missing('y')}`))
})

test('steps come one after the other, and what one ends the next does not see', t => {
  t.deepEqual(
    results(`[map: { a: '1' }, rename: { fields: { a: b } }, map: { c: b + 1 }, drop: [b]]`, [{}]),
    [{ c: 2 }]
  )
  t.deepEqual(results(`[filter: a > 1, map: { b: missing }]`, [{ a: 1 }]), ['filtered'])
  t.deepEqual(results(`[map: { b: missing }, filter: a > 1]`, [{ a: 1 }]), [
    'field "b": the message has no "missing" (at 1 of the expression)'
  ])
  t.deepEqual(
    results('[expire: { olderThanSeconds: 10 }, dedupe: {}]', [{ timestamp: 1 }, { timestamp: 1 }]),
    ['expired', 'expired']
  )
})

test('nothing of one message is left for the next', t => {
  const pipeline = pipelineOf(`map: { 'b?': a, 'was?': 'previous("a")' }`)
  const memories = [null]
  t.deepEqual(shape(pipeline, '{"a":1}', { memories }), new Changed('{"a":1,"b":1}'))
  t.deepEqual(shape(pipeline, '[]', { memories }), rejected('it is no JSON object'))
  t.deepEqual(shape(pipeline, '{}', { memories }), new Changed('{"was":1}'))
  t.is(shape(pipeline, '{}', { memories }), 'same')
  t.is(shape(pipeline, '{}', { memories: [{ a: null }] }), 'same')
})

test('where nothing is to be remembered every message is the first', t => {
  const pipeline = pipelineOf('dedupe: {}')
  t.is(shape(pipeline, '{}', { memories: null }), 'same')
  t.is(shape(pipeline, '{}', { memories: null }), 'same')
})

test('what a step refuses it has seen, as those before it have, and those behind it have not', t => {
  const pipeline = pipelineOf(
    `[dedupe: {}, map: { d: 'n - coalesce(previous("n"), 0)' }, fill: { fields: [x] }]`
  )
  const memories: Memories = [null, null, null]
  shape(pipeline, '{"timestamp":1,"n":1,"x":5}', { memories })
  const before = structuredClone(memories)
  t.deepEqual(
    shape(pipeline, '{"timestamp":2,"x":6}', { memories }),
    rejected('steps[1].map, field "d": the message has no "n" (at 1 of the expression)')
  )
  t.notDeepEqual(memories[0], before[0])
  t.deepEqual(memories[1], {})
  t.deepEqual(memories[2], before[2])
  t.deepEqual(
    shape(pipeline, '{"timestamp":3,"n":3}', { memories }),
    new Changed('{"timestamp":3,"n":3,"d":3,"x":5}')
  )
})

test('a device without an attribute that is required lacks it, before any step sees the message', t => {
  const known = new Map([['a1', { plate: 'x', axles: 0, color: null }]])
  const parts = { attributes: { of: (device: string) => known.get(device) ?? null } }
  const memories = [null]
  const requiring = (...requires: string[]) => pipelineOf('dedupe: {}', { ...parts, requires })
  const lacking = (attribute: string): Shaped => ({ kind: 'lacking', attribute })
  t.is(shape(requiring('plate', 'axles'), '{}'), 'same')
  t.deepEqual(shape(requiring('plate', 'driver', 'color'), '{}', { memories }), lacking('driver'))
  t.deepEqual(shape(requiring('plate', 'color'), '{}', { memories }), lacking('color'))
  t.deepEqual(shape(requiring('constructor'), '{}', { memories }), lacking('constructor'))
  t.deepEqual(shape(requiring('plate'), '{}', { memories, device: 'a2' }), lacking('plate'))
  t.deepEqual(shape(requiring('plate'), '{}', { memories, device: '' }), lacking('plate'))
  t.deepEqual(shape(requiring('driver'), '[]', { memories }), rejected('it is no JSON object'))
  t.deepEqual(memories, [null])
})

test('an attribute is required for the time at which the message was measured', t => {
  const asked: [string, number][] = []
  const attributes = {
    of(device: string, timestampMs: number) {
      asked.push([device, timestampMs])
      return timestampMs >= 100_000 ? { plate: 'x' } : null
    }
  }
  const pipeline = pipelineOf('[]', { attributes, requires: ['plate'] })
  t.is(shape(pipeline, '{"timestamp":100}'), 'same')
  t.deepEqual(shape(pipeline, '{"timestamp":99.9}'), { kind: 'lacking', attribute: 'plate' })
  t.is(shape(pipeline, '{"timestamp":"1"}', { timestampMs: 100_001 }), 'same')
  t.is(shape(pipelineOf('[]', { attributes }), '{"timestamp":99}'), 'same')
  t.deepEqual(asked, [
    ['a1', 100_000],
    ['a1', 99_900],
    ['a1', 100_001]
  ])
})

test('a repeat passes the steps that remember, changes nothing that they remember, and is shaped by them', t => {
  const settings = `[dedupe: {}, sample: { everySeconds: 60 }, filter: 'previous("x") == 1', fill: { fields: [y] }]`
  const pipeline = pipelineOf(settings)
  const memories: Memories = [null, null, null, { y: [2, 1] }]
  t.is(shape(pipeline, '{"timestamp":1}', { memories }), 'filtered')
  const before = structuredClone(memories)
  t.deepEqual(
    shape(pipeline, '{"timestamp":1}', { memories, isRepeat: true }),
    new Changed('{"timestamp":1,"y":2}')
  )
  t.deepEqual(memories, before)
})

test('a repeat is still ended by steps that do not remember, and refused by all', t => {
  const repeat = { memories: [null, null], isRepeat: true }
  t.is(shape(pipelineOf('[dedupe: {}, filter: a]'), '{"a":0}', repeat), 'filtered')
  t.is(
    shape(pipelineOf('[dedupe: {}, expire: { olderThanSeconds: 1 }]'), '{"timestamp":1}', repeat),
    'expired'
  )
  t.deepEqual(
    shape(pipelineOf('[dedupe: {}, fill: { fields: [a] }]'), '{}', repeat),
    rejected('steps[1].fill, field "timestamp": the message has none; it is needed here')
  )
})

test('whoever looks on is told what each step did, up to the one that ended it', t => {
  const pipeline = pipelineOf(`[map: { a: '1' }, filter: 'a > n', map: { b: missing }, drop: [a]]`)
  const look = (text: string) => {
    const seen: unknown[] = []
    const bytes = Buffer.from(text)
    const raw = { bytes, start: 0, end: bytes.length, device: '', timestampMs: 0 }
    pipeline.shape(
      raw,
      { nowMs, memories: null },
      {
        begins: ({ fields }) => seen.push(JSON.stringify(fields)),
        after: ({ name }, verdict, { fields }) =>
          seen.push([name, typeof verdict === 'string' ? verdict : verdict.field, JSON.stringify(fields)])
      }
    )
    return seen
  }
  t.deepEqual(look('{"n":2}'), [
    '{"n":2}',
    ['steps[0].map', 'pass', '{"n":2,"a":1}'],
    ['steps[1].filter', 'filtered', '{"n":2,"a":1}']
  ])
  t.deepEqual(look('{"n":0}').slice(3), [['steps[2].map', 'b', '{"n":0,"a":1}']])
  t.deepEqual(look('[]'), [])
})

test('a step keeps its id as long as its settings are the same, wherever it stands', t => {
  const ids = (yaml: string) => compile(yaml).steps.map(({ id }) => id)
  const [first, second] = ids('[dedupe: {}, sample: { everySeconds: 60 }]')
  t.deepEqual(ids('[filter: a, sample: { everySeconds: 60 }, dedupe: { last: 20 }]').slice(1), [
    second,
    first
  ])
  t.not(ids('dedupe: { last: 21 }')[0], first)
  const twins = ids('[dedupe: {}, dedupe: {}, dedupe: {}]')
  t.is(twins[0], first)
  t.is(new Set(twins).size, 3)
})

test('it is known which steps remember, whatever else their expressions ask for', t => {
  const table: [settings: string, isRemembering: boolean][] = [
    ...['dedupe: {}', 'sample: { keep: a }', 'fill: { fields: [a] }'].map((yaml): [string, boolean] => [
      yaml,
      true
    ]),
    ['geofence: { enter: a }', true],
    ['geofence: { inside: a }', false],
    [`filter: 'geofence("depot") && previous("a") == 1'`, true],
    [`filter: 'geofence("depot")'`, false],
    ['map: { a: mileage() }', true],
    ['template: { a: [{ b: duration() }] }', true],
    ['map: { a: b }', false],
    ['[units: { a: { from: m, to: km } }, select: [a], template: {}]', false],
    [
      '[filter: a, drop: [b], rename: { notation: nested }, enrich: {}, expire: { olderThanSeconds: 1 }]',
      false
    ]
  ]
  for (const [yaml, isRemembering] of table) {
    t.is(pipelineOf(yaml).remembers, isRemembering, yaml)
    t.is(remembers(settingsOf(yaml)), isRemembering, yaml)
  }
})

test('steps of a kind that does not exist are left out', t => {
  const parts = { geofences: new Map(), attributes: { of: () => null } }
  t.like(compileSteps([{ nothing: 1 }, {}, { constructor: 1 }], parts), {
    steps: [],
    reads: [],
    mistakes: []
  })
})
