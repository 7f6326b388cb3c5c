// The states of a stream and of a partition, each with its reason, as an operator sees them.
//
//   starting -> opening -> running <-> waiting      a failed attempt: until when, which attempt, what failed
//                             |  ^---> halted       a person must act; it tries again by itself, slowly
//                             v
//                          draining -> stopped
//
// paused: the configuration says so; it is a member of its group, and messages stay in Kafka.
//
// A stream's state is derived from its own phase, what troubles it as a whole, its target or all destinations of it,
// and from its partitions that are opening: the gravest wins. A partition waits when some of its devices do.

import { type ErrorCode, errors } from '../../../schemas/errors.ts'

export type StateKind =
  | 'starting'
  | 'opening'
  | 'running'
  | 'paused'
  | 'waiting'
  | 'halted'
  | 'draining'
  | 'stopped'
export const stateKinds: readonly StateKind[] = [
  'starting',
  'opening',
  'running',
  'paused',
  'waiting',
  'halted',
  'draining',
  'stopped'
]

/** Why it waits or is halted. */
export interface Trouble {
  readonly code: ErrorCode
  readonly detail: string
  /** When it is tried again, in Unix ms; null when nothing is tried by itself. */
  readonly untilMs: number | null
  /** How many attempts have failed in a row. */
  readonly attempt: number
}

export type PartitionState =
  | { readonly kind: 'opening' | 'running' }
  | { readonly kind: 'waiting' | 'halted'; readonly trouble: Trouble }

export interface StreamState {
  readonly kind: StateKind
  readonly sinceMs: number
  readonly trouble?: Trouble
}

/** A trouble as people read it. */
export interface TroubleReport {
  readonly code: ErrorCode
  readonly sentence: string
  readonly detail: string
  readonly hint?: string
  readonly attempt: number
  readonly nextAttempt: string | null
}

export function reportTrouble(trouble: Trouble): TroubleReport {
  const { sentence, hint } = errors[trouble.code]
  return {
    code: trouble.code,
    sentence,
    detail: trouble.detail,
    ...(hint === undefined ? {} : { hint }),
    attempt: trouble.attempt,
    nextAttempt: trouble.untilMs === null ? null : new Date(trouble.untilMs).toISOString()
  }
}

/** The state of a stream that is neither starting nor stopping, from the states of its partitions. */
export function gravest(states: Iterable<PartitionState>): PartitionState {
  const order = ['running', 'opening', 'waiting', 'halted']
  let worst: PartitionState = { kind: 'running' }
  for (const state of states) if (order.indexOf(state.kind) > order.indexOf(worst.kind)) worst = state
  return worst
}
