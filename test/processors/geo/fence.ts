// One geofence to ask, and what is wrong with one.
// budget: parameters 4, the edges of a rectangle

import { compileGeofences, type Geofence } from '../../../processors/geo/geofence.ts'
import type { GeofenceConfig } from '../../../schemas/geofences.ts'

/** The geofence of a shape without mistakes. */
export function fence(shape: GeofenceConfig): Geofence {
  const { geofences, mistakes } = compileGeofences({ depot: shape })
  const geofence = geofences.get('depot')
  if (geofence === undefined) throw new Error(JSON.stringify(mistakes))
  return geofence
}

/** The sentences about a shape. */
export function sentences(shape: GeofenceConfig): string[] {
  return compileGeofences({ depot: shape }).mistakes.map(({ sentence }) => sentence)
}

/** The ring of a rectangle, closed, in degrees; counterclockwise. */
export function rectangle(west: number, south: number, east: number, north: number): number[][] {
  const corners = [
    [west, south],
    [east, south],
    [east, north],
    [west, north]
  ]
  return [...corners, [west, south]]
}

export const polygon = (...coordinates: number[][][]) => ({ type: 'Polygon', coordinates })
