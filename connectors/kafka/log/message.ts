// One message on its way from Kafka to a target: a view of the bytes that were fetched, not a copy of them.

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
}

/** The record, with its key, and another value, in bytes of its own. */
export function withValue(
  { offset, timestampMs, bytes, keyStart, keyEnd }: Omit<RecordView, 'valueStart' | 'valueEnd'>,
  value: Buffer
): RecordView {
  const keyBytes = Math.max(0, keyEnd - keyStart)
  const own = Buffer.allocUnsafeSlow(keyBytes + value.length)
  if (keyBytes > 0) bytes.copy(own, 0, keyStart, keyEnd)
  value.copy(own, keyBytes)
  const newKeyEnd = keyEnd < keyStart ? -1 : keyBytes
  return {
    ...{ offset, timestampMs, bytes: own },
    ...{ keyStart: 0, keyEnd: newKeyEnd, valueStart: keyBytes, valueEnd: own.length }
  }
}

/** A record of a channel. Key and value are slices of a fetch response; retaining a message retains its chunk. */
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

  /** Stable over retries, restarts and take-overs: the receiver can drop repeats by it. */
  id(): string {
    return `${this.origin.topic}-${this.origin.partition}-${this.offset}`
  }
}
