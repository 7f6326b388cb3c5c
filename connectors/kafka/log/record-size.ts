// How large records are: in memory, and for a topic that may refuse them. Sizes are checked before anything of an
// append is sent, so that an append which is refused for its size leaves nothing behind.

import { FaultError } from '../../../schemas/errors.ts'
import { batchBytesOf } from './encode-records.ts'
import type { AppendRecord } from './log.ts'

/** Bytes that a record costs in memory beside its key, value and headers; more than it adds in Kafka. */
const recordOverheadBytes = 128

/** Bytes in memory. */
export function sizeOf(record: AppendRecord): number {
  let bytes = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of Object.entries(record.headers ?? {})) bytes += name.length + value.length
  for (const { key, value } of record.keptHeaders ?? []) bytes += key.length + (value?.length ?? 0)
  return bytes
}

/** Undefined when the topic takes each of the records, otherwise `body_too_large` with the first that it does not. */
export function oversize(
  topic: string,
  records: readonly AppendRecord[],
  maxBytes: number
): FaultError | undefined {
  const index = records.findIndex(record => sizeOf(record) > maxBytes && batchBytesOf(record) > maxBytes)
  const record = records[index]
  if (record === undefined) return undefined
  const detail = `entry ${index} takes ${batchBytesOf(record)} bytes in Kafka, and max.message.bytes of the topic is ${maxBytes}`
  return new FaultError('body_too_large', { path: topic, detail })
}
