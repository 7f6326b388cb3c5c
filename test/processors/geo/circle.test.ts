import test from 'ava'
import type { CircleConfig } from '../../../schemas/geofences.ts'
import { fence } from './fence.ts'

const circle = (center: CircleConfig['center'], radiusM: number) => fence({ circle: { center, radiusM } })

/** Degrees of latitude in a metre. */
const metre = 1 / 111_195

test('a circle ends at its radius', t => {
  const depot = circle([24.7536, 59.437], 250)
  t.is(depot.name, 'depot')
  t.true(depot.contains(59.437, 24.7536))
  t.true(depot.contains(59.437 + 249 * metre, 24.7536))
  t.false(depot.contains(59.437 + 251 * metre, 24.7536))
  t.false(depot.contains(24.7536, 59.437))
})

test('the corner of the box around a circle is outside of it', t => {
  const depot = circle([10, 0], 1_000)
  t.true(depot.contains(700 * metre, 10 + 700 * metre))
  t.false(depot.contains(990 * metre, 10 + 990 * metre))
})

test('a circle at a high latitude is as wide in metres as anywhere', t => {
  const station = circle([15, 80], 10_000)
  const widening = 1 / Math.cos((80 * Math.PI) / 180)
  for (const side of [-1, 1]) {
    t.true(station.contains(80, 15 + side * 9_990 * metre * widening))
    t.false(station.contains(80, 15 + side * 10_010 * metre * widening))
  }
})

test('a circle over the antimeridian has both of its sides', t => {
  for (const longitude of [180, -180, 179.95, -179.95] as const) {
    const island = circle([longitude, -17], 20_000)
    for (const inside of [179.99, 180, -180, -179.99]) t.true(island.contains(-17, inside))
    for (const outside of [179.5, -179.5, 0]) t.false(island.contains(-17, outside))
  }
})

test('a circle around a pole has every longitude', t => {
  const pole = circle([100, 89.99], 50_000)
  for (let longitude = -180; longitude <= 180; longitude += 15) {
    t.true(pole.contains(89.6, longitude))
    t.false(pole.contains(89.5, longitude))
    t.false(pole.contains(-89.6, longitude))
  }
  t.true(circle([0, -90], 1).contains(-90, 77))
})

test('a circle may be larger than half of the Earth', t => {
  const most = circle([0, 0], 19_000_000)
  t.true(most.contains(0, 170))
  t.true(most.contains(-80, -100))
  t.false(most.contains(0, 179))
  t.true(circle([12, 34], 21_000_000).contains(-34, -168))
})

test('what is no position is in no circle', t => {
  const all = circle([0, 0], 30_000_000)
  t.true(all.contains(90, 180))
  for (const [latitude, longitude] of [
    [Number.NaN, 0],
    [0, Number.NaN],
    [90.1, 0],
    [-91, 0],
    [0, 180.1],
    [0, -361],
    [Number.POSITIVE_INFINITY, 0]
  ] as const)
    t.false(all.contains(latitude, longitude))
  t.false(circle([180, 0], 1_000).contains(0, 180.001))
  t.false(circle([180, 0], 1_000).contains(0, -180.001))
  t.false(circle([180, 0], 1_000).contains(0, Number.NaN))
})
