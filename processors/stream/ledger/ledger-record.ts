// What the ledger says of one device, as Kafka keeps it: one record for each device and channel, whose key is
// `<topic>/<device>`, so that compaction leaves the newest. The value is JSON, so that every Kafka tool can show it.

import type { AppendRecord, LogRecord } from '../../../connectors/kafka/log/log.ts'

/** How the messages of a device ended, and the last that was delivered. */
export interface DeviceLedger {
  /** The highest offset that was delivered; -1 while none was. */
  offset: number
  /** When Kafka got that message, and when the target confirmed it, in Unix ms. */
  messageMs: number
  confirmedMs: number
  /** What the target said; empty where it says nothing beyond yes. */
  answer: string
  /** Messages that were confirmed (a repeat counts again), set aside, and too old to be sent, as far as is known. */
  delivered: number
  deadLettered: number
  expired: number
}

export interface LedgerRecord extends DeviceLedger {
  readonly topic: string
  readonly device: string
}

export const nothingYet = (): DeviceLedger => ({
  ...{ offset: -1, messageMs: 0, confirmedMs: 0, answer: '' },
  ...{ delivered: 0, deadLettered: 0, expired: 0 }
})

/** The record to append, beside the partition of the channel. */
export function encodeLedger(record: LedgerRecord, partition: number): AppendRecord {
  const { topic, device } = record
  return { key: Buffer.from(`${topic}/${device}`), value: Buffer.from(JSON.stringify(record)), partition }
}

/** Null for a record that is none of ours. */
export function decodeLedger({ value }: LogRecord): LedgerRecord | null {
  if (value === null) return null
  try {
    const fields = JSON.parse(value.toString()) as Partial<Record<string, unknown>> // every field is looked at
    const texts = [fields.topic, fields.device, fields.answer].every(field => typeof field === 'string')
    const { offset, messageMs, confirmedMs, delivered, deadLettered, expired } = fields
    const numbers = [offset, messageMs, confirmedMs, delivered, deadLettered, expired]
    const isWhole = texts && numbers.every(field => typeof field === 'number')
    return isWhole ? (fields as unknown as LedgerRecord) : null
  } catch {
    return null
  }
}

/** What was known before, and what came since. */
export function added(before: DeviceLedger, since: DeviceLedger): DeviceLedger {
  const newest = since.offset >= before.offset && since.offset >= 0 ? since : before
  return {
    offset: newest.offset,
    messageMs: newest.messageMs,
    confirmedMs: newest.confirmedMs,
    answer: newest.answer,
    delivered: before.delivered + since.delivered,
    deadLettered: before.deadLettered + since.deadLettered,
    expired: before.expired + since.expired
  }
}
