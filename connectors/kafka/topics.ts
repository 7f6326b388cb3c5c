// Makes sure that a topic is there before anything reads or writes it. A missing one is created; one that is there is
// compared with what is wanted and never changed, since people may have had their reasons.

import type { ChannelConfig } from '../../schemas/config.ts'
import { FaultError } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { DeadLettersConfig, HeldConfig } from '../../schemas/stream.ts'
import type { LogAdmin, TopicSpec } from './log/log.ts'

/** A topic as the configuration wants it. */
export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  /** Default: 3, or the number of brokers if that is smaller. */
  readonly replication?: number | undefined
  /** Null: it is compacted, and keeps the newest record of each key. */
  readonly retentionHours: number | null
  /** Of a compacted one: it is compacted often, so that little has to be read. */
  readonly isShort?: true
  /** Nothing but its age may take a record out of it, whatever the brokers do by default. */
  readonly isKept?: true
  /** The largest batch that Kafka takes when the topic is created now; default: Kafka's own. */
  readonly maxMessageBytes?: number | undefined
}

/** The topic of a channel. */
export function wantedTopic({ topic, partitions, replication, retentionHours }: ChannelConfig): WantedTopic {
  return { name: topic, partitions, replication, retentionHours }
}

/** The topic of a stream's dead letters. */
export function wantedDeadLetterTopic({ topic, partitions, retentionHours }: DeadLettersConfig): WantedTopic {
  return { name: topic, partitions, retentionHours }
}

/** The topic in which devices of a stream wait: kept longer than anything may wait. */
export function wantedHeldTopic({ topic, maxHours }: HeldConfig, partitions: number): WantedTopic {
  return { name: topic, partitions, retentionHours: 2 * maxHours }
}

/** A topic that keeps the newest record of each key. */
export function wantedCompactedTopic(name: string, partitions: number): WantedTopic {
  return { name, partitions, retentionHours: null }
}

/** The topic of a stream's numbers: whoever opens a partition reads what lies in it. */
export function wantedSequenceTopic({ topic }: { readonly topic: string }, partitions: number): WantedTopic {
  return { ...wantedCompactedTopic(topic, partitions), isShort: true }
}

/** The topic of a stream's receipts. */
export function wantedReceiptsTopic(
  { topic, retentionHours }: { readonly topic: string; readonly retentionHours: number },
  partitions: number
): WantedTopic {
  return { name: topic, partitions, retentionHours, isKept: true }
}

/** What a topic must take that holds what may stand in `origins`; undefined where nothing says so. */
export function largestOf(origins: readonly (TopicSpec | null)[]): number | undefined {
  const limits = origins.map(spec => Number(spec?.settings['max.message.bytes'] ?? 0))
  // Twice: facts come on top, and the original may have been compressed.
  return 2 * Math.max(0, ...limits) || undefined
}

/** Makes sure of a compacted topic with a partition for each of the topics that it is beside. Rejects as ensureTopic. */
export async function ensureCompacted(
  admin: LogAdmin,
  { topic: name, beside }: { readonly topic: string; readonly beside: readonly string[] },
  log: LogEvent
): Promise<void> {
  const specs = await Promise.all(beside.map(topic => admin.topic(topic)))
  const partitions = Math.max(1, ...specs.map(spec => spec?.partitions ?? 1))
  const found = await ensureTopic(admin, wantedCompactedTopic(name, partitions), log)
  if (found.partitions < partitions) await admin.raisePartitions(name, partitions)
}

/** The replicas of a topic that is created now. */
export function replicationOf({ replication }: WantedTopic, brokers: number): number {
  return replication ?? Math.min(3, brokers)
}

/** One point in which a topic is not as wanted. */
export interface Difference {
  readonly setting: string
  readonly expected: string
  readonly found: string
}

/**
 * Creates the topic if it is missing, and resolves with the topic as it is once every partition has a leader. Several
 * processes may do this at once. Rejects with the faults of LogAdmin.
 */
export async function ensureTopic(admin: LogAdmin, wanted: WantedTopic, log: LogEvent): Promise<TopicSpec> {
  const present = await admin.topic(wanted.name)
  if (present !== null) {
    for (const difference of differences(wanted, present)) {
      log('topic_differs', { topic: wanted.name, ...difference })
    }
    return present
  }
  const replication = replicationOf(wanted, await admin.brokers())
  const { name, partitions, maxMessageBytes } = wanted
  const settings = {
    ...settingsOf(wanted),
    ...(maxMessageBytes !== undefined && { 'max.message.bytes': String(maxMessageBytes) })
  }
  await admin.createTopic({ name, partitions, replication, settings })
  const created = await admin.topic(name)
  if (created === null) throw new FaultError('topic_missing', { path: name })
  log('topic_created', { topic: name, partitions: created.partitions, replication: created.replication })
  return created
}

/** In what a topic is not as wanted; replication only if the configuration names it, and never the largest batch. */
export function differences(wanted: WantedTopic, found: TopicSpec): Difference[] {
  const expected = {
    partitions: String(wanted.partitions),
    ...(wanted.replication !== undefined && { replication: String(wanted.replication) }),
    ...settingsOf(wanted)
  }
  const actual: Readonly<Record<string, string>> = {
    ...found.settings,
    partitions: String(found.partitions),
    replication: String(found.replication)
  }
  return Object.entries(expected)
    .map(([setting, value]) => ({ setting, expected: value, found: actual[setting] ?? 'unknown' }))
    .filter(difference => difference.expected !== difference.found)
}

const appendTime = { 'message.timestamp.type': 'LogAppendTime' }

/** An hour's segment is compacted once it is closed, so that what has to be read stays short. */
const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '3600000' }

/** Closed after ten minutes or 32 MiB, and compacted once a tenth of it is new. */
const short = {
  ...{ 'segment.ms': '600000', 'segment.bytes': '33554432' },
  ...{ 'min.cleanable.dirty.ratio': '0.1', 'delete.retention.ms': '600000' }
}

const kept = { 'cleanup.policy': 'delete', 'retention.bytes': '-1' }

/** LogAppendTime: a stream's start and its messages' age are told by when Kafka got a message, not by its producer. */
function settingsOf({ retentionHours, isShort, isKept }: WantedTopic): Record<string, string> {
  if (retentionHours === null) return { ...appendTime, ...compacted, ...(isShort && short) }
  const retention = { 'retention.ms': String(retentionHours * 3_600_000) }
  return { ...appendTime, ...retention, ...(isKept && kept) }
}
