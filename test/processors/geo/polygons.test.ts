import test from 'ava'
import { fence, polygon, rectangle } from './fence.ts'

const area = (geojson: object | string) => fence({ geojson })

test('a polygon has an inside and an outside', t => {
  const depot = area(polygon(rectangle(10, 50, 11, 51)))
  t.true(depot.contains(50.5, 10.5))
  t.true(depot.contains(50.000001, 10.000001))
  t.false(depot.contains(49.999999, 10.5))
  t.false(depot.contains(50.5, 11.000001))
  t.false(depot.contains(10.5, 50.5))
})

test('edges and corners are inside', t => {
  const depot = area(polygon(rectangle(10, 50, 11, 51)))
  for (const [latitude, longitude] of [
    [50, 10],
    [51, 11],
    [50, 10.3],
    [50.7, 11]
  ] as const)
    t.true(depot.contains(latitude, longitude))
})

test('what is in the box of a polygon may be outside of it', t => {
  const triangle = area(
    polygon([
      [0, 0],
      [10, 0],
      [0, 10],
      [0, 0]
    ])
  )
  t.true(triangle.contains(4.999, 5))
  t.true(triangle.contains(5, 5))
  t.false(triangle.contains(5.001, 5))
})

test('the edges of a polygon are straight on the map', t => {
  const country = area(polygon(rectangle(0, 50, 90, 60)))
  t.true(country.contains(59.999, 45))
  t.false(country.contains(60.001, 45))
})

test('a hole is outside, its edge is not, and what is in a part of its own is inside', t => {
  const yard = rectangle(10.4, 50.4, 10.6, 50.6)
  const depot = area(polygon(rectangle(10, 50, 11, 51), yard, rectangle(10.8, 50.8, 10.9, 50.9)))
  t.false(depot.contains(50.5, 10.5))
  t.false(depot.contains(50.85, 10.85))
  t.true(depot.contains(50.4, 10.5))
  t.true(depot.contains(50.7, 10.7))
  const island = [rectangle(10.45, 50.45, 10.55, 50.55)]
  const both = { type: 'MultiPolygon', coordinates: [[rectangle(10, 50, 11, 51), yard], island] }
  t.true(area(both).contains(50.5, 10.5))
  t.false(area(both).contains(50.42, 10.5))
})

test('a multipolygon has all of its parts and nothing between them', t => {
  const coordinates = [[rectangle(0, 0, 1, 1)], [rectangle(5, 5, 6, 6)], [rectangle(5.5, 5.5, 7, 7)]]
  const depots = area({ type: 'MultiPolygon', coordinates })
  t.true(depots.contains(0.5, 0.5))
  t.true(depots.contains(5.2, 5.2))
  t.true(depots.contains(5.7, 5.7)) // where two overlap
  t.false(depots.contains(3, 3))
})

test('a polygon that is split at the antimeridian has both halves', t => {
  const coordinates = [[rectangle(177, -20, 180, -15)], [rectangle(-180, -20, -178, -15)]]
  const fiji = area({ type: 'MultiPolygon', coordinates })
  for (const longitude of [178, 180, -180, -179]) t.true(fiji.contains(-17, longitude))
  for (const longitude of [176.9, -177.9, 0]) t.false(fiji.contains(-17, longitude))
})

test('a polygon around a pole takes all longitudes', t => {
  const antarctica = area(polygon(rectangle(-180, -90, 180, -60)))
  t.true(antarctica.contains(-90, 0))
  t.true(antarctica.contains(-61, 180))
  t.true(antarctica.contains(-61, -180))
  t.false(antarctica.contains(-59, 100))
})

test('a feature and a collection of features are the polygons in them', t => {
  const feature = (geometry: object) => ({ type: 'Feature', properties: { name: 'x' }, geometry })
  const one = feature(polygon(rectangle(0, 0, 1, 1)))
  const two = feature({ type: 'MultiPolygon', coordinates: [[rectangle(5, 5, 6, 6)]] })
  t.true(area(one).contains(0.5, 0.5))
  const both = area({ type: 'FeatureCollection', features: [one, two] })
  t.true(both.contains(0.5, 0.5))
  t.true(both.contains(5.5, 5.5))
  t.false(both.contains(2, 2))
})

test('JSON text is as good as a mapping, with a byte order mark too', t => {
  const text = JSON.stringify(polygon(rectangle(0, 0, 1, 1)), null, 2)
  for (const written of [text, `\uFEFF${text}\r\n`]) {
    t.true(area(written).contains(0.5, 0.5))
    t.false(area(written).contains(1.5, 0.5))
  }
})

test('heights and bounding boxes in GeoJSON do not matter', t => {
  const ring = rectangle(0, 0, 1, 1).map(position => [...position, 120])
  const depot = area({ ...polygon(ring), bbox: [50, 50, 51, 51] })
  t.true(depot.contains(0.5, 0.5))
  t.false(depot.contains(50.5, 50.5))
})

test('what is no position is in no polygon', t => {
  const all = area(polygon(rectangle(-180, -90, 180, 90)))
  t.true(all.contains(0, 0))
  t.false(all.contains(Number.NaN, 0))
  t.false(all.contains(0, Number.NaN))
  t.false(all.contains(0, 181))
})
