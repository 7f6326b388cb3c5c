// When and where a message was measured, for the steps that compare it with others.

import { type Fields, nameOf } from '../expression/values.ts'
import { Refusal } from './step.ts'

export interface Position {
  readonly latitude: number
  readonly longitude: number
}

/** Unix seconds. */
export function timestampOf({ timestamp }: Fields): number | Refusal {
  if (typeof timestamp === 'number') return timestamp
  if (timestamp === undefined) return new Refusal('timestamp', 'the message has none; it is needed here')
  return new Refusal('timestamp', `it must be a number of Unix seconds, found ${nameOf(timestamp)}`)
}

/** Null where it has none, or one that is not on the earth. */
export function positionOf(fields: Fields): Position | null {
  const latitude = fields['position.latitude']
  const longitude = fields['position.longitude']
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null
}
