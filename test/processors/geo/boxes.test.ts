// Shapes and positions by chance, many of them near the poles and the antimeridian: a geofence with its boxes answers
// what the library alone does.

import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { lineString, multiPolygon } from '@turf/helpers'
import { pointToLineDistance } from '@turf/point-to-line-distance'
import test, { type ExecutionContext } from 'ava'
import { distanceM } from '../../../processors/geo/distance.ts'
import type { Geofence } from '../../../processors/geo/geofence.ts'
import { type Random, seeded } from '../../seeded.ts'
import { fence } from './fence.ts'

type Place = [longitude: number, latitude: number]

const between = (random: Random, low: number, high: number) => low + random() * (high - low)
const pick = <T>(random: Random, list: readonly T[], fallback: T) =>
  list[Math.floor(random() * list.length)] ?? fallback

/** Anywhere, or where maps end. */
function somewhere(random: Random): Place {
  const longitude = pick(random, [180, -180, 179.999, between(random, -180, 180)], 0)
  const latitude = pick(random, [90, -90, 89.99, -89.9, 75, 0, between(random, -90, 90)], 0)
  return [longitude, latitude]
}

/** A position at most so many degrees away, along each axis of the map. */
function near(random: Random, [longitude, latitude]: Place, degrees: number): Place {
  const east = longitude + between(random, -degrees, degrees)
  const north = latitude + between(random, -degrees, degrees)
  const wrapped = east > 180 || east < -180 ? east - 360 * Math.round(east / 360) : east
  return [wrapped, Math.max(-90, Math.min(90, north))]
}

/** Metres from a few to a quarter of the Earth, small and large alike often. */
const someLengthM = (random: Random) => 10 ** between(random, 0, 7)

interface Comparison {
  readonly geofence: Geofence
  readonly anchors: readonly Place[]
  readonly spreadDegrees: number
  alone(place: Place): boolean
}

/** Asks both of positions around the shape and far from it; how many of them are inside. */
function compare(t: ExecutionContext, random: Random, comparison: Comparison): number {
  const { geofence, anchors, spreadDegrees, alone } = comparison
  let inside = 0
  for (let round = 0; round < 60; round++) {
    const anchor = pick<Place>(random, anchors, [0, 0])
    const spread = spreadDegrees * 10 ** between(random, -1, 0.5)
    const place = round % 10 === 0 ? somewhere(random) : near(random, anchor, spread)
    const expected = alone(place)
    if (expected) inside++
    if (geofence.contains(place[1], place[0]) !== expected)
      t.fail(`${JSON.stringify(anchors)} and ${place}: not ${expected}`)
  }
  return inside
}

test('a circle with its box answers as the distance alone', t => {
  const random = seeded(11)
  let inside = 0
  for (let shape = 0; shape < 1_500; shape++) {
    const [center, radiusM] = [somewhere(random), someLengthM(random)]
    inside += compare(t, random, {
      geofence: fence({ circle: { center, radiusM } }),
      anchors: [center],
      spreadDegrees: (2 * radiusM) / 111_195,
      alone: place => distanceM(place[1], place[0], center[1], center[0]) <= radiusM
    })
  }
  t.true(inside > 10_000 && inside < 80_000, String(inside))
})

test('a corridor with its boxes answers as the distance from the whole line alone', t => {
  const random = seeded(12)
  let inside = 0
  for (let shape = 0; shape < 800; shape++) {
    const spreadDegrees = 10 ** between(random, -3, 1.7)
    const path = [somewhere(random)]
    for (let left = between(random, 1, 6); left > 0; left--)
      path.push(near(random, path.at(-1) ?? [0, 0], spreadDegrees))
    const widthM = spreadDegrees * 111_195 * 10 ** between(random, -1, 0.3)
    inside += compare(t, random, {
      geofence: fence({ corridor: { path, widthM } }),
      anchors: path,
      spreadDegrees,
      alone: place => pointToLineDistance(place, lineString(path), { units: 'meters' }) <= widthM / 2
    })
  }
  t.true(inside > 5_000 && inside < 43_000, String(inside))
})

test('polygons with their boxes answer as the library alone', t => {
  const random = seeded(13)
  let inside = 0
  for (let shape = 0; shape < 800; shape++) {
    const spreadDegrees = 10 ** between(random, -3, 1.7)
    const centers = Array.from({ length: 1 + Math.floor(random() * 3) }, () => somewhere(random))
    const coordinates = centers.map(center => [star(random, center, spreadDegrees)])
    inside += compare(t, random, {
      geofence: fence({ geojson: { type: 'MultiPolygon', coordinates } }),
      anchors: centers,
      spreadDegrees,
      alone: place => booleanPointInPolygon(place, multiPolygon(coordinates))
    })
  }
  t.true(inside > 5_000 && inside < 43_000, String(inside))
})

/** A closed ring of corners by chance, cut off at the ends of the map. */
function star(random: Random, [longitude, latitude]: Place, degrees: number): Place[] {
  const corners = Array.from({ length: 4 + Math.floor(random() * 9) }, (_, index): Place => {
    const east = longitude + Math.cos(index) * degrees * between(random, 0.2, 1)
    const north = latitude + Math.sin(index) * degrees * between(random, 0.2, 1)
    return [Math.max(-180, Math.min(180, east)), Math.max(-90, Math.min(90, north))]
  })
  const [first = [0, 0]] = corners
  return [...corners, first]
}
