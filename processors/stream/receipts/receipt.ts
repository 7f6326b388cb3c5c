// A receipt as Kafka keeps it: one JSON object, the last field of which is the SHA-256 of all that stands before it. Each
// names the hash of the one before in its partition, and the offset at which it was expected: nothing can be changed, taken
// out or put between without a hash that no longer fits. There is nothing beside the value, neither key nor headers.
//
//   delivered, refused   the message ended by an answer of the target
//   opened               from here on the partition is written by this owner (sole-writer.ts)

import { createHash } from 'node:crypto'
import type { AppendRecord } from '../../../connectors/kafka/log/log.ts'

/** What stands in the first receipt for the hash of the one before. */
export const beginning = '0'.repeat(64)

interface Chained {
  /** The offset of its record; where it lies elsewhere it is void. */
  readonly at: number
  readonly stream: string
  /** The partition of the channel, and of the receipts. */
  readonly partition: number
  readonly previous: string
  readonly hash: string
}

/** What became of one message. Times are ISO 8601. */
export interface Ending {
  readonly kind: 'delivered' | 'refused'
  readonly stream: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly device: string | null
  /** When Kafka got it. */
  readonly received: string
  /** The number that it carried; null where the stream gives none. */
  readonly number: number | null
  /** Of the bytes that were sent. */
  readonly sha256: string
  readonly destination: string
  readonly attempts: number
  /** When the answer came. */
  readonly answered: string
  readonly answer: string
  /** Why it was refused, by the code of schemas/errors.ts; null where it was delivered. */
  readonly code: string | null
}

export interface Opening {
  readonly kind: 'opened'
  readonly stream: string
  readonly partition: number
  readonly owner: string
  readonly group: string
  readonly opened: string
}

export type Receipt = Chained & (Ending | Opening)

/** The record of a receipt, and its hash. */
export function encodeReceipt(
  facts: Ending | Opening,
  { at, previous }: { readonly at: number; readonly previous: string }
): { readonly record: AppendRecord; readonly hash: string } {
  const { kind, ...rest } = facts
  const text = JSON.stringify({ v: 1, kind, at, ...rest, previous })
  const hash = sha256(text)
  return { hash, record: { key: null, value: Buffer.from(`${text.slice(0, -1)},"hash":"${hash}"}`) } }
}

const whole = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s

/** Null for bytes that are no receipt, or are not those that were written. */
export function decodeReceipt(value: Buffer | null): Receipt | null {
  const text = value?.toString() ?? ''
  const [, body, hash] = whole.exec(text) ?? []
  if (body === undefined || sha256(`${body}}`) !== hash || value?.equals(Buffer.from(text)) !== true)
    return null
  try {
    const fields = JSON.parse(text) as Partial<Record<string, unknown>> // what the rest relies on is looked at
    const { v, kind, at, partition, previous } = fields
    const isKnown = v === 1 && (kind === 'delivered' || kind === 'refused' || kind === 'opened')
    const isWhole = typeof at === 'number' && typeof partition === 'number' && typeof previous === 'string'
    return isKnown && isWhole ? (fields as unknown as Receipt) : null // its hash says that we wrote it
  } catch {
    return null
  }
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
