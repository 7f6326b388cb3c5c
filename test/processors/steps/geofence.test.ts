import test from 'ava'
import type { Fields } from '../../../processors/expression/values.ts'
import { compileGeofences } from '../../../processors/geo/geofence.ts'
import { Changed } from '../../../processors/steps/pipeline.ts'
import { mistakesOf, pipelineOf, results, shape } from './fixture.ts'

const center = [13.405, 52.52] as const
/** One within the other, and one far away. */
const { geofences } = compileGeofences({
  yard: { circle: { center, radiusM: 2000 } },
  depot: { circle: { center, radiusM: 500 } },
  north: { circle: { center: [13.405, 54], radiusM: 500 } }
})
const parts = { geofences }

/** A message so many metres north of the center. */
const at = (timestamp: number, metres: number, more: Fields = {}): Fields => ({
  timestamp,
  'position.latitude': 52.52 + metres / 111_195,
  'position.longitude': 13.405,
  ...more
})

/** What the step adds to each message; null where it adds nothing. */
function added(settings: string, messages: readonly Fields[]) {
  return results(`geofence: ${settings}`, messages, parts).map((outcome, index) => {
    if (typeof outcome === 'string') return outcome
    const before = messages[index] ?? {}
    const entries = Object.entries(outcome as Fields).filter(([name]) => !Object.hasOwn(before, name))
    return entries.length === 0 ? null : Object.fromEntries(entries)
  })
}

test('geofences are told in the order of their section, and those that are entered and left', t => {
  const messages = [
    at(1, 9000),
    at(2, 1000),
    at(3, 0),
    at(4, 400),
    at(5, 1000),
    at(6, 9000),
    at(7, 0),
    at(8, 9000)
  ]
  t.deepEqual(added('{ inside: in, enter: on, leave: off }', messages), [
    { in: [] },
    { in: ['yard'], on: ['yard'] },
    { in: ['yard', 'depot'], on: ['depot'] },
    { in: ['yard', 'depot'] },
    { in: ['yard'], off: ['depot'] },
    { in: [], off: ['yard'] },
    { in: ['yard', 'depot'], on: ['yard', 'depot'] },
    { in: [], off: ['yard', 'depot'] }
  ])
})

test('from one geofence to another both is told at once', t => {
  const north = { timestamp: 2, 'position.latitude': 54, 'position.longitude': 13.405 }
  t.deepEqual(added('{ of: [depot, north], enter: on, leave: off }', [at(1, 0), north]), [
    null,
    { on: ['north'], off: ['depot'] }
  ])
})

test('only those are looked at that are named, with wildcards, and each once', t => {
  t.deepEqual(added('{ of: [depot], inside: in }', [at(1, 0)]), [{ in: ['depot'] }])
  t.deepEqual(added(`{ of: ['*o*', depot], inside: in }`, [at(1, 0)]), [{ in: ['depot'] }])
})

test('the first message enters and leaves nothing, wherever it is', t => {
  t.deepEqual(added('{ enter: on, leave: off }', [at(1, 0), at(2, 100)]), [null, null])
  t.deepEqual(added('{ enter: on, leave: off }', [at(1, 9000), at(2, 9100)]), [null, null])
})

test('a late message enters and leaves nothing, and the next is compared with the newest', t => {
  const messages = [at(10, 9000), at(5, 0), at(11, 9000), at(12, 0), at(11, 9000), at(12, 1000), at(13, 0)]
  t.deepEqual(added('{ of: [depot], inside: in, enter: on, leave: off }', messages), [
    { in: [] },
    { in: ['depot'] },
    { in: [] },
    { in: ['depot'], on: ['depot'] },
    { in: [] },
    { in: [], off: ['depot'] },
    { in: ['depot'], on: ['depot'] }
  ])
})

test('a message without a position on the Earth stays as it is, and the device where it was', t => {
  const without: Fields[] = [
    { timestamp: 2 },
    { timestamp: 2, 'position.latitude': 52.52 },
    { timestamp: 2, 'position.latitude': '52.52', 'position.longitude': 13.405 },
    { timestamp: 2, 'position.latitude': 91, 'position.longitude': 13.405 },
    { timestamp: 2, 'position.latitude': 52.52, 'position.longitude': null },
    {}
  ]
  t.deepEqual(added('{ inside: in, enter: on, leave: off }', [at(1, 0), ...without, at(3, 9000)]), [
    { in: ['yard', 'depot'] },
    ...without.map(() => null),
    { in: [], off: ['yard', 'depot'] }
  ])
})

test('entering alone and leaving alone are told without the other', t => {
  const messages = [at(1, 9000), at(2, 0), at(3, 9000)]
  t.deepEqual(added('{ of: [depot], enter: on }', messages), [null, { on: ['depot'] }, null])
  t.deepEqual(added('{ of: [depot], leave: off }', messages), [null, null, { off: ['depot'] }])
})

test('one field may get what was entered and, in its place, what was left', t => {
  t.deepEqual(
    added('{ of: [depot], enter: zone, leave: zone }', [at(1, 9000), at(2, 0), at(3, 0), at(4, 9000)]),
    [null, { zone: ['depot'] }, null, { zone: ['depot'] }]
  )
})

test('the list of geofences goes in place of a field of that name, whatever it is called', t => {
  t.deepEqual(results('geofence: { of: [depot], inside: zone }', [at(1, 0, { zone: 'x' })], parts), [
    at(1, 0, { zone: ['depot'] })
  ])
  const text = JSON.stringify(at(1, 0))
  const shaped = shape(pipelineOf(`geofence: { of: [depot], inside: '__proto__' }`, parts), text)
  t.deepEqual(shaped, new Changed(text.replace('}', ',"__proto__":["depot"]}')))
})

test('a message to which nothing is added keeps its bytes', t => {
  const pipeline = pipelineOf('geofence: { enter: on, leave: off }', parts)
  const memories = [null]
  const text = '{ "timestamp" : 1.0, "position.latitude" : 52.52, "position.longitude" : 13.405 }'
  t.is(shape(pipeline, text, { memories }), 'same')
  t.is(shape(pipeline, text, { memories }), 'same')
})

test('a message with position but without timestamp is refused only where an order is needed', t => {
  const { timestamp, ...without } = at(1, 0)
  const reason = 'field "timestamp": the message has none; it is needed here'
  t.deepEqual(added('{ of: [depot], inside: in }', [without]), [{ in: ['depot'] }])
  t.deepEqual(added('{ of: [depot], inside: in, enter: on }', [at(1, 9000), without, at(2, 0)]), [
    { in: [] },
    reason,
    { in: ['depot'], on: ['depot'] }
  ])
})

test('names that are not there, and settings that add nothing, are mistakes', t => {
  t.deepEqual(mistakesOf(`geofence: { of: [depot, dpot, 'x*', yrd] }`, parts), [
    '0.geofence.of.1 must be the name of a geofence, got "dpot" (there are: yard, depot, north)',
    '0.geofence.of.3 must be the name of a geofence, got "yrd" (there are: yard, depot, north)',
    '0.geofence must name a field under inside, enter or leave'
  ])
  const none = { geofences: new Map() }
  t.deepEqual(mistakesOf('geofence: { of: [depot], inside: in }', none), [
    '0.geofence.of.0 must be the name of a geofence, got "depot" (none is defined)'
  ])
  t.deepEqual(mistakesOf('geofence: { inside: in }', none), [
    '0.geofence needs shapes in the section geofences, and none is defined there'
  ])
})
