import test from 'ava'
import { compileGeofences } from '../../../processors/geo/geofence.ts'
import { polygon, rectangle, sentences } from './fence.ts'

const good = rectangle(0, 0, 10, 10)
const about = (geojson: object | string) => sentences({ geojson })

test('each position that is not on the Earth is named, with what is wrong', t => {
  t.deepEqual(
    about(
      polygon([
        [24, 59],
        [25, 59],
        [200.5, 60],
        [24, 153.2],
        [24, 59]
      ])
    ),
    [
      'ring 0, position 2 has the longitude 200.5, which must be from -180 to 180',
      'ring 0, position 3 has the latitude 153.2, which must be from -90 to 90'
    ]
  )
})

test('latitude and longitude in the wrong order are out of range', t => {
  t.deepEqual(sentences({ circle: { center: [-33.87, 151.21], radiusM: 100 } }), [
    'center has the latitude 151.21, which must be from -90 to 90'
  ])
})

test('what is not a number is refused like what is out of range', t => {
  const ring = [[Number.NaN, 0], [1, Number.POSITIVE_INFINITY], ['1', 1], [1], null, [0, 0]]
  t.deepEqual(about({ type: 'Polygon', coordinates: [ring] }), [
    'ring 0, position 0 has the longitude NaN, which must be from -180 to 180',
    'ring 0, position 1 has the latitude Infinity, which must be from -90 to 90',
    'ring 0, position 2 is not [longitude, latitude], two numbers',
    'ring 0, position 3 is not [longitude, latitude], two numbers',
    'ring 0, position 4 is not [longitude, latitude], two numbers'
  ])
})

test('a ring that is not closed or too short is refused', t => {
  t.deepEqual(about(polygon(good.slice(0, -1))), [
    'ring 0 is not closed: its last position must be the same as its first'
  ])
  t.deepEqual(
    about(
      polygon(good, [
        [1, 1],
        [2, 1],
        [1, 1]
      ])
    ),
    ['ring 1 has 3 positions, but must have at least 4']
  )
  t.deepEqual(
    about(
      polygon([
        [1, 1],
        [2, 1],
        [1, 1],
        [2, 1],
        [1, 1]
      ])
    ),
    ['ring 0 has 2 different positions, but must have at least 3']
  )
})

test('lists that are missing or empty are named', t => {
  t.deepEqual(about({ type: 'Polygon' }), ['has no rings'])
  t.deepEqual(about(polygon()), ['has no rings'])
  t.deepEqual(about(polygon([])), ['ring 0 has 0 positions, but must have at least 4'])
  t.deepEqual(about({ type: 'Polygon', coordinates: [7] }), ['ring 0 is not a list of positions'])
  t.deepEqual(about({ type: 'MultiPolygon', coordinates: [] }), ['has no polygons'])
  t.deepEqual(about({ type: 'MultiPolygon', coordinates: [[good], []] }), ['polygon 1 has no rings'])
  t.deepEqual(about({ type: 'FeatureCollection', features: [] }), ['has no features'])
  t.deepEqual(about({ type: 'Feature', geometry: null }), ['feature has no geometry'])
})

test('a hole outside of its polygon is refused, one that touches its edge is not', t => {
  t.deepEqual(about(polygon(good, rectangle(20, 20, 21, 21))), [
    'ring 1 is a hole, as all but the first, but outside of ring 0'
  ])
  t.deepEqual(about(polygon(rectangle(4, 4, 5, 5), good)), [
    'ring 1 is a hole, as all but the first, but outside of ring 0'
  ])
  t.deepEqual(about(polygon(good, rectangle(0, 4, 1, 5))), [])
})

test('a polygon over the antimeridian is refused, as it may as well go round the Earth', t => {
  t.deepEqual(about(polygon(rectangle(177, -20, -178, -15))), [
    'ring 0, position 1 goes from the longitude 177 to -178, which is over the antimeridian: split the polygon there (RFC 7946, 3.1.9), or put a position in between',
    'ring 0, position 3 goes from the longitude -178 to 177, which is over the antimeridian: split the polygon there (RFC 7946, 3.1.9), or put a position in between'
  ])
  t.deepEqual(about(polygon(rectangle(177, -20, 182, -15))), [
    'ring 0, position 1 has the longitude 182, which must be from -180 to 180',
    'ring 0, position 2 has the longitude 182, which must be from -180 to 180'
  ])
})

