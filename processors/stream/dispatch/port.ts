// What the dispatcher is told by the configuration, and what it needs of its stream.

import type { Target } from '../../../connectors/connector.ts'
import type { RateLimitConfig } from '../../../schemas/stream.ts'
import type { Partition } from '../assignment/partition.ts'
import type { Held } from '../held/held.ts'
import type { Receipts } from '../receipts/receipts.ts'
import type { Sequences } from '../sequence/sequences.ts'
import type { End } from '../settlement/accounts.ts'
import type { Pending } from './lane.ts'
import type { Rejected } from './outcome/aftermath.ts'

export interface DispatchOptions {
  /** Batches in flight over all destinations. */
  readonly concurrency: number
  /** Finds by itself how many batches in flight each destination takes best. */
  readonly adaptiveConcurrency: boolean
  readonly rateLimit: RateLimitConfig
  readonly attemptTimeoutMs: number
  /** A batch holds one message of a lane at most. */
  readonly onePerDevice: boolean
  /** Age since Kafka got it at which a message is not sent any more; null: any age is sent. */
  readonly ttlMs: number | null
}

/** What the dispatcher needs of its stream. */
export interface DispatchPort {
  readonly target: Target
  /** What gives messages their numbers; null: they get none. */
  readonly sequences: Sequences | null
  /** The part of the group's partitions that this process has, from 0 to 1. */
  share(): number
  /** Offers some more of what was fetched; false when there is nothing. */
  take(): boolean
  /** Messages ended; relieved() is called for their partitions, too. */
  ended(end: End, messages: number): void
  relieved(partition: Partition): void
  /** The target will never take this message. */
  rejected(rejected: Rejected): void
  /** `last` was confirmed, with so many messages of its device; null where nobody wants to know. */
  readonly delivered: ((last: Pending, messages: number, answer: string) => void) | null
  /** Who writes receipts, and settles what is delivered then; null: nobody does. */
  readonly receipts: Pick<Receipts, 'put'> | null
  /** A message ended because it was too old to be sent. */
  expired(message: Pending): void
  /** Does a device that is refused wait, rather than each of its messages being rejected? */
  readonly holdsDevices: boolean
  /** Where devices wait that are refused, lack what the steps need, or are in the way of others. */
  readonly held: Pick<Held, 'hold' | 'mayHold' | 'lack'>
  /** Something waits from now on, and may be in the way of others. */
  waits(): void
  /** What the stream's state depends on has changed. */
  changed(): void
}
