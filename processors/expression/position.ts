// Where a message was measured, in degrees (WGS 84).

import type { Fields } from './values.ts'

export const latitudeName = 'position.latitude'
export const longitudeName = 'position.longitude'

export interface Position {
  readonly latitude: number
  readonly longitude: number
}

/** Whether it is on the earth. */
export function isPlace(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
}

/** Null where it has none, or one that is not on the earth. */
export function positionOf(fields: Fields): Position | null {
  const [latitude, longitude] = [fields[latitudeName], fields[longitudeName]]
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null
  return isPlace(latitude, longitude) ? { latitude, longitude } : null
}