test('other geometries and types are refused, in features too', t => {
  t.deepEqual(about({ type: 'LineString', coordinates: good }), [
    'has the type LineString, which must be Polygon, MultiPolygon, Feature or FeatureCollection'
  ])
  t.deepEqual(about({ type: 'GeometryCollection', geometries: [polygon(good)] }), [
    'has the type GeometryCollection, which must be Polygon, MultiPolygon, Feature or FeatureCollection'
  ])
  const features = [
    { type: 'Feature', geometry: { type: 'Point', coordinates: [0, 0] } },
    polygon(good),
    { type: 'Feature', geometry: { coordinates: [good] } },
    { type: 'Feature' },
    7,
    { type: 'Feature', geometry: { type: 'MultiPolygon', coordinates: [[good], [good.slice(1)]] } }
  ]
  t.deepEqual(about({ type: 'FeatureCollection', features }), [
    'feature 0 has the type Point, which must be Polygon or MultiPolygon',
    'feature 1 has the type Polygon, which must be Feature',
    'feature 2 has no type, which must be Polygon or MultiPolygon',
    'feature 3 has no geometry',
    'feature 4 has no type, which must be Feature',
    'feature 5, polygon 1, ring 0 is not closed: its last position must be the same as its first'
  ])
  t.deepEqual(about([]), ['has no type, which must be Polygon, MultiPolygon, Feature or FeatureCollection'])
  t.deepEqual(about('"Polygon"'), about([]))
  t.deepEqual(about('null'), about([]))
})

test('a text that is not JSON is refused without showing what is in it', t => {
  for (const text of ['hunter2', '{"type": hunter2}', '"hunter2', '{"hunter2": 1,}', '']) {
    const [sentence = '', ...others] = about(text)
    t.regex(sentence, /^is a text that is not JSON: [A-Z].+$/)
    t.notRegex(sentence, /hunter2|\n/)
    t.deepEqual(others, [])
  }
  t.deepEqual(about('{"type": "hunter2-hunter2"}'), about([]))
})

test('all mistakes of circles and corridors are found', t => {
  t.deepEqual(sentences({ circle: { center: [181, -90.5], radiusM: 0 } }), [
    'center has the latitude -90.5, which must be from -90 to 90',
    'center has the longitude 181, which must be from -180 to 180',
    'radiusM is 0, which must be a number above 0'
  ])
  const path: [number, number][] = [
    [0, 0],
    [0, Number.NaN],
    [200, 5]
  ]
  t.deepEqual(sentences({ corridor: { path, widthM: Number.NaN } }), [
    'path, position 1 has the latitude NaN, which must be from -90 to 90',
    'path, position 2 has the longitude 200, which must be from -180 to 180',
    'widthM is NaN, which must be a number above 0'
  ])
  t.deepEqual(sentences({ corridor: { path: [[0, 0]], widthM: Number.POSITIVE_INFINITY } }), [
    'path has 1 positions, but must have at least 2',
    'widthM is Infinity, which must be a number above 0'
  ])
})

test('a corridor between opposite positions is refused, as no way between them is the shortest', t => {
  const path: [number, number][] = [
    [20, 40],
    [0, 0],
    [180, 0.01]
  ]
  t.deepEqual(sentences({ corridor: { path, widthM: 10 } }), [
    'path, position 2 is on the other side of the Earth from the one before: put one in between'
  ])
})

test('mistakes bear the name of their geofence, and the others work', t => {
  const { geofences, mistakes } = compileGeofences({
    harbour: { circle: { center: [0, 0], radiusM: -1 } },
    depot: { circle: { center: [0, 0], radiusM: 1 } },
    city: { geojson: polygon() }
  })
  t.deepEqual([...geofences.keys()], ['depot'])
  t.true(geofences.get('depot')?.contains(0, 0))
  t.deepEqual(
    mistakes.map(({ name }) => name),
    ['harbour', 'city']
  )
})

test('of very many mistakes of one geofence the last are only counted', t => {
  const ring = Array.from({ length: 500 }, (_, index) => [590_000 + index, 6_000_000])
  const found = about(polygon([...ring, [590_000, 6_000_000]]))
  t.is(found.length, 21)
  t.is(found.at(-1), 'has 982 more mistakes')
})
