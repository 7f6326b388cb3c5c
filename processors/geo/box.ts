// Bounding boxes in degrees, the cheap question before the exact one. A box may be larger than what it is around, never
// smaller; that boxes change no answer is what the tests compare.

import { degreesToRadians, lengthToDegrees, lineString } from '@turf/helpers'
import { pointToLineDistance } from '@turf/point-to-line-distance'
import type { Position } from './position.ts'

/** Edges in degrees. West above east: the box lies across the antimeridian (RFC 7946, 5.2). */
export interface Box {
  readonly south: number
  readonly west: number
  readonly north: number
  readonly east: number
}

/** More than the library's rounding errors, which near the poles reach 1e-8 radians: 11 cm. */
const slackDegrees = 1e-6

/** Whether the position, in degrees, is in the box; never for NaN and for what is not on the Earth. */
export function holds(box: Box, latitude: number, longitude: number): boolean {
  if (!(latitude >= box.south && latitude <= box.north)) return false
  if (box.west <= box.east) return longitude >= box.west && longitude <= box.east
  return (longitude >= box.west && longitude <= 180) || (longitude <= box.east && longitude >= -180)
}

/** The box around positions and the straight lines on the map between them. Empty for none. */
export function boxOf(positions: Iterable<Position>): Box {
  let [south, west, north, east] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [longitude, latitude] of positions) {
    south = Math.min(south, latitude)
    north = Math.max(north, latitude)
    west = Math.min(west, longitude)
    east = Math.max(east, longitude)
  }
  return { south, west, north, east }
}

/** The box around all that is at most `marginM` metres from a path of two positions or more along great circles. */
export function boxAround(path: readonly Position[], marginM: number): Box {
  const margin = lengthToDegrees(marginM, 'meters') + slackDegrees
  const reached = boxOf(path)
  // Between its positions a great circle comes closer to a pole than they are.
  const north = Math.max(reached.north, 90 - degreesFrom([0, 90], path)) + margin
  const south = Math.min(reached.south, degreesFrom([0, -90], path) - 90) - margin
  const { west, east } = longitudesOf(path)
  const highest = Math.max(north, -south)
  // Up to the highest latitude a degree of longitude is at least so many degrees long.
  const shrunk = Math.cos(degreesToRadians(highest))
  const widening = margin / shrunk
  const latitudes = { south: Math.max(south, -90), north: Math.min(north, 90) }
  if (highest >= 90 || east - west + 2 * widening >= 360) return { ...latitudes, west: -180, east: 180 }
  return { ...latitudes, west: wrapped(west - widening), east: wrapped(east + widening) }
}

/** Degrees from a pole to the nearest point of the path. */
function degreesFrom(pole: Position, path: readonly Position[]): number {
  const line = lineString(path.map(position => [...position]))
  return pointToLineDistance([...pole], line, { units: 'degrees' })
}

/** How far west and east the path goes, counted on from its first longitude beyond -180 and 180. */
function longitudesOf(path: readonly Position[]): { west: number; east: number } {
  let at = path[0]?.[0] ?? 0
  let [west, east] = [at, at]
  for (const [longitude] of path.slice(1)) {
    at += wrapped(longitude - at)
    west = Math.min(west, at)
    east = Math.max(east, at)
  }
  return { west, east }
}

/** The same longitude from -180 to 180, in degrees. */
function wrapped(longitude: number): number {
  if (longitude >= -180 && longitude <= 180) return longitude
  return longitude - 360 * Math.floor((longitude + 180) / 360)
}
