// What happens in one run of a property: the stream's settings, what the target answers, and what is done to the members
// of the group, one step after the other. A plan is plain data, so that a failing one shrinks and can be read.

import type { Scope } from '../../../../connectors/connector.ts'
import type { Order } from '../../../../processors/stream/dispatch/lanes.ts'
import type { FaultPoint } from '../../../../processors/stream/held/fault-points.ts'
import type { OutcomeKind } from '../../../../schemas/errors.ts'

export interface Settings {
  readonly partitions: number
  readonly order: Order
  readonly concurrency: number
  /** Does it find out how many batches in flight are best? */
  readonly isAdaptive: boolean
  readonly maxMessages: number
  readonly maxBytes: number
  readonly batchesInFlight: number
  readonly destinations: number
  /** Does a device that is refused wait in the held topic, or is each of its messages set aside? */
  readonly holds: boolean
  /** Does the target say which message it refuses, or refuse the batch as a whole? */
  readonly tells: 'each' | 'whole'
  readonly ttlMs: number | null
  readonly maxAttempts: number | null
  readonly maxSpan: number
  readonly windowBytes: number
  /** Do messages get numbers? They are JSON objects then. */
  readonly numbers: boolean
  /** Are receipts written? */
  readonly receipts: boolean
  /** Does a batch hold one message of a device at most? */
  readonly onePerDevice: boolean
  /** How long the target takes once its answers are used up. */
  readonly latencyMs: number
  /** How often the target cannot be opened at first. */
  readonly openFailures: number
  /** For the back-off's jitter. */
  readonly seed: number
}

/** What a target says of a batch or of a message. */
export interface Told {
  readonly kind: OutcomeKind
  readonly scope?: Scope
  readonly retryAfterMs?: number
}

/**
 * What comes of one attempt. `natural`: each message as its nature is; `whole` and `each`: what is told, the latter in
 * turn; `hang`: no answer before the deadline. Of what is unknown, the first `arrived` messages of the batch arrive.
 */
export interface Answer {
  readonly kind: 'natural' | 'whole' | 'each' | 'hang'
  readonly latencyMs: number
  readonly arrived?: number
  readonly told?: readonly Told[]
  /** Does it settle at once when it is told to? */
  readonly heedsSignal: boolean
}

/**
 * What a message is: `rejected` is refused always, with `deadly` the target loses the connection, `empty` has no value, `text`
 * can carry no number.
 */
export type Nature = 'plain' | 'rejected' | 'deadly' | 'empty' | 'text'

export interface Sent {
  readonly device: number
  readonly nature: Nature
  readonly bytes: number
}

/** Members are numbered among those that run. */
export type Deed =
  | { readonly do: 'send'; readonly messages: readonly Sent[] }
  | { readonly do: 'start' }
  | { readonly do: 'stop' | 'kill'; readonly member: number }
  | { readonly do: 'stall'; readonly member: number; readonly forMs: number }
  | { readonly do: 'rejoin' | 'expire' | 'raise' }
  /** Kafka takes nothing for so long, and the group joins anew meanwhile, as when a broker dies. */
  | { readonly do: 'shut'; readonly forMs: number; readonly rejoinMs: number }
  /** The topic of the numbers is compacted; a person sends the dead letters again. */
  | { readonly do: 'compact' | 'resend' }
  | { readonly do: 'failCommits' | 'failAppends'; readonly count: number; readonly when: 'before' | 'after' }
  | { readonly do: 'failAdminCalls'; readonly count: number }
  | { readonly do: 'refuse' | 'accept'; readonly device: number }
  | { readonly do: 'dieAt'; readonly member: number; readonly point: FaultPoint; readonly count: number }

export type Step = Deed & { readonly afterMs: number }

export interface Plan {
  readonly settings: Settings
  /** Of the attempts of all members, in turn; natural when they are used up. */
  readonly answers: readonly Answer[]
  readonly steps: readonly Step[]
}
