import test from 'ava'
import type { CorridorConfig } from '../../../schemas/geofences.ts'
import { fence } from './fence.ts'

const corridor = (path: CorridorConfig['path'], widthM: number) => fence({ corridor: { path, widthM } })

/** Degrees of latitude in a metre. */
const metre = 1 / 111_195

test('a corridor is half of its width to each side', t => {
  const road = corridor(
    [
      [10, 0],
      [11, 0]
    ],
    200
  )
  for (const side of [-1, 1]) {
    t.true(road.contains(side * 99 * metre, 10.5))
    t.false(road.contains(side * 101 * metre, 10.5))
  }
})

test('the ends of a corridor are round', t => {
  const road = corridor(
    [
      [10, 0],
      [11, 0]
    ],
    200
  )
  t.true(road.contains(0, 11 + 99 * metre))
  t.false(road.contains(0, 11 + 101 * metre))
  t.true(road.contains(-60 * metre, 10 - 60 * metre))
  t.false(road.contains(-90 * metre, 10 - 90 * metre))
})

test('a bend is round outside, and what is between its arms is outside', t => {
  const road = corridor(
    [
      [10, 0],
      [11, 0],
      [11, 1]
    ],
    2_000
  )
  t.true(road.contains(0.5, 11))
  t.true(road.contains(-600 * metre, 11 + 600 * metre))
  t.false(road.contains(-900 * metre, 11 + 900 * metre))
  t.true(road.contains(900 * metre, 11 - 900 * metre))
  t.false(road.contains(0.5, 10.5))
})

test('a line that stands still, or comes back, is as wide as any', t => {
  const road = corridor(
    [
      [10, 50],
      [10, 50],
      [10.1, 50],
      [10, 50]
    ],
    100
  )
  t.true(road.contains(50 + 49 * metre, 10))
  t.true(road.contains(50, 10.05))
  t.false(road.contains(50 + 51 * metre, 10))
  const stop = corridor(
    [
      [10, 50],
      [10, 50]
    ],
    100
  )
  t.true(stop.contains(50 - 49 * metre, 10))
  t.false(stop.contains(50 - 51 * metre, 10))
})

test('between far positions a corridor follows the great circle, beyond the latitudes of both', t => {
  const flight = corridor(
    [
      [0, 60],
      [90, 60]
    ],
    20_000
  )
  // The highest latitude of that great circle: atan(tan(60) / cos(45)).
  t.true(flight.contains(67.79, 45))
  t.false(flight.contains(60, 45))
})

test('a corridor over the antimeridian does not go round the Earth', t => {
  const route = corridor(
    [
      [179, 10],
      [-179, 10],
      [179.5, 11]
    ],
    5_000
  )
  for (const longitude of [179.1, 180, -180, -179.1]) t.true(route.contains(10, longitude))
  for (const longitude of [178.9, -178.9, 0, 90]) t.false(route.contains(10, longitude))
})

test('a corridor over a pole joins two meridians', t => {
  const route = corridor(
    [
      [10, 88],
      [-170, 88]
    ],
    1_000
  )
  t.true(route.contains(90, 123))
  t.true(route.contains(89, 10))
  t.true(route.contains(89, -170))
  t.false(route.contains(89, 100))
  t.false(route.contains(87.9, 10))
})

test('a corridor past a pole is found on the far side of it', t => {
  const route = corridor(
    [
      [0, -89.9],
      [90, -89.9]
    ],
    40_000
  )
  t.true(route.contains(-89.95, -135))
  t.true(route.contains(-90, 0))
  t.false(route.contains(-89.7, -135))
})
