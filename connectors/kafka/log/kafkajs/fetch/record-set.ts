// Decodes what was fetched of one partition: record batches one after the other, the last perhaps cut off.
// Layout of a batch (Kafka protocol, message format 2): baseOffset int64, length int32 (of what follows it), leader
// epoch int32, magic int8, crc uint32 (of what follows it), attributes int16, lastOffsetDelta int32, baseTimestamp
// int64, maxTimestamp int64, producerId int64, producerEpoch int16, baseSequence int32, record count int32, records.

import { messageOf } from '../../../../../schemas/errors.ts'
import { type ChunkSource, RecordChunk } from '../../record-chunk.ts'
import type { AbortedTransactions } from './aborted.ts'
import { crc32c } from './crc32c.ts'
import { codecNames, inflate } from './inflate.ts'
import { int64At, looseInt64At } from './reader.ts'
import type { FetchedBatch } from './types.ts'

/** The fields up to and with the length, which the length does not count. */
const prefixBytes = 12
/** The fields before the records. */
const headerBytes = 61

const magicAt = 16
const codecMask = 0x07
const logAppendTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20

/** The record set uses a message format older than 2, which Kafka wrote before 0.11. */
export class OldFormatError extends Error {}

/** A record set that cannot be decoded from `offset` on. */
export interface Corruption {
  readonly offset: number
  readonly reason: string
  readonly cause: unknown
}

export interface RecordSet {
  readonly batches: FetchedBatch[]
  /** Where and why decoding stopped; null when everything was decoded. */
  readonly corruption: Corruption | null
}

export interface RecordSetContext {
  /** The offset that was asked for: what stands before it is left out. */
  readonly position: number
  readonly aborted: AbortedTransactions
  readonly checkCrc: boolean
}

/** Decodes the batches up to the first that is corrupt. Rejects with an OldFormatError, and with nothing else. */
export async function decodeRecordSet(bytes: Buffer, context: RecordSetContext): Promise<RecordSet> {
  const batches: FetchedBatch[] = []
  let offset = context.position
  try {
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = endOfBatch(bytes, at)
      if (end > bytes.length) break
      const header = readHeader(bytes, at, end)
      if (context.checkCrc) checkCrc(bytes, at, end)
      const source = await readRecords(header, context)
      batches.push({ offset: String(source.lastOffset), isControlRecord: false, chunk: source })
      offset = Math.max(offset, source.lastOffset + 1)
    }
  } catch (cause) {
    if (cause instanceof OldFormatError) throw cause
    return { batches, corruption: { offset, reason: messageOf(cause), cause } }
  }
  return { batches, corruption: null }
}

/**
 * The offset after the last whole batch, by the headers alone; null where there is none, or where one makes no sense.
 */
export function offsetAfter(bytes: Buffer): number | null {
  let offset: number | null = null
  try {
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = endOfBatch(bytes, at)
      if (end <= bytes.length) offset = readHeader(bytes, at, end).lastOffset + 1
    }
    return offset
  } catch {
    return null // decoding tells what is wrong
  }
}

/**
 * Where the batch at `at` ends; beyond the bytes when it is cut off, which is how Kafka ends a full response. Since
 * Fetch version 3 it never cuts off the first batch (KIP-74), so there it means that the length is garbage.
 */
function endOfBatch(bytes: Buffer, at: number): number {
  if (at + magicAt >= bytes.length) return cutOff(at)
  const magic = bytes.readInt8(at + magicAt)
  if (magic === 0 || magic === 1) throw new OldFormatError('message format 0 or 1')
  if (magic !== 2) throw new RangeError(`message format ${magic} is not known`)
  const length = bytes.readInt32BE(at + 8)
  if (length < headerBytes - prefixBytes) throw new RangeError('a batch is shorter than its header')
  const end = at + prefixBytes + length
  return end > bytes.length ? cutOff(at) : end
}

function cutOff(at: number): number {
  if (at === 0) throw new RangeError('the first batch is cut off')
  return Number.POSITIVE_INFINITY
}

interface BatchHeader {
  readonly attributes: number
  readonly producerId: bigint
  readonly lastOffset: number
  readonly transactional: boolean
  readonly source: ChunkSource
}

function readHeader(bytes: Buffer, at: number, end: number): BatchHeader {
  const baseOffset = int64At(bytes, at)
  const attributes = bytes.readInt16BE(at + 21)
  const lastOffset = baseOffset + bytes.readInt32BE(at + 23)
  const count = bytes.readInt32BE(at + 57)
  if (baseOffset < 0 || lastOffset < baseOffset) throw new RangeError('the offsets of a batch are garbage')
  if (!Number.isSafeInteger(lastOffset + 1)) throw new RangeError('an offset is beyond 2^53')
  if (count < 0) throw new RangeError('the record count is negative')
  const source = {
    bytes,
    start: at + headerBytes,
    end,
    count,
    baseOffset,
    lastOffset,
    baseTimestampMs: looseInt64At(bytes, at + 27),
    appendTimestampMs: attributes & logAppendTimeBit ? looseInt64At(bytes, at + 35) : null
  }
  const transactional = (attributes & transactionalBit) !== 0
  return { attributes, lastOffset, transactional, source, producerId: bytes.readBigInt64BE(at + 43) }
}

function checkCrc(bytes: Buffer, at: number, end: number): void {
  const expected = bytes.readUInt32BE(at + 17)
  if (crc32c(bytes, at + 21, end) !== expected) throw new RangeError('the checksum does not match')
}

/** The batch's records, inflated, checked and free of what was not asked for. */
async function readRecords(batch: BatchHeader, context: RecordSetContext): Promise<ChunkSource> {
  const { attributes, source } = batch
  const nothing = { ...source, end: source.start, count: 0 }
  if (attributes & controlBit) {
    if (isAbortMarker(source)) context.aborted.end(batch)
    return nothing
  }
  if (source.count === 0 || source.lastOffset < context.position || context.aborted.covers(batch))
    return nothing
  const codec = attributes & codecMask
  if (codec === 0) return RecordChunk.checked(source, context.position)
  const bytes = await inflateRecords(codec, source.bytes.subarray(source.start, source.end))
  return RecordChunk.checked({ ...source, bytes, start: 0, end: bytes.length }, context.position)
}

async function inflateRecords(codec: number, bytes: Buffer): Promise<Buffer> {
  try {
    return await inflate(codec, bytes)
  } catch (cause) {
    throw new Error(`${codecNames[codec] ?? 'a batch'} cannot be inflated: ${messageOf(cause)}`, { cause })
  }
}

/**
 * The key of a control record is its version and its type, both int16; type 0 aborts, type 1 commits. Compaction may
 * have removed the record from its batch.
 */
function isAbortMarker(source: ChunkSource): boolean {
  const cursor = new RecordChunk({ topic: '', partition: 0 }, source, 0)
  if (!cursor.next()) return false
  if (cursor.keyEnd - cursor.keyStart < 4) throw new RangeError('a control record has no type')
  return cursor.bytes.readInt16BE(cursor.keyStart + 2) === 0
}
