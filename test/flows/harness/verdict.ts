// What became of every message that was sent: lost, out of order, or delivered more often than it is in Kafka; and
// how many repeats the faults of the case can excuse. A sender that repeats a request may store a message twice;
// both copies are then owed, so a repeat by the sender is none of ours.

import type { Copies, Place } from './cluster.ts'
import type { Arrivals, Ledger } from './ledger.ts'

/** A moment at which something died: what had arrived, and what Kafka knew of it. */
export interface Fault {
  readonly arrived: Arrivals
  /** By partition. */
  readonly committed: readonly number[]
}

export interface Evidence {
  /** How many messages each device has sent. */
  readonly sent: ReadonlyMap<string, number>
  /** From which number on the messages of a device are owed; 0 where it has no entry. */
  readonly owedFrom: ReadonlyMap<string, number>
  readonly ledger: Ledger
  readonly copies: Copies
  readonly faults: readonly Fault[]
}

export interface Verdict {
  readonly sent: number
  readonly lost: number
  readonly outOfOrder: number
  readonly duplicates: number
  /** The duplicates that the faults excuse: what had arrived beyond the last commit. */
  readonly bound: number
}

export function judge({ sent, owedFrom, ledger, copies, faults }: Evidence): Verdict {
  let total = 0
  let lost = 0
  let duplicates = 0
  let bound = 0
  for (const [device, count] of sent) {
    for (let seq = 0; seq < count; seq++) {
      const places = copies.get(device)?.[seq] ?? []
      const times = ledger.times(device, seq)
      const isOwed = seq >= (owedFrom.get(device) ?? 0)
      if (isOwed) total++
      if (isOwed && times === 0) lost++
      duplicates += Math.max(0, times - places.length)
      for (const fault of faults) bound += beyondCommit(fault, places, fault.arrived.get(device)?.[seq] ?? 0)
    }
  }
  return { sent: total, lost, outOfOrder: ledger.outOfOrder, duplicates, bound }
}

/** How many copies of one message had arrived although the commit does not cover them. */
function beyondCommit({ committed }: Fault, places: readonly Place[], arrived: number): number {
  const covered = places.filter(({ partition, offset }) => offset < (committed[partition] ?? 0)).length
  return Math.min(places.length - covered, Math.max(0, arrived - covered))
}
