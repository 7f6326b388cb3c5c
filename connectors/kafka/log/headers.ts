// The headers of a record: a count, and for each a name and a value (Kafka protocol, message format 2). They lie in the bytes
// of their record as they came and are decoded when somebody asks; who passes them on copies the range, so that order,
// repeated names and values that are null stay as they are.

import { fieldSize, varintSize, writeField, writeVarint } from './encode-records.ts'
import type { Header } from './log-record.ts'

/** The headers in bytes[start, end), which must be well-formed; an empty range holds none. */
export function decodeHeaders(bytes: Buffer, start: number, end: number): Header[] {
  const headers: Header[] = []
  if (end <= start) return headers
  const reader = new FieldReader(bytes, start)
  for (let count = reader.varint(); count > 0; count--) {
    const key = reader.field()?.toString('utf8') ?? ''
    headers.push({ key, value: reader.field() })
  }
  return headers
}

/** Headers as they are handed in: their order is kept. */
export interface HeaderLike {
  readonly key: string
  readonly value: Buffer | string | null
}

/** Where headers lie as they came, with their count in front; an empty range holds none. */
export interface HeaderRange {
  readonly bytes: Buffer
  readonly headersStart: number
  readonly headersEnd: number
}

/** The headers of `kept`, byte for byte, and `added` behind them, with their count in front. */
export function encodeHeaders(added: readonly HeaderLike[], kept?: HeaderRange): Buffer {
  const { count, at: from, end } = kept === undefined ? nothing : bodyOf(kept)
  let size = varintSize(count + added.length) + end - from
  for (const { key, value } of added) size += fieldSize(key) + fieldSize(value)
  const bytes = Buffer.allocUnsafe(size)
  let at = writeVarint(bytes, 0, count + added.length)
  if (kept !== undefined) at += kept.bytes.copy(bytes, at, from, end)
  for (const { key, value } of added) at = writeField(bytes, writeField(bytes, at, key), value)
  return bytes
}

const nothing = { count: 0, at: 0, end: 0 }

/** How many headers there are, and where they lie without that number. */
function bodyOf({ bytes, headersStart, headersEnd }: HeaderRange) {
  if (headersEnd <= headersStart) return nothing
  const reader = new FieldReader(bytes, headersStart)
  return { count: reader.varint(), at: reader.at, end: headersEnd }
}

class FieldReader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** Zigzag, of at most 32 bits. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return (value >>> 1) ^ -(value & 1)
  }

  field(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }
}
