// What a connection of a subscriber hands on.

import type { BudgetShare } from '../../byte-budget.ts'
import type { Publish } from './publish.ts'

/** A message as it came; to be settled. */
export interface Delivery extends Publish {
  /** Bytes of the whole packet, where it was too large and only its beginning was taken. */
  readonly cutFrom: number | null
  readonly share: BudgetShare
}

/** What the broker said to CONNECT and SUBSCRIBE. */
export interface Opened {
  /** It had kept the session of this client. */
  readonly isResumed: boolean
  /** How long it keeps the session, where it says so instead of the client (MQTT 5). */
  readonly sessionExpirySeconds: number | null
  /** The answer to each filter: the granted QoS, or 0x80 and more. */
  readonly granted: readonly number[]
}
