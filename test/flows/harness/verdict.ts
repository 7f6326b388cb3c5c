// What became of every message that was sent: lost, altered, out of order, or delivered more often than it is in
// Kafka; and how many repeats the faults of the case can excuse. A sender that repeats a request may store a message
// twice; both copies are then owed, so a repeat by the sender is none of ours.

import type { Commit, Copies, Place } from './cluster.ts'
import type { Ledger } from './ledger.ts'

/** A moment at which something died: how much had arrived, and what Kafka knew of it. */
export interface Fault {
  /** The ledger's count at that moment. */
  readonly arrivals: number
  /** By partition. */
  readonly committed: readonly Commit[]
  /** The partitions that what died could hold; null: any. */
  readonly partitions: ReadonlySet<number> | null
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
  readonly altered: number
  readonly outOfOrder: number
  readonly duplicates: number
  /** The duplicates that are excused: what had arrived beyond the last commit at a fault, or got no clear answer. */
  readonly bound: number
  /** The duplicates of messages whose own excuses do not suffice. */
  readonly unexplained: number
  /** The first messages that are late, and some that are lost or unexplained. */
  readonly examples: readonly string[]
}

const maxExamples = 20
/** Of one partition: what happened there mostly has one reason, and that of the others is wanted, too. */
const maxExamplesOfPartition = 3

export function judge({ sent, owedFrom, ledger, copies, faults }: Evidence): Verdict {
  const { outOfOrder, altered } = ledger
  const counts = { sent: 0, lost: 0, duplicates: 0, bound: 0, unexplained: 0 }
  const examples = new Examples()
  for (const [device, count] of sent) {
    for (let seq = 0; seq < count; seq++) {
      const places = copies.get(device)?.[seq] ?? []
      const times = ledger.times(device, seq)
      const isOwed = seq >= (owedFrom.get(device) ?? 0)
      let excused = ledger.doubts(device, seq)
      for (const fault of faults)
        excused += beyondCommit(fault, places, ledger.times(device, seq, fault.arrivals))
      const duplicates = Math.max(0, times - places.length)
      const unexplained = Math.max(0, duplicates - excused)
      if (isOwed) counts.sent++
      if (isOwed && times === 0) counts.lost++
      counts.duplicates += duplicates
      counts.bound += excused
      counts.unexplained += unexplained
      const isOdd = unexplained > 0 || (isOwed && times === 0)
      if (isOdd)
        examples.add(places, `${device}/${seq} arrived ${times} times, lies at ${JSON.stringify(places)}`)
    }
  }
  return { ...counts, altered, outOfOrder, examples: [...ledger.late, ...examples.texts] }
}

class Examples {
  readonly texts: string[] = []
  readonly #ofPartitions = new Map<number, number>()

  add([place]: readonly Place[], text: string): void {
    const partition = place?.partition ?? -1
    const known = this.#ofPartitions.get(partition) ?? 0
    if (known === maxExamplesOfPartition || this.texts.length === maxExamples) return
    this.#ofPartitions.set(partition, known + 1)
    this.texts.push(text)
  }
}

/** How many copies of one message, where the fault could strike, had arrived although the commit does not cover them. */
function beyondCommit({ committed, partitions }: Fault, all: readonly Place[], arrived: number): number {
  const places = all.filter(({ partition }) => partitions?.has(partition) ?? true)
  const covered = places.filter(place => isCovered(place, committed[place.partition])).length
  return Math.min(places.length - covered, Math.max(0, arrived - covered))
}

/** Below the commit, or in the set of what is settled above it. */
function isCovered({ offset }: Place, commit: Commit | undefined): boolean {
  if (commit === undefined) return false
  return offset < commit.next || commit.settled.some(({ from, to }) => offset >= from && offset < to)
}
