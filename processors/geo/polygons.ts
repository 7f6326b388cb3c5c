// What is in one of several polygons, holes left out. As GeoJSON has it (RFC 7946, 3.1.1) the edges are straight on
// the map, in degrees, and not great circles; they belong to the inside, those of holes too.

import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { type Box, boxOf, holds } from './box.ts'
import type { Position } from './position.ts'

/** Closed: the last position is the first. */
export type Ring = readonly Position[]

/** The outer ring, then the holes. */
export type Rings = readonly Ring[]

type Geometry = Parameters<typeof booleanPointInPolygon>[1]

interface Part {
  readonly box: Box
  readonly geometry: Geometry
}

/** A polygon as the library takes it. */
export const geometryOf = (rings: Rings): Geometry => ({
  type: 'Polygon',
  coordinates: rings.map(ring => ring.map(position => [...position]))
})

export class Polygons {
  readonly #box: Box
  readonly #parts: readonly Part[]

  /** For rings without mistakes. */
  constructor(polygons: readonly Rings[]) {
    this.#box = boxOf(polygons.flat(2))
    this.#parts = polygons.map(rings => ({ box: boxOf(rings.flat()), geometry: geometryOf(rings) }))
  }

  /** Whether the position, in degrees, is inside or on an edge. */
  contains(latitude: number, longitude: number): boolean {
    if (!holds(this.#box, latitude, longitude)) return false
    return this.#parts.some(
      ({ box, geometry }) =>
        holds(box, latitude, longitude) && booleanPointInPolygon([longitude, latitude], geometry)
    )
  }
}
