// What a record becomes for its channel: a message to append, or what is wrong with it.

import { maxMessageBytes } from '../../../schemas/message.ts'
import type { Incoming } from '../../connector.ts'
import { jsonOf, messageOf } from '../../shared/wialon/to-message.ts'
import { type RecordForm, type RecordProblem, readRecord } from '../codec/record.ts'
import type { WialonIpsFeed } from './feed.ts'

export interface Origin {
  readonly ident: string
  readonly receivedAtMs: number
}

/** `text` is without CRC and without a separator at its end. */
export function incomingOf(
  text: string,
  form: RecordForm,
  { ident, receivedAtMs, feed }: Origin & { readonly feed: WialonIpsFeed }
): Incoming | RecordProblem {
  const { rules, hdopName } = feed
  const report = readRecord(text, form, { unit: ident, receivedAtSeconds: receivedAtMs / 1000, hdopName })
  if (typeof report === 'string') return report
  const value = Buffer.from(jsonOf(messageOf(report, rules)))
  return value.length > maxMessageBytes ? 'parameters' : { key: Buffer.from(ident), value }
}
