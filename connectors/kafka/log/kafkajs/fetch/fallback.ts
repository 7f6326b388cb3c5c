// For Fetch versions and message formats that we do not decode ourselves: lets kafkajs decode the whole response and
// encodes its records anew, so that there is one kind of chunk. Brokers since 2.3 and records since 0.11 do not need it.

import kafkajs from 'kafkajs'
import { AbortedTransactions } from './aborted.ts'
import { encodeRecords, type KafkajsRecord } from './encode.ts'
import { inflate } from './inflate.ts'
import type { FetchedBatch, FetchedPartition, FetchResponse } from './types.ts'

/** What kafkajs decoded, as batches without the records before their partition's position. */
export function reencode(
  response: FetchResponse<KafkajsRecord>,
  position: (topic: string, partition: number) => number
): FetchResponse<FetchedBatch> {
  const responses = response.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(partition =>
      reencodePartition(partition, position(topicName, partition.partition))
    )
  }))
  return { ...response, responses }
}

function reencodePartition(
  partition: FetchedPartition<KafkajsRecord>,
  position: number
): FetchedPartition<FetchedBatch> {
  const aborted = new AbortedTransactions(
    (partition.abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
      producerId: BigInt(producerId),
      firstOffset: Number(firstOffset)
    }))
  )
  const wanted = partition.messages.filter(({ offset }) => Number(offset) >= position)
  const messages = groupByBatch(wanted).map(group => reencodeBatch(group, aborted))
  return { ...partition, abortedTransactions: [], messages }
}

/** Runs of records of one batch, never further apart than an offset delta can tell. */
function groupByBatch(records: readonly KafkajsRecord[]): [KafkajsRecord, ...KafkajsRecord[]][] {
  const groups: [KafkajsRecord, ...KafkajsRecord[]][] = []
  for (const record of records) {
    if (!Number.isSafeInteger(Number(record.offset))) throw new RangeError('an offset is beyond 2^53')
    const group = groups.at(-1)
    const near = group && Number(record.offset) - Number(group[0].offset) < 0x7fff_ffff
    if (near && group[0].batchContext === record.batchContext) group.push(record)
    else groups.push([record])
  }
  return groups
}

function reencodeBatch(
  group: readonly [KafkajsRecord, ...KafkajsRecord[]],
  aborted: AbortedTransactions
): FetchedBatch {
  const [first] = group
  const chunk = encodeRecords(group)
  const batch = {
    lastOffset: chunk.lastOffset,
    producerId: BigInt(first.batchContext?.producerId ?? -1),
    transactional: first.batchContext?.inTransaction === true
  }
  if (first.isControlRecord && first.key?.readInt16BE(2) === 0) aborted.end(batch)
  const dropped = first.isControlRecord || aborted.covers(batch)
  return {
    offset: String(chunk.lastOffset),
    isControlRecord: false,
    chunk: dropped ? { ...chunk, end: chunk.start, count: 0 } : chunk
  }
}

/** Gives kafkajs' own decoder the codecs that it lacks; it knows gzip. Registering them again changes nothing. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  for (const type of [CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD] as const) {
    CompressionCodecs[type] = () => ({
      decompress: (bytes: Buffer) => inflate(type, bytes),
      compress: () => Promise.reject(new Error('registered for reading only'))
    })
  }
}
