// The records of one record batch as a cursor over raw bytes: walking it creates no object per record.
// Record layout (Kafka protocol, message format 2): length varint, attributes int8, timestampDelta varlong,
// offsetDelta varint, keyLength varint, key, valueLength varint, value, header count varint, headers.

import { decodeHeaders } from './headers.ts'
import type { Header, LogRecord } from './log-record.ts'
import type { TopicPartition } from './message.ts'
import { ownBytes } from './own-bytes.ts'

export type { Header, LogRecord } from './log-record.ts'

/** Where the records of a batch are, and the batch's own fields that they are relative to. */
export interface ChunkSource {
  readonly bytes: Buffer
  /** The records are bytes[start, end), uncompressed. */
  readonly start: number
  readonly end: number
  readonly count: number
  readonly baseOffset: number
  /** The last offset that the batch covers, also when compaction removed records at its end. */
  readonly lastOffset: number
  readonly baseTimestampMs: number
  /** For LogAppendTime: the batch's one timestamp, which replaces those of the records. */
  readonly appendTimestampMs: number | null
}

/**
 * A cursor: call next() until it returns false; after each true the fields describe the current record, with key, value
 * and headers as ranges of `bytes` (an end below its start means null).
 */
export class RecordChunk {
  readonly origin: TopicPartition
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  /** One past the last record of the partition that could be read when this was fetched. */
  readonly highWatermark: number

  offset = -1
  /** Before the first next() that of the first record. Unix ms. */
  timestampMs: number
  /** Records that nobody wanted. */
  leftOut = 0
  keyStart = 0
  keyEnd = -1
  valueStart = 0
  valueEnd = -1
  headersStart = 0

  readonly #source: ChunkSource
  #at: number
  #left: number

  constructor(origin: TopicPartition, source: ChunkSource, highWatermark: number) {
    this.origin = origin
    this.bytes = source.bytes
    this.baseOffset = source.baseOffset
    this.lastOffset = source.lastOffset
    this.count = source.count
    this.highWatermark = highWatermark
    this.#source = source
    this.timestampMs = source.appendTimestampMs ?? source.baseTimestampMs
    this.#at = source.start
    this.#left = source.count
  }

