// Writes Fetch responses of version 11 byte by byte, as a broker would, with everything a test may want in them. The
// records come from kafkajs' own encoder and the checksum too, so that our code is not tested against itself.

import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'

const require = createRequire(import.meta.url)
const encodeRecord: (
  record: WireRecord
) => KafkajsEncoder = require('kafkajs/src/protocol/recordBatch/record/v0')
const crc32c: (bytes: Buffer) => number = require('kafkajs/src/protocol/recordBatch/crc32C')

interface KafkajsEncoder {
  readonly buffer: Buffer
}

export interface WireRecord {
  readonly offsetDelta: number
  readonly timestampDelta: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | Buffer[]>>
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'xerial' | 'lz4' | 'zstd'

export interface WireBatch {
  readonly baseOffset: number | bigint
  readonly lastOffsetDelta: number
  readonly records: readonly WireRecord[]
  readonly codec?: Codec
  readonly baseTimestampMs?: number
  /** With it the batch has LogAppendTime. */
  readonly appendTimestampMs?: number
  readonly producerId?: number
  readonly transactional?: boolean
  readonly control?: boolean
  /** For lies; default: how many records there are. */
  readonly count?: number
}

export interface WirePartition {
  readonly partition: number
  readonly records: Buffer
  readonly errorCode?: number
  readonly highWatermark?: number
  /** Where an open transaction begins. Default: there is none. */
  readonly lastStableOffset?: number
  readonly aborted?: readonly { readonly producerId: number; readonly firstOffset: number }[] | null
}

const codecNumbers: Readonly<Record<Codec, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  xerial: 2,
  lz4: 3,
  zstd: 4
}

export function wireRecord(record: WireRecord): Buffer {
  return encodeRecord(record).buffer
}

export function wireBatch(batch: WireBatch): Buffer {
  const { codec = 'none', baseTimestampMs = 1_700_000_000_000, appendTimestampMs } = batch
  const records = compress(codec, Buffer.concat(batch.records.map(wireRecord)))
  const attributes =
    codecNumbers[codec] |
    (appendTimestampMs === undefined ? 0 : 8) |
    (batch.transactional ? 16 : 0) |
    (batch.control ? 32 : 0)
  const body = Buffer.concat([
    int16(attributes),
    int32(batch.lastOffsetDelta),
    int64(baseTimestampMs),
    int64(appendTimestampMs ?? baseTimestampMs),
    int64(batch.producerId ?? -1),
    int16(0),
    int32(0),
    int32(batch.count ?? batch.records.length),
    records
  ])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32c(body) >>> 0)
  const rest = Buffer.concat([int32(0), Buffer.of(2), checksum, body])
  return Buffer.concat([int64(batch.baseOffset), int32(rest.length), rest])
}

/** The end of a transaction: type 0 aborts, type 1 commits. */
export function wireMarker(baseOffset: number, producerId: number, type: 0 | 1): Buffer {
  const record = { offsetDelta: 0, timestampDelta: 0, key: Buffer.of(0, 0, 0, type), value: Buffer.alloc(6) }
  return wireBatch({
    baseOffset,
    lastOffsetDelta: 0,
    producerId,
    transactional: true,
    control: true,
    records: [record]
  })
}

export function wireResponse(topic: string, partitions: readonly WirePartition[]): Buffer {
  return Buffer.concat([
    int32(0), // throttle
    int16(0), // error
    int32(0), // session
    int32(1),
    int16(Buffer.byteLength(topic)),
    Buffer.from(topic),
    int32(partitions.length),
    ...partitions.map(wirePartition)
  ])
}

/** The same with one partition, as brokers before 2.3 write it. */
export function wireResponseV4(topic: string, { partition, records, aborted }: WirePartition): Buffer {
  return Buffer.concat([
    int32(0), // throttle
    int32(1),
    int16(Buffer.byteLength(topic)),
    Buffer.from(topic),
    int32(1),
    int32(partition),
    int16(0), // error
    int64(0), // high watermark
    int64(0), // last stable offset
    wireAborted(aborted),
    int32(records.length),
    records
  ])
}

function wireAborted(aborted: WirePartition['aborted'] = []): Buffer {
  const list = (aborted ?? []).flatMap(({ producerId, firstOffset }) => [
    int64(producerId),
    int64(firstOffset)
  ])
  return Buffer.concat([int32(aborted?.length ?? -1), ...list])
}

function wirePartition({
  partition,
  records,
  errorCode = 0,
  highWatermark = 0,
  lastStableOffset = highWatermark,
  aborted = []
}: WirePartition) {
  return Buffer.concat([
    int32(partition),
    int16(errorCode),
    int64(highWatermark),
    int64(lastStableOffset),
    int64(0),
    wireAborted(aborted),
    int32(-1),
    int32(records.length),
    records
  ])
}

export function compress(codec: Codec, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return zlib.gzipSync(bytes)
    case 'snappy':
      return compressSync(bytes)
    case 'xerial':
      return xerial(bytes)
    case 'lz4':
      return compressFrameSync(bytes)
    case 'zstd':
      return zstd(bytes)
  }
}

/** Two blocks, so that their order counts. */
function xerial(bytes: Buffer): Buffer {
  const header = Buffer.concat([Buffer.of(0x82), Buffer.from('SNAPPY\0'), int32(1), int32(1)])
  const half = bytes.length >> 1
  const blocks = [bytes.subarray(0, half), bytes.subarray(half)].map(part => compressSync(part))
  return Buffer.concat([header, ...blocks.flatMap(block => [int32(block.length), block])])
}

/** Node 20 cannot compress zstd, but raw blocks are zstd too (RFC 8878); flows on real Kafka see the rest. */
function zstd(bytes: Buffer): Buffer {
  const blocks = []
  for (let at = 0; at === 0 || at < bytes.length; at += 100_000) {
    const part = bytes.subarray(at, at + 100_000)
    const header = Buffer.alloc(3)
    header.writeUIntLE((part.length << 3) | (at + part.length >= bytes.length ? 1 : 0), 0, 3)
    blocks.push(header, part)
  }
  const frame = Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58) // no content size, a window of 2 MiB
  return Buffer.concat([frame, ...blocks])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
