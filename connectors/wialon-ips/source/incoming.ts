// What a record becomes for its channel: a message to append, or why it can be none.

import { maxMessageBytes } from '../../../schemas/message.ts'
import type { Incoming } from '../../connector.ts'
import { jsonOf, messageOf } from '../../shared/wialon/to-message.ts'
import { type RecordProblem, readRecord } from '../codec/record.ts'
import type { WialonIpsFeed } from './feed.ts'

export interface Origin {
  readonly ident: string
  readonly receivedAtMs: number
}

/** A record that can be a message. */
export interface Taken {
  readonly kind: 'taken'
  /** As it came. */
  readonly record: Buffer
  readonly message: Incoming
}

export interface Invalid {
  readonly kind: 'invalid'
  readonly record: Buffer
  readonly problem: RecordProblem
}

/** `record` is without CRC. */
export function incomingOf(
  record: Buffer,
  { ident, receivedAtMs, feed }: Origin & { readonly feed: WialonIpsFeed }
): Taken | Invalid {
  const { rules, hdopName } = feed
  const reading = { unit: ident, receivedAtSeconds: receivedAtMs / 1000, hdopName }
  const report = readRecord(record.toString(), reading)
  if (typeof report === 'string') return { kind: 'invalid', record, problem: report }
  const value = Buffer.from(jsonOf(messageOf(report, rules)))
  return value.length > maxMessageBytes
    ? { kind: 'invalid', record, problem: 'parameters' }
    : { kind: 'taken', record, message: { key: Buffer.from(ident), value } }
}
