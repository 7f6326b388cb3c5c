// When a message was measured, for the steps that compare it with others.

import { type Fields, nameOf } from '../expression/values.ts'
import { type Origin, Refusal } from './step.ts'

/** Unix seconds. */
export function timestampOf({ timestamp }: Fields): number | Refusal {
  if (typeof timestamp === 'number') return timestamp
  if (timestamp === undefined) return new Refusal('timestamp', 'the message has none; it is needed here')
  return new Refusal('timestamp', `it must be a number of Unix seconds, found ${nameOf(timestamp)}`)
}

/** So much may a device's clock be ahead of Kafka's. */
const aheadSeconds = 3_600

/**
 * Whether the clock of the device is wrong: what it said would hide what comes after it. Told by when Kafka got the message,
 * so that it is the same whenever it is asked.
 */
export function isAhead({ timestampMs }: Origin, timestamp: number): boolean {
  return timestamp > timestampMs / 1000 + aheadSeconds
}
