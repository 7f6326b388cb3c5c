// What `sample` compares a message with: the one that passed last, its time and its place.

import { positionOf } from '../../../expression/position.ts'
import type { Fields } from '../../../expression/values.ts'
import { distanceM } from '../../../geo/distance.ts'

/** What is remembered of a message that passed: Unix seconds, degrees; null where it had none. */
export type Anchor = readonly [
  timestamp: number,
  latitude: number | null,
  longitude: number | null,
  direction: number | null
]

/** What is enough to pass; infinite where it is not asked for. */
export interface Bounds {
  readonly seconds: number
  readonly metres: number
  /** Metres count only after so many seconds. */
  readonly metresAfterSeconds: number
  readonly degrees: number
}

export function anchorOf(timestamp: number, fields: Fields): Anchor {
  const position = positionOf(fields)
  const direction = fields['position.direction']
  return [
    timestamp,
    position?.latitude ?? null,
    position?.longitude ?? null,
    typeof direction === 'number' ? direction : null
  ]
}

/** Unix seconds between them. */
export function secondsBetween([from]: Anchor, [to]: Anchor): number {
  return Math.abs(to - from)
}

/** Which of the bounds a message has reached; null where none. */
export function farBy(before: Anchor, now: Anchor, bounds: Bounds): 'time' | 'distance' | 'turn' | null {
  const seconds = secondsBetween(before, now)
  if (seconds >= bounds.seconds) return 'time'
  if (seconds >= bounds.metresAfterSeconds && hasMoved(before, now, bounds.metres)) return 'distance'
  return hasTurned(before, now, bounds.degrees) ? 'turn' : null
}

function hasMoved([, latitude, longitude]: Anchor, [, newLatitude, newLongitude]: Anchor, metres: number) {
  if (metres === Number.POSITIVE_INFINITY || newLatitude === null || newLongitude === null) return false
  // A first position is a change as well.
  if (latitude === null || longitude === null) return true
  return distanceM(latitude, longitude, newLatitude, newLongitude) >= metres
}

function hasTurned([, , , from]: Anchor, [, , , to]: Anchor, degrees: number): boolean {
  if (degrees === Number.POSITIVE_INFINITY || to === null) return false
  return from === null || angleBetween(from, to) >= degrees
}

/** The smaller angle between two directions, in degrees. */
function angleBetween(from: number, to: number): number {
  const angle = Math.abs(to - from) % 360
  return Math.min(angle, 360 - angle)
}
