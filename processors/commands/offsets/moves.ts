// What moving a stream would mean, partition by partition. Counts are offsets: where a topic has holes, at most so many
// messages.

import type { CommitEntry, LogAdmin } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { encodeMetadata } from '../../stream/settlement/commit-metadata.ts'
import type { Destination } from './destination.ts'
import type { Position, Standing } from './positions.ts'

export interface Move extends TopicPartition, Pick<Position, 'numbers'> {
  readonly from: number
  readonly to: number
  readonly repeated: number
  readonly skipped: number
  /** What retention has deleted before it was settled: no move brings it back. */
  readonly lost: number
}

/** The moves of all partitions that the destination names. Throws `usage` for a place that there is not. */
export async function planMoves(
  admin: LogAdmin,
  positions: readonly Position[],
  to: Destination
): Promise<Move[]> {
  if (to.kind === 'places') return planPlaces(positions, to.offsets)
  if (to.kind !== 'time')
    return positions.map(position => moveOf(position, to.kind === 'latest' ? position.end : position.start))
  const topics = [...new Set(positions.map(({ topic }) => topic))]
  const offsets = new Map(
    await Promise.all(topics.map(async topic => [topic, await admin.offsetsAt(topic, to.timeMs)] as const))
  )
  return positions.map(position =>
    moveOf(
      position,
      Math.max(position.start, offsets.get(position.topic)?.[position.partition] ?? position.end)
    )
  )
}

function planPlaces(positions: readonly Position[], offsets: ReadonlyMap<string, number>): Move[] {
  return [...offsets].map(([place, offset]) => {
    const position = positions.find(({ topic, partition }) => `${topic}/${partition}` === place)
    if (position === undefined)
      throw new FaultError('usage', { detail: `the stream reads no partition ${place}` })
    const { start, end } = position
    if (offset < start || offset > end)
      throw new FaultError('usage', { detail: `${place} holds ${start} to ${end}, not ${offset}` })
    return moveOf(position, offset)
  })
}

function moveOf({ topic, partition, start, end, next, numbers }: Position, to: number): Move {
  const held = Math.min(end, Math.max(start, next))
  return {
    topic,
    partition,
    from: next,
    to,
    numbers,
    repeated: Math.max(0, held - to),
    skipped: Math.max(0, to - held),
    lost: Math.max(0, start - next)
  }
}

/** Carries them out. Rejects with `group_busy` when the stream runs somewhere. */
export async function carryOut(
  admin: LogAdmin,
  { group, birthMs, moves }: { group: string; moves: readonly Move[] } & Pick<Standing, 'birthMs'>
): Promise<void> {
  // What was settled above the old position says nothing about the new one. Which numbers were given stays true.
  const entries: CommitEntry[] = moves.map(({ topic, partition, to, numbers }) => ({
    topic,
    partition,
    next: to,
    metadata: encodeMetadata(to, {
      birthMs,
      settled: [],
      isMoved: true,
      ...(numbers !== null && { numbers })
    })
  }))
  await admin.moveOffsets(group, entries)
}
