// One message on its way from Kafka to a target: a view of the bytes that were fetched, not a copy of them.

import { decodeHeaders } from './headers.ts'
import type { Header } from './log-record.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A record in its bytes: the value is bytes[valueStart, valueEnd), the key likewise; null where the end is below. */
export interface RecordView {
  readonly offset: number
  readonly timestampMs: number
  readonly bytes: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
  /** Its headers as they came, with their count in front: bytes[headersStart, headersEnd). Empty: it has none. */
  readonly headersStart: number
  readonly headersEnd: number
}

/** What a list of no headers takes: its count. */
const emptyListBytes = 1

/** The bytes that a record's headers take; 0 where it has none. */
export function headerBytesOf({ headersStart, headersEnd }: Pick<RecordView, 'headersStart' | 'headersEnd'>) {
  const length = headersEnd - headersStart
  return length > emptyListBytes ? length : 0
}

/** The record, with its key and its headers, and another value, in bytes of its own. */
export function withValue(record: Omit<RecordView, 'valueStart' | 'valueEnd'>, value: Buffer): RecordView {
  const { offset, timestampMs, bytes, keyStart, keyEnd, headersStart, headersEnd } = record
  const keyBytes = Math.max(0, keyEnd - keyStart)
  const headerBytes = headerBytesOf(record)
  const valueEnd = keyBytes + value.length
  const own = Buffer.allocUnsafeSlow(valueEnd + headerBytes)
  if (keyBytes > 0) bytes.copy(own, 0, keyStart, keyEnd)
  value.copy(own, keyBytes)
  if (headerBytes > 0) bytes.copy(own, valueEnd, headersStart, headersEnd)
  const newKeyEnd = keyEnd < keyStart ? -1 : keyBytes
  return {
    ...{ offset, timestampMs, bytes: own },
    ...{ keyStart: 0, keyEnd: newKeyEnd, valueStart: keyBytes, valueEnd },
    ...{ headersStart: valueEnd, headersEnd: own.length }
  }
}

/** A record of a channel. All of it are slices of a fetch response; retaining a message retains its chunk. */
export class Message {
  readonly origin: TopicPartition
  readonly offset: number
  /** When Kafka got it (LogAppendTime), or what its producer claims, in Unix ms. */
  readonly timestampMs: number
  /** The chunk's bytes: the value is bytes[start, end), the key bytes[keyStart, keyEnd). */
  readonly bytes: Buffer
  readonly keyStart: number
  /** Less than keyStart when the record has no key. */
  readonly keyEnd: number
  readonly start: number
  readonly end: number
  /** The headers with their count are bytes[headersStart, headersEnd); an empty range holds none. */
  readonly headersStart: number
  readonly headersEnd: number

  /** Takes the record on which a chunk's cursor stands. `origin` is shared by all messages of a partition. */
  constructor(origin: TopicPartition, record: RecordView) {
    this.origin = origin
    this.offset = record.offset
    this.timestampMs = record.timestampMs
    this.bytes = record.bytes
    this.keyStart = record.keyStart
    this.keyEnd = record.keyEnd
    this.start = record.valueStart
    this.end = record.valueEnd
    this.headersStart = record.headersStart
    this.headersEnd = record.headersEnd
  }

  get size(): number {
    return this.end - this.start
  }

  /** The device's ident, or null for a record without key. */
  key(): string | null {
    return this.keyEnd < this.keyStart ? null : this.bytes.toString('utf8', this.keyStart, this.keyEnd)
  }

  value(): Buffer {
    return this.bytes.subarray(this.start, this.end)
  }

  /** What its producer set, in order, decoded anew by each call. */
  headers(): Header[] {
    return decodeHeaders(this.bytes, this.headersStart, this.headersEnd)
  }

  /** Stable over retries, restarts and take-overs: the receiver can drop repeats by it. ASCII, up to 280 characters. */
  id(): string {
    return `${this.origin.topic}-${this.origin.partition}-${this.offset}`
  }
}
