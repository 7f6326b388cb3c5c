// What is at most so far from a center. Poles and the antimeridian are nothing special to it, as distances on a sphere
// know neither.

import type { CircleConfig } from '../../schemas/geofences.ts'
import { type Box, boxAround, holds } from './box.ts'
import { distanceM } from './distance.ts'
import { type Position, positionMistakes } from './position.ts'

export function circleMistakes({ center, radiusM }: CircleConfig): string[] {
  const isLength = radiusM > 0 && Number.isFinite(radiusM)
  const mistakes = isLength ? [] : [`radiusM is ${radiusM}, which must be a number above 0`]
  return [...positionMistakes(center, 'center'), ...mistakes]
}

export class Circle {
  readonly #center: Position
  readonly #radiusM: number
  readonly #box: Box

  /** For a configuration without mistakes. */
  constructor({ center, radiusM }: CircleConfig) {
    this.#center = center
    this.#radiusM = radiusM
    this.#box = boxAround([center, center], radiusM)
  }

  /** Whether the position, in degrees, is inside or on the edge. */
  contains(latitude: number, longitude: number): boolean {
    if (!holds(this.#box, latitude, longitude)) return false
    return distanceM(latitude, longitude, this.#center[1], this.#center[0]) <= this.#radiusM
  }
}
