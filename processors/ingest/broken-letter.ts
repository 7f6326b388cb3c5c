// A dead letter of a channel as Kafka keeps it: what a source received and could not read, byte for byte, and the facts
// in headers, like those of a stream's dead letters (stream/settlement/dead-letter.ts) as far as they have them.

import type { Broken } from '../../connectors/connector.ts'
import type { AppendRecord } from '../../connectors/kafka/log/log.ts'
import type { Header } from '../../connectors/kafka/log/record-chunk.ts'
import { errors } from '../../schemas/errors.ts'
import { factHeaders, isoTime, maxAnswerLength, readFacts } from '../stream/settlement/dead-letter.ts'

/** What is kept of something that Kafka does not take whole. */
const cutBytes = 65_536

export interface BrokenFacts {
  readonly kind: 'unread'
  readonly channel: string
  /** Why it was set aside, by the code of schemas/errors.ts; a text, as it may be of another version. */
  readonly code: string
  /** The same as a sentence. */
  readonly reason: string
  /** What is wrong with it. */
  readonly answer: string
  /** Where it came from: the MQTT topic, the address of the sender. */
  readonly from: string
  /** How many bytes it had, where only the first of them could be kept. */
  readonly cutFrom: number | null
  /** When it was set aside, in Unix ms. */
  readonly timeMs: number
}

export interface LetterOptions {
  readonly channel: string
  readonly timeMs: number
  /** Keep only its first bytes, and say so. */
  readonly isCut?: boolean
}

/** The record to append. */
export function brokenLetterOf(
  broken: Broken,
  { channel, timeMs, isCut = false }: LetterOptions
): AppendRecord {
  const { bytes, code, detail, device, from } = broken
  const isLonger = isCut && bytes.length > cutBytes
  const fields = {
    channel,
    code,
    reason: errors[code].sentence,
    answer: detail.slice(0, maxAnswerLength),
    from: from.slice(0, maxAnswerLength),
    ...(isLonger && { cut: String(bytes.length) }),
    time: isoTime(timeMs)
  }
  return {
    key: device === undefined ? null : Buffer.from(device),
    value: isLonger ? bytes.subarray(0, cutBytes) : bytes,
    headers: factHeaders(fields)
  }
}

/** Null for a record that is no dead letter of a channel. */
export function decodeBroken(headers: readonly Header[]): BrokenFacts | null {
  const { fields, text } = readFacts(headers)
  const cut = fields.get('cut')
  const facts = {
    kind: 'unread',
    channel: text('channel'),
    code: text('code'),
    reason: text('reason'),
    answer: text('answer'),
    from: text('from'),
    cutFrom: cut === undefined ? null : Number(cut),
    timeMs: Date.parse(text('time'))
  } as const
  const isWhole = Object.values(facts).every(value => !Number.isNaN(value))
  return isWhole && facts.code !== '' && facts.channel !== '' ? facts : null
}
