// Makes a record batch of encoded records: compresses them if wanted, and writes the header that stands in front of them.
// Layout of a batch (Kafka protocol, message format 2): baseOffset int64, length int32 (of what follows it), leader
// epoch int32, magic int8, crc uint32 (of what follows it), attributes int16, lastOffsetDelta int32, baseTimestamp
// int64, maxTimestamp int64, producerId int64, producerEpoch int16, baseSequence int32, record count int32, records.

import { gzipSync } from 'node:zlib'
import { batchHeaderBytes, encodeRecords } from '../../encode-records.ts'
import type { AppendRecord } from '../../log.ts'
import { crc32c } from '../fetch/crc32c.ts'

/** How records are compressed; they stay as they are where that makes them no smaller. */
export type Compression = 'none' | 'gzip'

/** What the header says of the records behind it. */
export interface BatchFacts {
  readonly count: number
  /** Unix ms; what the records' own times are relative to. */
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
}

/** The records as one batch, all of the time `nowMs`. */
export function encodeBatch(records: readonly AppendRecord[], nowMs: number): Buffer {
  const bytes = encodeRecords(records, batchHeaderBytes)
  return seal(bytes, { count: records.length, baseTimestampMs: nowMs, maxTimestampMs: nowMs })
}

/** Fast rather than small: it runs on the event loop, for 256 KiB of JSON some milliseconds. */
const gzipLevel = 1
const gzipAttribute = 1

/** The batch of records that stand behind `batchHeaderBytes` of room for its header. May reuse `plain`. */
export function seal(plain: Buffer, facts: BatchFacts, compression: Compression = 'none'): Buffer {
  if (compression === 'none') return writeHeader(plain, facts, 0)
  const packed = gzipSync(plain.subarray(batchHeaderBytes), { level: gzipLevel })
  const isSmaller = packed.length < plain.length - batchHeaderBytes
  if (!isSmaller) return writeHeader(plain, facts, 0)
  return writeHeader(Buffer.concat([Buffer.alloc(batchHeaderBytes), packed]), facts, gzipAttribute)
}

function writeHeader(
  bytes: Buffer,
  { count, baseTimestampMs, maxTimestampMs }: BatchFacts,
  attributes: number
): Buffer {
  bytes.fill(0, 0, batchHeaderBytes) // base offset: the broker gives it
  bytes.writeInt16BE(attributes, 21)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt32BE(-1, 12) // leader epoch: unknown
  bytes[16] = 2 // magic
  bytes.writeInt32BE(count - 1, 23)
  bytes.writeBigInt64BE(BigInt(baseTimestampMs), 27)
  bytes.writeBigInt64BE(BigInt(maxTimestampMs), 35)
  bytes.fill(0xff, 43, 57) // producer id, epoch and sequence: -1, none
  bytes.writeInt32BE(count, 57)
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17)
  return bytes
}
