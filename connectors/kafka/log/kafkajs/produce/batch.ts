// Makes a record batch of encoded records: writes the header that stands in front of them.
// Layout of a batch (Kafka protocol, message format 2): baseOffset int64, length int32 (of what follows it), leader
// epoch int32, magic int8, crc uint32 (of what follows it), attributes int16, lastOffsetDelta int32, baseTimestamp
// int64, maxTimestamp int64, producerId int64, producerEpoch int16, baseSequence int32, record count int32, records.

import { batchHeaderBytes, encodeRecords } from '../../encode-records.ts'
import type { AppendRecord } from '../../log.ts'
import { crc32c } from '../fetch/crc32c.ts'

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

/** Writes the header into the first `batchHeaderBytes` of `bytes`, behind which the records stand; returns `bytes`. */
export function seal(bytes: Buffer, { count, baseTimestampMs, maxTimestampMs }: BatchFacts): Buffer {
  bytes.fill(0, 0, batchHeaderBytes) // base offset, attributes: the broker gives offsets; nothing is compressed
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
