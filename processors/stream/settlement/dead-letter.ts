// A dead letter as Kafka keeps it: the key and the value of the message as they were, and the facts in headers. These
// are text under one prefix, so that every Kafka tool can show them; a header that is not known is passed over. Behind them
// stand the headers of the message's producer, but for those that have our prefix.

import type { Failure, Message } from '../../../connectors/connector.ts'
import type { AppendRecord } from '../../../connectors/kafka/log/log.ts'
import type { Header } from '../../../connectors/kafka/log/record-chunk.ts'
import { errors } from '../../../schemas/errors.ts'

const prefix = 'tailrace.'
/** What a target answered may be long, and must not make a record too large for Kafka. */
export const maxAnswerLength = 1_000

export interface DeadLetterFacts {
  readonly kind: 'refused'
  readonly stream: string
  /** Why it was set aside, by the code of schemas/errors.ts; a text, as it may be of another version. */
  readonly code: string
  /** The same as a sentence. */
  readonly reason: string
  /** What the target said. */
  readonly answer: string
  readonly attempts: number
  /** How often it had been resent before. */
  readonly resent: number
  /** It is as it came, and meets the steps when it is resent; else it is as the target was to get it. */
  readonly isRaw: boolean
  /** The number that it carries; null where it has none. */
  readonly sequence: number | null
  readonly originTopic: string
  readonly originPartition: number
  readonly originOffset: number
  /** When Kafka got the original, in Unix ms. */
  readonly originTimeMs: number
  /** When it was set aside, in Unix ms. */
  readonly timeMs: number
}

/** Why a message is set aside. */
export interface Death {
  readonly failure: Pick<Failure, 'code' | 'detail'>
  /** How often it was tried. */
  readonly attempts: number
  /** How often it had been resent before. */
  readonly resent?: number
  /** The steps have not been applied to it. */
  readonly isRaw?: boolean
  /** The number that it carries. */
  readonly sequence?: number | null
}

/** The record to append: copies of the message's bytes, so that one that waits does not retain a whole fetch. */
export function deadLetterOf(
  message: Message,
  { failure, attempts, resent = 0, isRaw = false, sequence = null }: Death,
  { stream, timeMs }: { readonly stream: string; readonly timeMs: number }
): AppendRecord {
  const isKeyless = message.keyEnd < message.keyStart
  const fields = {
    stream,
    code: failure.code,
    reason: errors[failure.code].sentence,
    answer: failure.detail.slice(0, maxAnswerLength),
    attempts: String(attempts),
    ...(resent > 0 && { resent: String(resent) }),
    ...(isRaw && { raw: 'true' }),
    ...(sequence !== null && { sequence: String(sequence) }),
    'origin.topic': message.origin.topic,
    'origin.partition': String(message.origin.partition),
    'origin.offset': String(message.offset),
    'origin.time': isoTime(message.timestampMs),
    time: isoTime(timeMs)
  }
  return {
    key: isKeyless ? null : Buffer.from(message.bytes.subarray(message.keyStart, message.keyEnd)),
    value: Buffer.from(message.value()),
    headers: factHeaders(fields),
    keptHeaders: producersHeaders(message.headers())
  }
}

/** Those that cannot be taken for ours. */
export function producersHeaders(headers: readonly Header[]): Header[] {
  return headers.filter(({ key }) => !key.startsWith(prefix))
}

/** Null for a record that is no dead letter of ours. */
export function decodeFacts(headers: readonly Header[]): DeadLetterFacts | null {
  const { fields, text } = readFacts(headers)
  const number = (name: string) => Number(fields.get(name) ?? Number.NaN)
  const facts = {
    kind: 'refused',
    stream: text('stream'),
    code: text('code'),
    reason: text('reason'),
    answer: text('answer'),
    attempts: number('attempts'),
    resent: Number(fields.get('resent') ?? 0),
    isRaw: fields.get('raw') === 'true',
    sequence: fields.has('sequence') ? number('sequence') : null,
    originTopic: text('origin.topic'),
    originPartition: number('origin.partition'),
    originOffset: number('origin.offset'),
    originTimeMs: Date.parse(text('origin.time')),
    timeMs: Date.parse(text('time'))
  } as const
  const isWhole = Object.values(facts).every(value => !Number.isNaN(value))
  return isWhole && facts.code !== '' && facts.originTopic !== '' ? facts : null
}

/** Facts by name as headers. */
export function factHeaders(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [prefix + name, value]))
}

/** The facts by name; `text` gives an empty one for what is not there. */
export function readFacts(headers: readonly Header[]) {
  const fields = new Map<string, string>()
  for (const { key, value } of headers)
    if (key.startsWith(prefix)) fields.set(key.slice(prefix.length), value?.toString() ?? '')
  return { fields, text: (name: string) => fields.get(name) ?? '' }
}

/** A producer may claim any time; what no calendar has is written as the beginning of time. */
export function isoTime(timeMs: number): string {
  const time = new Date(timeMs)
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString()
}