  /**
   * Walks `source` once, so that nothing can throw on its records later, and returns it without the records before
   * `position`. Throws a RangeError unless the records are well-formed, fill their bytes and ascend within the batch.
   */
  static checked(source: ChunkSource, position: number): ChunkSource {
    const cursor = new RecordChunk({ topic: '', partition: 0 }, source, 0)
    let previous = source.baseOffset - 1
    let { start, count } = source
    while (cursor.next()) {
      if (cursor.offset <= previous || cursor.offset > source.lastOffset) {
        throw new RangeError('the offset of a record is not in its place')
      }
      cursor.#skipHeaders()
      previous = cursor.offset
      if (previous >= position) continue
      start = cursor.#at
      count--
    }
    if (cursor.#at !== source.end) throw new RangeError('bytes are left after the last record')
    return count === source.count ? source : { ...source, start, count }
  }

  /** Where the current record ends. Not a field of its own: one more to write costs a fifth of the walk. */
  get headersEnd(): number {
    return this.#at
  }

  /** Records behind the current one. */
  get left(): number {
    return this.#left
  }

  /** Bytes of the records behind the current one. */
  get leftBytes(): number {
    return this.#source.end - this.#at
  }

  /**
   * The first records, as many as fit `maxBytes` but at least one, in bytes of their own: whoever keeps them does not
   * keep the rest of the fetch. `overheadBytes` are counted for each. To be called before the first next().
   */
  head(maxBytes: number, overheadBytes: number): RecordChunk {
    const source = this.#source
    const cursor = new RecordChunk(this.origin, source, this.highWatermark)
    let { start: end, lastOffset } = source
    let count = 0
    while (cursor.next()) {
      const bytes = cursor.#at - source.start + (count + 1) * overheadBytes
      if (count > 0 && bytes > maxBytes) break
      end = cursor.#at
      lastOffset = cursor.offset
      count++
    }
    if (count === source.count) lastOffset = source.lastOffset
    const bytes = ownBytes([source.bytes.subarray(source.start, end)])
    const taken = { ...source, bytes, start: 0, end: bytes.length, count, lastOffset }
    return new RecordChunk(this.origin, taken, this.highWatermark)
  }

  /**
   * Only the records that are wanted, in bytes of their own: whoever keeps them does not keep the fetch. What is left out is
   * a gap in the log, and counted. This chunk itself where most are wanted. To be called before the first next().
   */
  sifted(isWanted: (record: RecordChunk) => boolean): RecordChunk {
    const source = this.#source
    const cursor = new RecordChunk(this.origin, source, this.highWatermark)
    const wanted: Buffer[] = []
    let { start } = source
    while (cursor.next()) {
      if (isWanted(cursor)) wanted.push(source.bytes.subarray(start, cursor.#at))
      start = cursor.#at
    }
    const { length: count } = wanted
    if (count > source.count / 2) return this
    const bytes = ownBytes(wanted)
    const taken = { ...source, bytes, start: 0, end: bytes.length, count }
    const sifted = new RecordChunk(this.origin, taken, this.highWatermark)
    sifted.leftOut = source.count - count
    return sifted
  }

  /** Steps to the next record; false at the end. Throws a RangeError on bytes that are no record. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const length = this.#varint()
    const end = this.#at + length
    if (length < 0 || end > this.#source.end) throw new RangeError('a record reaches beyond its batch')
    this.#at++ // attributes: unused by Kafka
    const timestampDelta = this.#varlong()
    const { appendTimestampMs } = this.#source
    // In two branches: one expression for both would make an object of every timestamp.
    if (appendTimestampMs === null) this.timestampMs = this.#source.baseTimestampMs + timestampDelta
    else this.timestampMs = appendTimestampMs
    this.offset = this.#source.baseOffset + this.#varint()
    const keyLength = this.#length()
    this.keyStart = this.#at
    this.keyEnd = this.#at + keyLength
    if (keyLength > 0) this.#at = this.keyEnd
    const valueLength = this.#length()
    this.valueStart = this.#at
    this.valueEnd = this.#at + valueLength
    if (valueLength > 0) this.#at = this.valueEnd
    if (this.#at >= end) throw new RangeError('a key or value reaches beyond its record')
    this.headersStart = this.#at
    this.#at = end
    return true
  }

  /** The current record, for where one is looked at rather than millions walked. */
  record(): LogRecord {
    const { offset, timestampMs, bytes } = this
    return {
      offset,
      timestampMs,
      key: this.keyEnd < this.keyStart ? null : bytes.subarray(this.keyStart, this.keyEnd),
      value: this.valueEnd < this.valueStart ? null : bytes.subarray(this.valueStart, this.valueEnd),
      headers: this.headers()
    }
  }

  /** The headers of the current record, decoded on demand. */
  headers(): Header[] {
    return decodeHeaders(this.bytes, this.headersStart, this.headersEnd)
  }

  /** Checks that the headers end where the record does. */
  #skipHeaders(): void {
    const end = this.#at
    this.#at = this.headersStart
    for (let fields = 2 * this.#length(); fields > 0 && this.#at < end; fields--) {
      const length = this.#length()
      if (length > 0) this.#at += length
    }
    if (this.#at !== end) throw new RangeError('headers do not end with their record')
  }

  /** The length of a key, a value or a list of headers; -1 stands for null. */
  #length(): number {
    const length = this.#varint()
    if (length < -1) throw new RangeError('a length is negative')
    return length
  }

  /** Zigzag varint of at most 32 bits. */
  #varint(): number {
    const bytes = this.bytes
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[this.#at++] as number // in range: next() checked the record's end
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new RangeError('a varint is longer than 5 bytes')
  }

  /** Zigzag varint of at most 64 bits, exact up to 2^52: 140,000 years in ms. */
  #varlong(): number {
    const bytes = this.bytes
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = bytes[this.#at++] as number // as in #varint
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      scale *= 128
    }
    throw new RangeError('a varlong is longer than 10 bytes')
  }
}
