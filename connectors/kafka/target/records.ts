// Messages as one record batch (the layout is in log/record-chunk.ts and log/kafkajs/produce/batch.ts): key and value are
// copied from the bytes in which they came, without an object in between.

import type { Message } from '../../connector.ts'
import { batchHeaderBytes, fieldSize, varintSize, writeField, writeVarint } from '../log/encode-records.ts'
import { type Compression, seal } from '../log/kafkajs/produce/batch.ts'
import type { Key } from './places.ts'

/** A message as it is to be stored. */
export interface Outgoing {
  readonly message: Message
  readonly key: Key
  /** With their count in front. */
  readonly headers: Buffer
}

export interface Encoding {
  /** The time of all of them; null: each has its own. */
  readonly nowMs: number | null
  readonly compression: Compression
}

export function encodeOutgoing(records: readonly Outgoing[], { nowMs, compression }: Encoding): Buffer {
  const times = records.map(({ message }) => nowMs ?? message.timestampMs)
  const baseTimestampMs = times.reduce((least, time) => Math.min(least, time))
  const maxTimestampMs = times.reduce((most, time) => Math.max(most, time))
  const deltas = times.map(time => time - baseTimestampMs)
  const sizes = records.map((record, index) => sizeOf(record, index, deltas[index] ?? 0))
  const total = sizes.reduce((sum, size) => sum + varintSize(size) + size, batchHeaderBytes)
  const bytes = Buffer.allocUnsafe(total)
  let at = batchHeaderBytes
  records.forEach((record, index) => {
    at = writeVarint(bytes, at, sizes[index] ?? 0)
    bytes[at++] = 0 // attributes: unused by Kafka
    at = writeVarlong(bytes, at, deltas[index] ?? 0)
    at = writeVarint(bytes, at, index) // offsetDelta
    at = writeParts(bytes, at, record)
  })
  return seal(bytes, { count: records.length, baseTimestampMs, maxTimestampMs }, compression)
}

function sizeOf({ message, key, headers }: Outgoing, index: number, delta: number): number {
  const { keyStart, keyEnd, start, end } = message
  const keyBytes = key === 'kept' ? rangeSize(keyStart, keyEnd) : fieldSize(key)
  return 1 + varlongSize(delta) + varintSize(index) + keyBytes + rangeSize(start, end) + headers.length
}

function writeParts(bytes: Buffer, start: number, { message, key, headers }: Outgoing): number {
  const { bytes: from, keyStart, keyEnd } = message
  let at = start
  if (key === 'kept') at = writeRange(bytes, at, { from, start: keyStart, end: keyEnd })
  else at = writeField(bytes, at, key)
  at = writeRange(bytes, at, { from, start: message.start, end: message.end })
  return at + headers.copy(bytes, at)
}

/** An end below its start is null. */
function rangeSize(start: number, end: number): number {
  const length = end - start
  return length < 0 ? 1 : varintSize(length) + length
}

function writeRange(
  bytes: Buffer,
  at: number,
  { from, start, end }: { from: Buffer; start: number; end: number }
): number {
  if (end < start) return writeVarint(bytes, at, -1)
  const next = writeVarint(bytes, at, end - start)
  return next + from.copy(bytes, next, start, end)
}

/** Zigzag of a number that is not negative, up to 2^52. */
function varlongSize(value: number): number {
  let size = 1
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

function writeVarlong(bytes: Buffer, start: number, value: number): number {
  let at = start
  let rest = value * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80
  bytes[at++] = rest
  return at
}
