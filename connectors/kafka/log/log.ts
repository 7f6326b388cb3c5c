// The log port: what Tailrace needs of Kafka, in its own terms. Two adapters implement it: kafkajs/ for Apache
// Kafka and memory/ for faults that cannot be ordered otherwise; one contract suite runs against both. Offsets are
// numbers: an adapter refuses offsets above 2^53.

import type { FaultError } from '../../../schemas/errors.ts'
import type { TopicPartition } from './message.ts'
import type { Header, LogRecord, RecordChunk } from './record-chunk.ts'

export type { LogRecord } from './record-chunk.ts'

/** What the group told a member beside its partitions. */
export interface GroupStanding {
  /** The smallest birth that any member of the group knew when it joined, in Unix ms. */
  readonly birthMs: number
  /** The part of the group's partitions that this member has, from 0 to 1. */
  readonly share: number
}

/** The result of a join. Positions and pauses of `kept` partitions stay; `added` ones are paused until resumed. */
export interface Assignment extends GroupStanding {
  readonly added: readonly TopicPartition[]
  readonly kept: readonly TopicPartition[]
  /** Had before, not now. After a lost membership everything is lost, even what comes back as added. */
  readonly lost: readonly TopicPartition[]
}

/** What a consumer tells its stream. None of these may throw; only onRevoking may take time. */
export interface LogConsumerHandlers {
  onAssigned(assignment: Assignment): void
  /**
   * Awaited before every join after the first, and before the membership is given up, while it still holds: drain,
   * commit, return within `deadlineMs`. The other members wait meanwhile.
   */
  onRevoking(deadlineMs: number): Promise<void>
  /** One record batch. Must return quickly; back-pressure is pause(), after which one more fetch may still arrive. */
  onRecords(chunk: RecordChunk): void
  /** The position of a partition is outside of what Kafka holds. The partition is paused; nothing was skipped. */
  onPositionLost(partition: TopicPartition, position: number): void
  /**
   * Why nothing can be read: Kafka is away, or something a person must mend (credentials, a missing topic); or why some
   * partitions cannot (`kafka_no_leader`). The consumer goes on trying. It holds until onRecovered or the next onAssigned.
   */
  onFault(fault: FaultError): void
  /** That is over, and the assignment still holds. */
  onRecovered(): void
}

export interface CommitEntry extends TopicPartition {
  /** The next offset to read: one past the last settled. */
  readonly next: number
  /** At most 4,096 bytes. */
  readonly metadata: string
}

/** The member of one consumer group in this process. */
export interface LogConsumer {
  /** Joins the group; resolves once connected. Trouble with Kafka is retried for ever and reported by onFault. */
  start(handlers: LogConsumerHandlers): Promise<void>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** The next onRecords of this partition begins at `offset` or, where compaction left holes, after it. */
  seek(partition: TopicPartition, offset: number): void
  /** Resolves once Kafka has the commit. Rejects with `commit_refused` when the membership is over. */
  commit(entries: readonly CommitEntry[]): Promise<void>
  /** Gives the membership up, after onRevoking, and joins anew: for a consumer that is stuck. */
  rebuild(): void
  /** Leaves the group. Commit before: nothing can be committed afterwards. No handler is called after it began. */
  stop(): Promise<void>
}

export interface LogConsumerOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Told to the other members on joining; the smallest wins. Read anew for every join. */
  readonly birthMs: () => number
  /** Upper bound of one fetch response; two of every broker may be in memory at once. Read anew for every fetch. */
  readonly maxFetchBytes: () => number
  /** Told when the consumer of a member had to be built anew; it recovers by itself. */
  readonly onRebuilt?: () => void
}

/** A record to append. */
export interface AppendRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, string | Buffer>>
  /** Headers of another record, which stand behind those: in their order, also where a name comes twice. */
  readonly keptHeaders?: readonly Header[]
  /** Default: murmur2 of the key, as Kafka's own clients do it; without a key any partition. */
  readonly partition?: number
}

