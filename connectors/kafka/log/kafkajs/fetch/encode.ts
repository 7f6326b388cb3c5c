// Encodes records in message format 2, so that what kafkajs decoded itself becomes the same kind of chunk as what we
// decode. Only for brokers and topics so old that kafkajs must decode them: simple rather than fast.

import type { ChunkSource } from '../../record-chunk.ts'

/** A record as kafkajs decodes it; old message formats have no headers, the oldest no timestamp. */
export interface KafkajsRecord {
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp?: string
  readonly headers?: Readonly<Record<string, HeaderValue | HeaderValue[]>>
  readonly isControlRecord?: boolean
  /** One object for all records of a batch; absent in old message formats. */
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
}

type HeaderValue = Buffer | null

/** The records, which must ascend and lie within 2^31 offsets, as one chunk from the first offset to the last. */
export function encodeRecords(records: readonly KafkajsRecord[]): ChunkSource {
  const baseOffset = Number(records[0]?.offset ?? 0)
  const baseTimestampMs = Number(records[0]?.timestamp ?? -1)
  const encoded = records.map(record =>
    encodeRecord(record, {
      offsetDelta: Number(record.offset) - baseOffset,
      timestampDelta: Number(record.timestamp ?? -1) - baseTimestampMs
    })
  )
  const bytes = Buffer.concat(encoded)
  return {
    bytes,
    start: 0,
    end: bytes.length,
    count: records.length,
    baseOffset,
    lastOffset: Number(records.at(-1)?.offset ?? baseOffset),
    baseTimestampMs,
    appendTimestampMs: null
  }
}

function encodeRecord(
  record: KafkajsRecord,
  deltas: { offsetDelta: number; timestampDelta: number }
): Buffer {
  const headers = Object.entries(record.headers ?? {}).flatMap(([key, value]) =>
    [value].flat().map(one => Buffer.concat([encodeField(Buffer.from(key)), encodeField(one)]))
  )
  const body = Buffer.concat([
    Buffer.of(0), // attributes
    encodeVarint(deltas.timestampDelta),
    encodeVarint(deltas.offsetDelta),
    encodeField(record.key),
    encodeField(record.value),
    encodeVarint(headers.length),
    ...headers
  ])
  return Buffer.concat([encodeVarint(body.length), body])
}

function encodeField(field: Buffer | null): Buffer {
  return field === null ? encodeVarint(-1) : Buffer.concat([encodeVarint(field.length), field])
}

/** Zigzag varint of any safe integer. */
function encodeVarint(value: number): Buffer {
  const bytes: number[] = []
  let left = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value)
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  bytes.push(Number(left))
  return Buffer.from(bytes)
}
