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

import type { Trouble } from '../../../connectors/trouble.ts'

export { reportTrouble, type Trouble, type TroubleReport } from '../../../connectors/trouble.ts'

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

export type PartitionState =
  | { readonly kind: 'opening' | 'running' }
  | { readonly kind: 'waiting' | 'halted'; readonly trouble: Trouble }

export interface StreamState {
  readonly kind: StateKind
  readonly sinceMs: number
  readonly trouble?: Trouble
}

/** The state of a stream that is neither starting nor stopping, from the states of its partitions. */
export function gravest(states: Iterable<PartitionState>): PartitionState {
  const order = ['running', 'opening', 'waiting', 'halted']
  let worst: PartitionState = { kind: 'running' }
  for (const state of states) if (order.indexOf(state.kind) > order.indexOf(worst.kind)) worst = state
  return worst
}
