// Finds out from Kafka when each device of a stream was heard: from what the stream keeps in its state topic, and from
// what lies in its channels behind that.

import type { CommittedPosition, LogAdmin, PartitionRange } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import { partitionKey } from '../../stream/assignment/partition.ts'
import { decodeMetadata } from '../../stream/settlement/commit-metadata.ts'
import { decodeState, sinceIn } from '../../stream/steps/state-record.ts'
import type { StreamView } from '../shared/stream.ts'

/** What is known of the devices of one partition. */
export interface HeardPartition {
  readonly origin: TopicPartition
  /** Since when it is known of all devices when they were heard, in Unix ms; null: not at all. */
  readonly sinceMs: number | null
  /** By device, in Unix ms; 0 where it was heard at some time before that. */
  readonly heard: ReadonlyMap<string, number>
}

/** Of which stream. */
export interface HeardStream extends Pick<StreamView, 'admin' | 'topics'> {
  readonly config: Pick<StreamConfig, 'group' | 'state'>
}

/** All partitions of the stream's channels. */
export async function readHeard(stream: HeardStream): Promise<HeardPartition[]> {
  const { admin, config, topics } = stream
  const kept = await rangesOf(admin, config.state.topic)
  const commits = await admin.committed(config.group, topics)
  const found: HeardPartition[] = []
  for (const topic of topics)
    for (const range of await admin.ranges(topic)) {
      const origin = { topic, partition: range.partition }
      const commit = commits.find(one => partitionKey(one) === partitionKey(origin))
      const state = { topic: config.state.topic, range: kept.find(one => one.partition === range.partition) }
      found.push(await readPartition(admin, origin, { range, commit, state }))
    }
  return found
}

interface Places {
  readonly range: PartitionRange
  readonly commit: CommittedPosition | undefined
  readonly state: { readonly topic: string; readonly range: PartitionRange | undefined }
}

async function readPartition(
  admin: LogAdmin,
  origin: TopicPartition,
  { range, commit, state }: Places
): Promise<HeardPartition> {
  const { topic, partition } = origin
  const readFrom = commit?.next == null ? undefined : decodeMetadata(commit.next, commit.metadata)?.readFrom
  const nothing = { origin, sinceMs: null, heard: new Map<string, number>() }
  if (readFrom === undefined || state.range === undefined) return nothing
  let sinceMs: number | null = null
  const heard = new Map<string, number>()
  const { start: from, end: to } = state.range
  for await (const record of admin.read({ topic: state.topic, partition, from, to })) {
    sinceMs = sinceIn(record, { topic }) ?? sinceMs
    const one = decodeState(record, { steps: [], topic, partition })
    if (one !== null) heard.set(one.device, one.heardMs)
  }
  const behind = { topic, partition, from: Math.max(range.start, readFrom), to: range.end }
  for await (const { key, value, timestampMs } of admin.read(behind)) {
    if (key === null || key.length === 0 || value === null) continue
    const device = key.toString()
    heard.set(device, Math.max(heard.get(device) ?? 0, timestampMs))
  }
  return { origin, sinceMs, heard }
}

/** None where there is no such topic yet. */
async function rangesOf(admin: LogAdmin, topic: string): Promise<readonly PartitionRange[]> {
  return admin.ranges(topic).catch(error => {
    if (error instanceof FaultError && error.code === 'topic_missing') return []
    throw error
  })
}