export interface LogProducer {
  /**
   * Appends with acks=all. Records of one partition keep their order. Waits a few ms to share requests with other
   * callers. Rejects with `kafka_unavailable` when not all are known to be stored; a part may be;
   * with `body_too_large`, and nothing stored, when the topic takes no record of this size. Where its limit may not be
   * asked (DescribeConfigs), or was lowered a moment ago, the other records may be stored all the same.
   */
  append(topic: string, records: readonly AppendRecord[]): Promise<void>
  /**
   * Appends records to one partition in one request that is not repeated, and resolves with the offset of the first; the
   * others follow without a gap. Rejects as append() does, and what it rejects with `kafka_unavailable` may be stored yet,
   * all or nothing. For who is the only one to write to the partition, one call after the other.
   */
  appendOnce(place: TopicPartition, records: readonly AppendRecord[]): Promise<number>
  /** Sends what waits, within `deadlineMs`, then closes. */
  close(deadlineMs: number): Promise<void>
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  /** Topic settings by Kafka's own names, such as `retention.ms`. */
  readonly settings: Readonly<Record<string, string>>
}

export interface PartitionRange {
  readonly partition: number
  /** The smallest offset that Kafka still holds. */
  readonly start: number
  /** The offset that the next record will get. */
  readonly end: number
}

/** A topic of which some partitions may have no leader at the moment: nothing can be read of them, nor written. */
export interface TopicRanges {
  /** How many partitions it has. */
  readonly partitions: number
  readonly ranges: readonly PartitionRange[]
  readonly leaderless: readonly number[]
}

export interface CommittedPosition extends TopicPartition {
  /** Null: the group has no commit for this partition. */
  readonly next: number | null
  readonly metadata: string
}

/** Somebody in a consumer group, as the operator of the brokers sees it. */
export interface GroupMember {
  readonly id: string
  readonly clientId: string
  readonly host: string
}

/** The records of one partition from `from` up to but without `to`. */
export interface ReadRange extends TopicPartition {
  readonly from: number
  readonly to: number
  /** Of one fetch, for who may not need all of the range; a single larger batch of records comes whole. */
  readonly maxFetchBytes?: number
}

/**
 * Administrative calls. All reject with `kafka_unreachable`, `kafka_unauthorized` or `topic_missing`, and those that need an
 * answer for a partition with `kafka_no_leader` where nobody leads it for a while.
 */
export interface LogAdmin {
  /** The topic as it is, or null when there is none. */
  topic(name: string): Promise<TopicSpec | null>
  createTopic(spec: TopicSpec): Promise<void>
  /** Gives the topic so many partitions; nothing is done where it has them. */
  raisePartitions(topic: string, partitions: number): Promise<void>
  brokers(): Promise<number>
  /** Of all partitions. */
  ranges(topic: string): Promise<PartitionRange[]>
  /** For who can go on with some of them: does not wait for those that nobody leads. */
  rangesWithLeader(topic: string): Promise<TopicRanges>
  /**
   * Per partition (the index) the first offset whose record is at or after `timeMs`; the end where there is none. Of
   * `partitions` at least; default: of all.
   */
  offsetsAt(topic: string, timeMs: number, partitions?: readonly number[]): Promise<number[]>
  committed(group: string, topics: readonly string[]): Promise<CommittedPosition[]>
  /** Who is in the group now; none where there is no such group. */
  members(group: string): Promise<GroupMember[]>
  /** Commits positions for a group in which nobody is. Rejects with `group_busy` when somebody is. */
  moveOffsets(group: string, entries: readonly CommitEntry[]): Promise<void>
  /**
   * Reads without a group, in order, one fetch at a time; ends early where the partition does. Rejects also with
   * `position_lost` when Kafka does not hold the next offset, and with `records_corrupt`.
   */
  read(range: ReadRange): AsyncIterable<LogRecord>
  close(): Promise<void>
}

/** Opens the parts of a log. Producer and admin are shared by a process; a consumer belongs to one stream. */
export interface Log {
  consumer(options: LogConsumerOptions): LogConsumer
  producer(): LogProducer
  admin(): LogAdmin
}
