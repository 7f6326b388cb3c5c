// Where the partitions of a new assignment begin. A partition with a commit goes on there. One without begins at
// the first record at or after the stream's birth, the time from which it owes messages, which is right for a new
// stream, for members that start at the same time and for partitions that are added later alike. The smallest birth
// known wins: it travels in the metadata of every commit and between the members of the group.

import type {
  CommittedPosition,
  LogAdmin,
  PartitionRange,
  TopicRanges
} from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { rangeIn } from '../../../connectors/kafka/log/ranges.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { type CommitMetadata, decodeMetadata, type NumbersMark } from '../settlement/commit-metadata.ts'
import type { Run } from '../settlement/settled-set.ts'
import { partitionKey } from './partition.ts'

export interface OpeningRequest {
  readonly group: string
  readonly topics: readonly string[]
  readonly partitions: readonly TopicPartition[]
  /** The smallest birth known to the members of the group. */
  readonly birthMs: number
  /** The topic that is created once the stream has committed for the first time. */
  readonly deadLetters: string
  /** The topic that is owed from its beginning, whenever the stream was born. */
  readonly held: string
}

export interface OpenPosition {
  readonly origin: TopicPartition
  readonly next: number
  /** What is settled above it. */
  readonly settled: readonly Run[]
  readonly end: number
  readonly birthMs: number
  readonly owner: string | null
  /** From where it is to be read, so that steps know what came before the commit point; null: from there. */
  readonly readFrom: number | null
  /** Which numbers were given in it; null: none that is known of. */
  readonly numbers: NumbersMark | null
  /** Somebody has set its commit: what comes again is wanted again. */
  readonly isMoved: boolean
  /** It has no commit yet: its first position is to be committed before anything is read. */
  readonly isNew: boolean
}

export interface Opening {
  readonly positions: readonly OpenPosition[]
  /** Nobody leads them at the moment, so it is not known where they begin. */
  readonly leaderless: readonly TopicPartition[]
  readonly birthMs: number
  /** The number of partitions of each topic looked at. */
  readonly counts: ReadonlyMap<string, number>
}

/**
 * Reads the positions of `request.partitions`. Throws `position_lost` when Kafka no longer holds one of them, and
 * `commits_lost` when the stream has run before and Kafka has forgotten all its commits.
 */
export async function readOpening(admin: LogAdmin, request: OpeningRequest): Promise<Opening> {
  const committed = await readCommits(admin, request)
  const birthMs = smallestBirth(committed, request.birthMs)
  const byKey = new Map(committed.map(position => [partitionKey(position), position]))
  const positions: OpenPosition[] = []
  const leaderless: TopicPartition[] = []
  const counts = new Map<string, number>()
  for (const topic of new Set(request.partitions.map(origin => origin.topic))) {
    const found = await admin.rangesWithLeader(topic)
    counts.set(topic, found.partitions)
    const fromMs = topic === request.held ? 0 : birthMs
    const firsts = await firstOffsets(admin, { topic, found, birthMs: fromMs, committed })
    for (const origin of request.partitions) {
      if (origin.topic !== topic) continue
      if (found.leaderless.includes(origin.partition)) {
        leaderless.push(origin)
        continue
      }
      const range = rangeIn(found, origin)
      if (range === undefined) throw new FaultError('topic_missing', { path: partitionKey(origin) })
      const commit = byKey.get(partitionKey(origin))
      const next = commit?.next ?? null
      if (next !== null) checkHeld(origin, next, range)
      const position = next ?? Math.max(range.start, firsts[origin.partition] ?? range.start)
      const metadata: Partial<CommitMetadata> = (commit && metadataOf(commit)) ?? {}
      const { settled = [], owner = null, readFrom, numbers = null, isMoved = false } = metadata
      positions.push({
        ...{ origin, next: position, settled, end: range.end, birthMs, owner, isNew: next === null },
        readFrom: readFrom === undefined ? null : Math.min(position, Math.max(range.start, readFrom)),
        ...{ numbers, isMoved }
      })
    }
  }
  return { positions, leaderless, birthMs, counts }
}

/**
 * Never begin anew silently: a group that was deleted, or empty for longer than Kafka keeps offsets, would lose what
 * came meanwhile. Asked again after the topic was seen, because another member may just have committed for the first
 * time.
 */
async function readCommits(admin: LogAdmin, request: OpeningRequest): Promise<CommittedPosition[]> {
  const { group, topics, deadLetters, held } = request
  const isNone = (commits: readonly CommittedPosition[]) =>
    commits.every(({ topic, next }) => next === null || topic === held)
  const committed = await admin.committed(group, topics)
  if (!isNone(committed) || (await admin.topic(deadLetters)) === null) return committed
  const again = await admin.committed(group, topics)
  if (!isNone(again)) return again
  throw new FaultError('commits_lost', { path: group, detail: `there are none, but ${deadLetters} exists` })
}

/** The birth of the stream: the smallest that a commit or this member knows. Unix ms. */
export function smallestBirth(committed: readonly CommittedPosition[], known: number): number {
  let birthMs = known
  for (const position of committed) {
    const metadata = metadataOf(position)
    if (metadata !== null && metadata.birthMs < birthMs) birthMs = metadata.birthMs
  }
  return birthMs
}

/** What travelled with a commit; null where there is none, or none of ours. */
export function metadataOf({ next, metadata }: CommittedPosition): CommitMetadata | null {
  return next === null ? null : decodeMetadata(next, metadata)
}

interface FirstOffsetsRequest {
  readonly topic: string
  readonly found: TopicRanges
  readonly birthMs: number
  readonly committed: readonly CommittedPosition[]
}

/** The lookup by time, only where some partition of the topic has no commit. */
async function firstOffsets(admin: LogAdmin, request: FirstOffsetsRequest): Promise<readonly number[]> {
  const { topic, found, birthMs, committed } = request
  const commits = committed.filter(at => at.topic === topic && at.next !== null).length
  if (commits === found.partitions || birthMs === 0) return []
  return admin.offsetsAt(
    topic,
    birthMs,
    found.ranges.map(({ partition }) => partition)
  )
}

/** Never jump silently: a position that retention, or a deleted and created topic, took away is for a person. */
function checkHeld(origin: TopicPartition, next: number, range: PartitionRange): void {
  if (next >= range.start && next <= range.end) return
  const detail = `committed ${next}, Kafka holds ${range.start} to ${range.end}`
  throw new FaultError('position_lost', { path: partitionKey(origin), detail })
}
