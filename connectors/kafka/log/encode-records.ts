// Encodes records as Kafka stores them (message format 2; the layout is in record-chunk.ts), in one buffer and two
// passes: measure, then write. The timestamp is that of the batch, so every delta is 0.

import type { AppendRecord } from './log.ts'

const noHeaders: readonly [string, string | Buffer | null][] = []

/** The records, one after the other, behind `headroom` bytes that are left for a header. */
export function encodeRecords(records: readonly AppendRecord[], headroom = 0): Buffer {
  const sizes = records.map(bodySize)
  const total = sizes.reduce((sum, size) => sum + varintSize(size) + size, headroom)
  const bytes = Buffer.allocUnsafe(total)
  let at = headroom
  records.forEach((record, index) => {
    at = writeVarint(bytes, at, sizes[index] ?? 0)
    at = writeBody(bytes, at, { record, index })
  })
  return bytes
}

/** The header of a batch: everything before its records. */
export const batchHeaderBytes = 61

/** What a record takes when it is alone in its batch: what Kafka compares with `max.message.bytes`. */
export function batchBytesOf(record: AppendRecord): number {
  const size = bodySize(record, 0)
  return batchHeaderBytes + varintSize(size) + size
}

function bodySize(record: AppendRecord, index: number): number {
  let size = 2 + varintSize(index) + fieldSize(record.key) + fieldSize(record.value)
  const headers = headersOf(record)
  size += varintSize(headers.length)
  for (const [name, value] of headers) size += fieldSize(name) + fieldSize(value)
  return size
}

function writeBody(bytes: Buffer, start: number, { record, index }: { record: AppendRecord; index: number }) {
  let at = start
  bytes[at++] = 0 // attributes: unused by Kafka
  bytes[at++] = 0 // timestampDelta
  at = writeVarint(bytes, at, index) // offsetDelta
  at = writeField(bytes, at, record.key)
  at = writeField(bytes, at, record.value)
  const headers = headersOf(record)
  at = writeVarint(bytes, at, headers.length)
  for (const [name, value] of headers) {
    at = writeField(bytes, at, name)
    at = writeField(bytes, at, value)
  }
  return at
}

function headersOf({ headers, keptHeaders }: AppendRecord): readonly [string, string | Buffer | null][] {
  const own = headers === undefined ? noHeaders : Object.entries(headers)
  if (keptHeaders === undefined) return own
  return [...own, ...keptHeaders.map(({ key, value }): [string, Buffer | null] => [key, value])]
}

function lengthOf(field: Buffer | string): number {
  return typeof field === 'string' ? Buffer.byteLength(field) : field.length
}

export function fieldSize(field: Buffer | string | null): number {
  if (field === null) return 1
  const length = lengthOf(field)
  return varintSize(length) + length
}

export function writeField(bytes: Buffer, at: number, field: Buffer | string | null): number {
  if (field === null) return writeVarint(bytes, at, -1)
  const next = writeVarint(bytes, at, lengthOf(field))
  if (typeof field === 'string') return next + bytes.write(field, next)
  bytes.set(field, next)
  return next + field.length
}

/** Zigzag: small numbers of either sign become short. */
function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

export function varintSize(value: number): number {
  let size = 1
  for (let rest = zigzag(value); rest >= 0x80; rest >>>= 7) size++
  return size
}

export function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start
  let rest = zigzag(value)
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at++] = rest
  return at
}
