// A stream as /status shows it: what it does and why, where every partition stands, and its books.

import type { Partition } from '../assignment/partition.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Held } from '../held/held.ts'
import { ReleasedMessage } from '../held/release/released-message.ts'
import type { WaitingDevice } from '../held/waiting-device.ts'
import type { Accounts, End } from '../settlement/accounts.ts'
import type { SilentDevices } from '../silence/silence.ts'
import { type FirstOwed, firstsOwed } from './owed.ts'
import {
  type HeldStatus,
  heldStatus,
  type LastDeadLetter,
  type LastDeadLetterReport,
  lastDeadLetterReport
} from './reasons.ts'
import type { StreamState, TroubleReport } from './state.ts'
import { reportTrouble } from './state.ts'
import { type Usefulness, usefulReplicas } from './useful.ts'

export interface PartitionStatus {
  readonly topic: string
  readonly partition: number
  readonly state: string
  readonly trouble?: TroubleReport
  /** The commit point, the next offset to read, and the end of the partition; null while opening. */
  readonly settledTo: number | null
  readonly readTo: number | null
  readonly end: number
  readonly lag: number
  readonly pending: number
  readonly pendingBytes: number
  /** Devices that wait because an attempt failed. */
  readonly waitingDevices: number
}

/** Batches in flight, and as many as may be. */
export interface Concurrency {
  readonly inFlight: number
  readonly limit: number
}

/** The devices that are silent, those silent longest by name; `heard` is null of one that never was. */
export interface SilentStatus {
  readonly devices: number
  readonly longest: readonly { readonly device: string; readonly heard: string | null }[]
}

/** Devices that a status names. */
const named = 100

export interface StreamStatus {
  readonly name: string
  readonly state: string
  readonly since: string
  readonly trouble?: TroubleReport
  /** How often it halted since it was started. */
  readonly halts: number
  /** The first record that is owed, of each partition; null where it has never run. */
  readonly firstsOwed: readonly FirstOwed[] | null
  /** Messages not settled, and those that are held. */
  readonly lag: number
  /** Unix ms of the oldest message fetched and not settled, or since which the oldest is held; null when there is none. */
  readonly oldestMs: number | null
  /** The same without what is held. */
  readonly oldestUnheldMs: number | null
  readonly pending: number
  readonly pendingBytes: number
  /** What waits in the held topic: devices, and their messages. */
  readonly held: HeldStatus
  /** Left out where there was none since the stream was started. */
  readonly lastDeadLetter?: LastDeadLetterReport
  /** Left out where nobody asks. */
  readonly silent?: SilentStatus
  readonly concurrency: Concurrency
  /** Destinations that take nothing, and are tried with one attempt at a time. */
  readonly destinationsDown: number
  /** What this process adds to the number of replicas that the stream has use for. */
  readonly usefulReplicas: number
  /** How often its partitions were dealt since it was started, and how long it held the others up the last time. */
  readonly rebalances: number
  readonly lastGateSeconds: number | null
  readonly accounts: Readonly<Record<End | 'read', number>>
  readonly partitions: readonly PartitionStatus[]
}

export interface StatusInput extends Pick<StreamStatus, Told>, Usefulness {
  readonly name: string
  readonly state: StreamState
  readonly accounts: Accounts
  /** Who waits in the held topic. */
  readonly held: Pick<Held, 'devices' | 'firstsWaiting'>
  /** Null: nobody asks. */
  readonly silent?: SilentDevices | null
  /** Null: there was none. */
  readonly lastDeadLetter?: LastDeadLetter | null
}

/** What is shown as it is. */
type Told = 'halts' | 'concurrency' | 'destinationsDown' | 'rebalances' | 'lastGateSeconds'

/** Of a stream that has never run. */
export const neverRun: Omit<StatusInput, 'name' | 'state' | 'accounts'> = {
  rest: 'halted',
  partitions: [],
  held: { devices: [], firstsWaiting: [] },
  nowMs: 0,
  troubled: 0,
  load: { busy: 0, used: 0, limited: 0, silentMs: 0, isTargetFull: false },
  halts: 0,
  concurrency: { inFlight: 0, limit: 0 },
  destinationsDown: 0,
  rebalances: 0,
  lastGateSeconds: null
}

export function statusOf({
  name,
  state,
  rest,
  accounts,
  partitions,
  held,
  silent = null,
  nowMs,
  troubled,
  load,
  lastDeadLetter = null,
  ...told
}: StatusInput): StreamStatus {
  const { devices } = held
  const heldNow = heldStatus(devices)
  const sum = (of: (partition: Partition) => number) => partitions.reduce((total, one) => total + of(one), 0)
  return {
    name,
    state: state.kind,
    since: new Date(state.sinceMs).toISOString(),
    ...(state.trouble === undefined ? {} : { trouble: reportTrouble(state.trouble) }),
    lag: sum(partition => partition.lag) + heldNow.messages,
    firstsOwed: firstsOwed(partitions, held),
    ...oldest(partitions, devices),
    pending: sum(partition => partition.pending),
    pendingBytes: sum(partition => partition.bytes),
    held: heldNow,
    ...(lastDeadLetter !== null && { lastDeadLetter: lastDeadLetterReport(lastDeadLetter) }),
    ...(silent !== null && { silent: silentStatus(silent) }),
    ...told,
    usefulReplicas: usefulReplicas({ nowMs, rest, troubled, load, partitions }),
    accounts: { read: accounts.read, ...accounts.ended },
    partitions: partitions.map(partitionStatus)
  }
}

function oldest(partitions: readonly Partition[], held: readonly WaitingDevice[]) {
  const unheld = oldestOf(partitions, message => !(message instanceof ReleasedMessage))
  const all = Math.min(
    oldestOf(partitions, () => true),
    ...held.map(({ sinceMs }) => sinceMs)
  )
  const orNull = (ms: number) => (Number.isFinite(ms) ? ms : null)
  return { oldestMs: orNull(all), oldestUnheldMs: orNull(unheld) }
}

/** Of the messages that count; infinite where there is none. */
function oldestOf(partitions: readonly Partition[], counts: (message: Pending) => boolean): number {
  let oldestMs = Number.POSITIVE_INFINITY
  for (const { lanes, unread } of partitions) {
    oldestMs = Math.min(oldestMs, unread.head?.timestampMs ?? oldestMs)
    for (const { oldest } of lanes)
      if (oldest !== null && oldest.timestampMs < oldestMs && counts(oldest)) oldestMs = oldest.timestampMs
  }
  return oldestMs
}

function silentStatus(silent: SilentDevices): SilentStatus {
  const longest = [...silent].sort(([, a], [, b]) => (a ?? 0) - (b ?? 0)).slice(0, named)
  return {
    devices: silent.size,
    longest: longest.map(([device, ms]) => ({
      device,
      heard: ms === null ? null : new Date(ms).toISOString()
    }))
  }
}

function partitionStatus(partition: Partition): PartitionStatus {
  const { origin, state, tracker } = partition
  return {
    ...origin,
    state: state.kind,
    ...('trouble' in state ? { trouble: reportTrouble(state.trouble) } : {}),
    settledTo: tracker?.base ?? null,
    readTo: tracker?.next ?? null,
    end: partition.end,
    lag: partition.lag,
    pending: partition.pending,
    pendingBytes: partition.bytes,
    waitingDevices: partition.waitingLanes
  }
}
