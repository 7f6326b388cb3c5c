// How far two positions are apart. The Earth is taken for a sphere, as everywhere in this folder, which is off by 0.5 %
// at most.
// budget: parameters 4, two positions without an object for each

import { distance } from '@turf/distance'
import { convertLength } from '@turf/helpers'

/** Metres between a position and the one opposite to it. */
export const farthestM = convertLength(180, 'degrees', 'meters')

/** Metres along the great circle from A to B, which are given in degrees; NaN if one of the four is. */
export function distanceM(
  latitudeA: number,
  longitudeA: number,
  latitudeB: number,
  longitudeB: number
): number {
  const metres = distance([longitudeA, latitudeA], [longitudeB, latitudeB], { units: 'meters' })
  // Of two opposite positions the library takes, by a rounding error, the root of a number below zero.
  const isOpposite = Number.isNaN(metres) && Number.isFinite(latitudeA + longitudeA + latitudeB + longitudeB)
  return isOpposite ? farthestM : metres
}
