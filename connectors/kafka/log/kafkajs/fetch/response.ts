// Decodes a Fetch response of version 11, the newest that kafkajs 2.2.4 asks for. Layout: throttle int32, error int16,
// session int32, then per topic its name and per partition: partition int32, error int16, high watermark int64, last
// stable offset int64, log start offset int64, aborted transactions (producer int64, first offset int64), preferred
// replica int32, and the record set with its length before it.

import { ownBytes } from '../../own-bytes.ts'
import { AbortedTransactions } from './aborted.ts'
import { Reader } from './reader.ts'
import { type Corruption, decodeRecordSet } from './record-set.ts'
import type { FetchedBatch, FetchedPartition, FetchResponse } from './types.ts'

export interface DecodeContext {
  readonly checkCrc: boolean
  /** The offset that the request asked for. */
  position(topic: string, partition: number): number
  onCorrupt(topic: string, partition: number, corruption: Corruption): void
}

/** What a response says of its partitions, with their records as they came. */
export interface Outline {
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly sessionId: number
  readonly topics: readonly { readonly topicName: string; readonly partitions: readonly RawPartition[] }[]
}

/** Throws a RangeError on bytes that are no such response. */
export function readOutline(bytes: Buffer): Outline {
  const reader = new Reader(bytes)
  return {
    clientSideThrottleTime: reader.int32(),
    errorCode: reader.int16(),
    sessionId: reader.int32(),
    topics: readTopics(reader)
  }
}

/** Are there records of several partitions? They are copied then: those of one must not retain the others'. */
export function isShared({ topics }: Outline): boolean {
  return topics.flatMap(topic => topic.partitions).filter(({ records }) => records.length > 0).length > 1
}

/** Rejects with an OldFormatError. */
export async function decodeResponse(
  all: Outline,
  context: DecodeContext
): Promise<FetchResponse<FetchedBatch>> {
  const { topics, ...outline } = all
  const shared = isShared(all)
  const responses = []
  for (const { topicName, partitions } of topics) {
    const decoded = []
    for (const fetched of partitions) {
      const records = shared ? ownBytes([fetched.records]) : fetched.records
      decoded.push(await decodePartition(topicName, { ...fetched, records }, context))
    }
    responses.push({ topicName, partitions: decoded })
  }
  return { throttleTime: 0, ...outline, responses }
}

export interface RawPartition extends FetchedPartition<never> {
  readonly aborted: AbortedTransactions
  readonly records: Buffer
}

async function decodePartition(
  topic: string,
  raw: RawPartition,
  context: DecodeContext
): Promise<FetchedPartition<FetchedBatch>> {
  const { aborted, records, ...partition } = raw
  const position = context.position(topic, partition.partition)
  const set = await decodeRecordSet(records, { position, aborted, checkCrc: context.checkCrc })
  if (set.corruption !== null) context.onCorrupt(topic, partition.partition, set.corruption)
  // What stands behind the start of an open transaction cannot be read yet: nobody is behind who has read up to there.
  return { ...partition, highWatermark: raw.lastStableOffset ?? raw.highWatermark, messages: set.batches }
}

function readTopics(reader: Reader): { topicName: string; partitions: RawPartition[] }[] {
  return readArray(reader, () => ({
    topicName: reader.string(),
    partitions: readArray(reader, () => readPartition(reader))
  }))
}

function readPartition(reader: Reader): RawPartition {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = String(reader.int64())
  const lastStableOffset = String(reader.int64())
  const lastStartOffset = String(reader.int64())
  const aborted = readArray(reader, () => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }))
  const preferredReadReplica = reader.int32()
  const records = reader.take(Math.max(reader.int32(), 0))
  return {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    lastStartOffset,
    abortedTransactions: [], // ours already left those records out; kafkajs has nothing to do
    preferredReadReplica,
    messages: [],
    aborted: new AbortedTransactions(aborted),
    records
  }
}

/** A null array counts as an empty one. Every element takes bytes, so a garbage count ends in a RangeError soon. */
function readArray<T>(reader: Reader, read: () => T): T[] {
  const items: T[] = []
  for (let left = reader.int32(); left > 0; left--) items.push(read())
  return items
}
