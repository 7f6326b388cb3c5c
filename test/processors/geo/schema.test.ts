import test from 'ava'
import { Type } from 'typebox'
import { Places } from '../../../processors/service/config/problem.ts'
import { validate } from '../../../processors/service/config/validate.ts'
import { geofencesSchema } from '../../../schemas/geofences.ts'
import { polygon, rectangle } from './fence.ts'

const schema = Type.Object({ geofences: geofencesSchema })

/** What the schema says of one geofence, each sentence behind its pointer. */
function found(shape: unknown, name = 'depot'): string[] {
  const findings = validate(schema, { geofences: { [name]: shape } }, new Places())
  return findings.map(({ pointer, sentence }) => `${pointer.replace('/geofences', '')} ${sentence}`)
}

test('each shape passes as it is documented, GeoJSON with whatever else it holds', t => {
  t.deepEqual(found({ circle: { center: [24.75, 59.43], radiusM: 250 } }), [])
  const path = [
    [24.75, 59.43],
    [24.8, 59.44]
  ]
  t.deepEqual(found({ corridor: { path, widthM: 50.5 } }), [])
  t.deepEqual(found({ geojson: { ...polygon(rectangle(0, 0, 1, 1)), bbox: [0, 0, 1, 1], color: 'red' } }), [])
  t.deepEqual(found({ geojson: '{"type": "Polygon"}' }), [])
})

test('a geofence has exactly one shape', t => {
  const words = 'one shape, written as "circle: {...}", "corridor: {...}" or "geojson: {...}"'
  t.deepEqual(found({}), [`/depot must be exactly ${words}, got none`])
  t.deepEqual(found({ circle: { center: [0, 0], radiusM: 1 }, geojson: {} }), [
    `/depot must be exactly ${words}, got 2: circle, geojson`
  ])
  t.deepEqual(found('depot.geojson'), [`/depot must be ${words}, got "depot.geojson"`])
  t.deepEqual(found({ cirle: {} }), ['/depot/cirle is an unknown key, did you mean "circle"?'])
})

test('positions, lengths and keys are seen to', t => {
  t.deepEqual(found({ circle: { center: [1, 2, 3], radiusM: 0 } }), [
    '/depot/circle/center must be [longitude, latitude] in degrees, got a list',
    '/depot/circle/radiusM must be a number above 0, got the number 0'
  ])
  t.deepEqual(found({ circle: { center: [1, 2] } }), [
    '/depot/circle/radiusM is missing: it must be a number above 0'
  ])
  t.deepEqual(found({ corridor: { path: [[1, 2]], widthM: 5, color: 'red' } }), [
    '/depot/corridor/color is an unknown key (known keys: path, widthM)',
    '/depot/corridor/path must be a list of at least two positions, each [longitude, latitude] in degrees, got a list'
  ])
})

test('names are like those of streams', t => {
  t.regex(found({}, 'My Depot').join(), /is not a valid name: expected lower-case letters/)
})
