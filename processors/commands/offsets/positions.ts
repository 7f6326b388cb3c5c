// Where a stream stands in every partition, by what it has committed and what Kafka holds.

import type { CommittedPosition, LogAdmin, PartitionRange } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { metadataOf, smallestBirth } from '../../stream/assignment/opening.ts'
import type { NumbersMark } from '../../stream/settlement/commit-metadata.ts'

export interface Position extends TopicPartition {
  /** The smallest offset that Kafka still holds, and the one that the next record will get. */
  readonly start: number
  readonly end: number
  /** Null: it has not committed anything here. */
  readonly committed: number | null
  /** Offsets above the commit that are settled: they are not sent again. */
  readonly settledAhead: number
  /** Where it would go on: the commit, or without one the first record at or after its birth. */
  readonly next: number
  /** Which numbers were given in it; null: none that is known of. */
  readonly numbers: NumbersMark | null
}

export interface Standing {
  readonly positions: readonly Position[]
  /** From when on the stream owes messages, in Unix ms: it travels with every commit. */
  readonly birthMs: number
}

/** `newBirthMs` is the birth of the stream if it has not committed anything yet. */
export async function readStanding(
  admin: LogAdmin,
  { group, topics, newBirthMs }: { group: string; topics: readonly string[]; newBirthMs: number }
): Promise<Standing> {
  const committed = await admin.committed(group, topics)
  const birthMs = smallestBirth(committed, newBirthMs)
  const positions = await Promise.all(
    topics.map(async topic => {
      const [ranges, births] = await Promise.all([admin.ranges(topic), admin.offsetsAt(topic, birthMs)])
      return ranges.map(range => positionOf(topic, range, { committed, births }))
    })
  )
  return { positions: positions.flat(), birthMs }
}

function positionOf(
  topic: string,
  { partition, start, end }: PartitionRange,
  { committed, births }: { committed: readonly CommittedPosition[]; births: readonly number[] }
): Position {
  const found = committed.find(one => one.topic === topic && one.partition === partition)
  const next = found?.next ?? null
  return {
    topic,
    partition,
    start,
    end,
    committed: next,
    settledAhead: found === undefined ? 0 : settledAhead(found),
    next: next ?? Math.max(start, births[partition] ?? start),
    numbers: (found && metadataOf(found)?.numbers) ?? null
  }
}

function settledAhead(commit: CommittedPosition): number {
  let offsets = 0
  for (const { from, to } of metadataOf(commit)?.settled ?? []) offsets += to - from
  return offsets
}

/** Offsets that it has not settled and Kafka still holds. */
export function lagOf({ start, end, next, settledAhead }: Position): number {
  return Math.max(0, end - Math.max(start, next) - settledAhead)
}

/** Offsets that it has not settled and Kafka has deleted: it halts here (`position_lost`) until it is moved. */
export function lostOf({ start, end, next }: Position): number {
  return next > end ? next - end : Math.max(0, start - next)
}
