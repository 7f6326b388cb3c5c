// Why `sample` lets a message pass: what it writes into the field of `mark`, while devices drive, stand, and change.

import test from 'ava'
import type { Fields } from '../../../processors/expression/values.ts'
import { Changed } from '../../../processors/steps/pipeline.ts'
import { mistakesOf, pipelineOf, results, shape } from './fixture.ts'

/** The mark of each message; null of one that does not pass. */
function marks(settings: string, messages: readonly Fields[]): unknown[] {
  return results(`sample: { ${settings}, mark: why }`, messages).map(outcome =>
    outcome === 'filtered' ? null : (outcome as { readonly why: unknown }).why
  )
}

const speeds = (...messages: readonly (readonly [timestamp: number, speed: number | null])[]) =>
  messages.map(([timestamp, speed]) => ({
    timestamp,
    ...(speed !== null && { 'position.speed': speed })
  }))

const standing = `everySeconds: 60, standing: { when: 'position.speed < 3', heartbeatSeconds: 300 }`

test('the mark says which condition held, the gravest of several', t => {
  const at = (timestamp: number, metres: number, direction: number): Fields => ({
    timestamp,
    'position.latitude': 52 + metres / 111_195,
    'position.longitude': 13,
    'position.direction': direction
  })
  const messages: Fields[] = [
    at(0, 0, 0),
    at(10, 0, 10),
    at(60, 150, 90),
    at(70, 300, 180),
    at(80, 300, 90),
    { ...at(90, 300, 90), alarm: true },
    { ...at(160, 600, 0), alarm: true, door: 1 },
    { ...at(230, 900, 90), alarm: true, door: 2 }
  ]
  const settings = 'everySeconds: 60, movedM: 100, turnedDegrees: 40, keep: alarm, changes: { door: door }'
  t.deepEqual(marks(settings, messages), [
    ...['first', null, 'time', 'distance', 'turn', 'kept'],
    'kept', // a value that is known for the first time has not changed
    'door'
  ])
})

test('a device that stands passes when it comes to stand, once in each heartbeat, and when it starts', t => {
  const messages = speeds(
    [0, 40],
    [30, 0],
    [90, 0],
    [329, 1],
    [330, 0],
    [629, 2],
    [635, 0],
    [640, 3],
    [700, 30]
  )
  t.deepEqual(marks(standing, messages), [
    ...['first', 'stop', null, null, 'heartbeat', null, 'heartbeat', 'start', 'time']
  ])
})

test('a device that begins standing has not stopped, and one that says nothing of its speed goes on as before', t => {
  const messages = speeds([0, 0], [60, null], [300, null], [360, 50], [400, null], [420, null], [425, 0])
  t.deepEqual(marks(standing, messages), ['first', null, 'heartbeat', 'start', null, 'time', 'stop'])
})

test('drift while a device stands is no movement and no turn', t => {
  const drift = (timestamp: number, latitude: number, direction: number): Fields => ({
    timestamp,
    'position.speed': 0,
    'position.latitude': latitude,
    'position.longitude': 13,
    'position.direction': direction
  })
  const settings = `movedM: 50, turnedDegrees: 20, standing: { when: 'position.speed < 3', heartbeatSeconds: 300 }`
  const messages = [drift(0, 52, 0), drift(10, 52.001, 180), drift(20, 52.1, 90), drift(300, 52, 0)]
  t.deepEqual(marks(settings, messages), ['first', null, null, 'heartbeat'])
})

test('a change is told with the first message that has the other value, whatever lies between', t => {
  const ignition = [true, undefined, null, true, undefined, false, false, undefined, true]
  const messages = ignition.map(
    (value, timestamp): Fields => (value === undefined ? { timestamp } : { timestamp, ignition: value })
  )
  t.deepEqual(marks('everySeconds: 3600, changes: { ignition: ignition }', messages), [
    ...['first', null, null, null, null, 'ignition', null, null, 'ignition']
  ])
})

test('of several changes the one that stands first gives the name, and all are taken note of', t => {
  const messages: Fields[] = [
    { timestamp: 0, a: 1, b: 1 },
    { timestamp: 1, a: 2, b: 2 },
    { timestamp: 2, a: 2, b: 2 },
    { timestamp: 3, a: 2, b: 3 }
  ]
  t.deepEqual(marks('changes: { a: a, b: b }', messages), ['first', 'a', null, 'b'])
})

test('values of any kind are compared as a whole, and one too long to be remembered has not changed', t => {
  const long = 'x'.repeat(600)
  const values = [[1, { a: 1 }], [1, { a: 1 }], [1, { a: 2 }], long, [1, { a: 2 }]]
  const messages = values.map((value, timestamp) => ({ timestamp, value }))
  t.deepEqual(marks('changes: { value: value }', messages), ['first', null, 'value', null, null])
})

test('late messages change and stand as seen from the late one before, and the live ones from the live', t => {
  const at = (timestamp: number, speed: number, ignition: boolean): Fields => ({
    timestamp,
    'position.speed': speed,
    ignition
  })
  const messages = [
    at(1000, 50, true),
    at(500, 0, false),
    at(1010, 50, true),
    at(510, 0, false),
    at(800, 0, false),
    at(810, 20, false),
    at(1020, 0, true),
    at(820, 20, true)
  ]
  t.deepEqual(marks(`${standing}, changes: { ignition: ignition }`, messages), [
    ...['first', 'first', null, null, 'heartbeat', 'start', 'stop', 'ignition']
  ])
})

test('metres count only after some time, and time alone after more', t => {
  const at = (timestamp: number, metres: number): Fields => ({
    timestamp,
    'position.latitude': 52 + metres / 111_195,
    'position.longitude': 13
  })
  const messages = [at(0, 0), at(30, 1500), at(60, 2000), at(200, 2500), at(359, 2999), at(360, 2999)]
  t.deepEqual(marks('everySeconds: 300, movedM: 1000, movedAfterSeconds: 60', messages), [
    ...['first', null, 'distance', null, null, 'time']
  ])
})

test('previous() may be asked in what is watched', t => {
  const settings = `changes: { moving: 'position.speed > previous("position.speed")' }`
  const messages = speeds([0, 10], [1, 20], [2, 30], [3, 20], [4, 30])
  t.deepEqual(marks(settings, messages), ['first', null, null, 'moving', 'moving'])
})

test('a message that is sent once more passes, marked as that where it would not have passed', t => {
  const pipeline = pipelineOf('sample: { everySeconds: 60, mark: why }')
  const memories = [null]
  t.deepEqual(shape(pipeline, '{"timestamp":0}', { memories }), new Changed('{"timestamp":0,"why":"first"}'))
  t.is(shape(pipeline, '{"timestamp":10}', { memories }), 'filtered')
  const again = shape(pipeline, '{"timestamp":10}', { memories, isRepeat: true })
  t.deepEqual(again, new Changed('{"timestamp":10,"why":"repeat"}'))
})

test('a wait for metres needs metres', t => {
  t.deepEqual(mistakesOf('sample: { everySeconds: 60, movedAfterSeconds: 60 }'), [
    '0.sample.movedAfterSeconds needs movedM beside it'
  ])
})
