// Reads the rings of a polygon out of GeoJSON and says all that is wrong with them. Nothing is mended: a shape that is
// not what its author meant must not decide about messages.

import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { geometryOf, type Ring, type Rings } from './polygons.ts'
import { type Position, positionMistakes, sentence, within } from './position.ts'

/** What GeoJSON holds, as far as it is right, and all that is wrong with it. */
export interface Reading {
  readonly polygons: Rings[]
  readonly mistakes: string[]
}

/** Reads the `coordinates` of a Polygon. */
export function readPolygon(coordinates: unknown, where: string, { polygons, mistakes }: Reading): void {
  if (!Array.isArray(coordinates) || coordinates.length === 0) {
    mistakes.push(sentence(where, 'has no rings'))
    return
  }
  const before = mistakes.length
  const rings = coordinates.map((ring, index) => readRing(ring, within(where, `ring ${index}`), mistakes))
  if (mistakes.length === before) mistakes.push(...holeMistakes(rings, where))
  if (mistakes.length === before) polygons.push(rings)
}

function readRing(ring: unknown, where: string, mistakes: string[]): Ring {
  if (!Array.isArray(ring)) {
    mistakes.push(sentence(where, 'is not a list of positions'))
    return []
  }
  const before = mistakes.length
  const positions = ring.flatMap((entry, index) =>
    readPosition(entry, within(where, `position ${index}`), mistakes)
  )
  if (ring.length < 4)
    mistakes.push(sentence(where, `has ${ring.length} positions, but must have at least 4`))
  if (positions.length < ring.length) return positions
  mistakes.push(...closingMistakes(positions, where))
  if (mistakes.length === before) mistakes.push(...courseMistakes(positions, where))
  return positions
}

/** The position without its height; none where there is no position. */
function readPosition(entry: unknown, where: string, mistakes: string[]): Position[] {
  const numbers: unknown[] = Array.isArray(entry) ? entry : []
  const [longitude, latitude] = numbers
  if (typeof longitude !== 'number' || typeof latitude !== 'number') {
    mistakes.push(sentence(where, 'is not [longitude, latitude], two numbers'))
    return []
  }
  const position: Position = [longitude, latitude]
  mistakes.push(...positionMistakes(position, where))
  return [position]
}

function closingMistakes(ring: Ring, where: string): string[] {
  const [first, last] = [ring[0], ring.at(-1)]
  if (first === undefined || last === undefined) return []
  const isClosed = first[0] === last[0] && first[1] === last[1]
  return isClosed ? [] : [sentence(where, 'is not closed: its last position must be the same as its first')]
}

/** What is wrong with the way that a ring of good positions takes. */
function courseMistakes(ring: Ring, where: string): string[] {
  const different = new Set(ring.map(String)).size
  if (different < 3)
    return [sentence(where, `has ${different} different positions, but must have at least 3`)]
  return ring.flatMap(([longitude], index) => {
    const before = ring[index - 1]?.[0] ?? longitude
    // From -180 to 180 along the whole of a parallel there is no other way to mean.
    if (Math.abs(longitude - before) <= 180 || Math.abs(longitude - before) === 360) return []
    const course = `goes from the longitude ${before} to ${longitude}`
    const advice = 'split the polygon there (RFC 7946, 3.1.9), or put a position in between'
    return [
      sentence(within(where, `position ${index}`), `${course}, which is over the antimeridian: ${advice}`)
    ]
  })
}

/** A hole that shares no position with the polygon: two polygons in one, or the rings in the wrong order. */
function holeMistakes([outer, ...holes]: Rings, where: string): string[] {
  if (outer === undefined) return []
  const around = geometryOf([outer])
  return holes.flatMap((hole, index) => {
    if (hole.some(position => booleanPointInPolygon([...position], around))) return []
    const there = within(where, `ring ${index + 1}`)
    return [sentence(there, 'is a hole, as all but the first, but outside of ring 0')]
  })
}
