// How many replicas a stream has use for, as far as this process can tell: what it adds to a sum over all processes. More
// processes help where this one has as much in flight as it may and is behind; they do not where the target, Kafka or a person
// is the reason for that. The reasoning stands in 20261130-replicas-that-are-of-use.md.

import type { Partition } from '../assignment/partition.ts'
import type { LoadReport } from '../dispatch/pace/load.ts'
import type { StateKind } from './state.ts'

/** What is younger waits for its turn, and for nothing else. */
const keepsUpMs = 10_000
/** Of what may be in flight: as much is as good as all. */
const full = 0.8
/** A stream that was kept from delivering for more than this part of the time is not one that lacks processes. */
const oftenTroubled = 0.1

export interface StreamLoad extends LoadReport {
  /** Fewer batches may be in flight than the configuration allows, since more were found to be of no use. */
  readonly isTargetFull: boolean
}

export interface Usefulness {
  readonly nowMs: number
  /** What the stream does as far as none of its partitions has halted. */
  readonly rest: StateKind
  /** The part of the last minute in which something kept the stream from delivering. */
  readonly troubled: number
  readonly load: StreamLoad
  readonly partitions: readonly Partition[]
}

/** At most the partitions here that have lag, so that the sum is at most the partitions with lag. */
export function usefulReplicas({ nowMs, rest, troubled, load, partitions: all }: Usefulness): number {
  const partitions = all.filter(({ state }) => state.kind !== 'halted')
  if (!isOnItsOwn(rest) || load.limited >= full) return 0
  const lagging = partitions.filter(({ lag }) => lag > 0).length
  const isBehind = nowMs - backlogSinceMs(partitions) >= keepsUpMs
  if (!isBehind) return Math.min(lagging, load.used / full, 1)
  const doesTargetKeepUp = !load.isTargetFull && load.silentMs < keepsUpMs && troubled < oftenTroubled
  return Math.min(lagging, doesTargetKeepUp && load.busy >= full ? 2 : 1)
}

/** Nothing and nobody keeps it from delivering. */
function isOnItsOwn(kind: StateKind): boolean {
  return kind === 'running' || kind === 'opening' || kind === 'starting'
}

/**
 * When Kafka got the oldest message that could be sent if only there was room; infinite where none waits for that. What
 * waits because its device or destination was refused is none of them.
 */
function backlogSinceMs(partitions: readonly Partition[]): number {
  let sinceMs = Number.POSITIVE_INFINITY
  for (const { lanes, unread, isBehind } of partitions) {
    sinceMs = Math.min(sinceMs, unread.head?.timestampMs ?? sinceMs)
    for (const { oldest, state } of lanes) {
      // What is in flight waits for nothing; where Kafka has more, that is nearly as old.
      const waits = state === 'ready' || (state === 'inFlight' && isBehind)
      if (waits && oldest !== null) sinceMs = Math.min(sinceMs, oldest.timestampMs)
    }
  }
  return sinceMs
}
