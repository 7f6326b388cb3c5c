// What is written into a held partition. The facts are JSON in one header, so that every Kafka tool can show them; the key
// is that of the device, and only a message that waits has a value: the message's own.
//
//   owner      from here on the partition is written by this owner; what others write behind it does not count
//   message    a message waits; without an owner it is a dead letter that a person has resent
//   released   what waited of a device up to `through` has ended
//   release    a person wants the device to be tried now
//   discard    a person wants what waits of the device up to here to go to the dead letters

import type { Message } from '../../../connectors/connector.ts'
import type { AppendRecord } from '../../../connectors/kafka/log/log.ts'
import type { Header, LogRecord } from '../../../connectors/kafka/log/record-chunk.ts'
import { producersHeaders } from '../settlement/dead-letter.ts'

const header = 'tailrace.held'
/** On a message whose bytes carry a number of the stream, which they keep. */
const sequenceHeader = 'tailrace.sequence'
/** What a target answered may be long, and must not make a record too large for Kafka. */
const maxAnswerLength = 1_000

/** Why a device waits: a code of schemas/errors.ts, as text since it may be of another version, and what the target said. */
export interface Why {
  readonly code: string
  readonly answer: string
}

/** A message that waits: which one it is, and why its device does. */
export interface HeldMessage extends Why {
  readonly kind: 'message'
  /** Who wrote it; null: it is a dead letter that a person has resent. */
  readonly owner: string | null
  /** The channel's topic; the partition has the number of the held one. */
  readonly topic: string
  readonly offset: number
  /** When Kafka got the original, in Unix ms. */
  readonly timestampMs: number
  /** When it was held, in Unix ms. */
  readonly heldMs: number
  /** How often it was resent. */
  readonly resent: number
  /** The place of the dead letter that was resent; null for a message of a channel. */
  readonly letter: string | null
  /** The steps have not been applied to it. */
  readonly isRaw: boolean
  /** The number that it carries; null where it has none. */
  readonly sequence: number | null
}

export interface Released {
  readonly kind: 'released'
  readonly owner: string
  readonly topic: string
  /** The held offset of the last message released. */
  readonly through: number
  /** The highest offset of their originals; -1 where all were resent. */
  readonly offset: number
  /** How many messages were released since the marker before. */
  readonly messages: number
}

export type HeldRecord =
  | HeldMessage
  | Released
  | { readonly kind: 'owner'; readonly owner: string }
  | { readonly kind: 'release' | 'discard'; readonly topic: string }

/** The record of a message that waits, with copies of its bytes. The headers of its producer stand behind ours. */
export function heldMessage(
  message: Message & { readonly isRaw?: boolean; readonly sequence?: number | null },
  { why, owner, nowMs }: { readonly why: Why; readonly owner: string; readonly nowMs: number }
): AppendRecord {
  return {
    key: Buffer.from(message.bytes.subarray(message.keyStart, message.keyEnd)),
    value: Buffer.from(message.value()),
    partition: message.origin.partition,
    keptHeaders: message.headers(),
    headers: headersOf({
      kind: 'message',
      owner,
      topic: message.origin.topic,
      offset: message.offset,
      timestampMs: message.timestampMs,
      code: why.code,
      answer: why.answer.slice(0, maxAnswerLength),
      heldMs: nowMs,
      resent: 0,
      letter: null,
      isRaw: message.isRaw === true,
      sequence: message.sequence ?? null
    })
  }
}

/** The record of a dead letter that is resent: it waits for its turn, and then goes to this stream's target only. */
export function resentMessage(
  letter: LogRecord,
  message: Omit<HeldMessage, 'kind' | 'owner'>,
  partition: number
): AppendRecord {
  const { key, value } = letter
  const headers = headersOf({ kind: 'message', owner: null, ...message })
  return { key, value, partition, headers, keptHeaders: producersHeaders(letter.headers) }
}

/** The headers of a held record that are those of its message. */
export function headersBehind(headers: readonly Header[]): readonly Header[] {
  return headers.slice(1 + headers.findIndex(({ key }) => key === header))
}

/** A record without a value: all that it says is in its headers. `key` is that of the device, where it is of one. */
export function heldNote(note: HeldRecord, partition: number, key: Buffer | null = null): AppendRecord {
  return { key, value: null, partition, headers: headersOf(note) }
}

/** The number stands in a header of its own, as in a dead letter; what stands behind the facts is of the message's producer. */
function headersOf(record: HeldRecord): Record<string, string> {
  if (record.kind !== 'message') return { [header]: JSON.stringify(record) }
  const { sequence, ...facts } = record
  return {
    ...(sequence !== null && { [sequenceHeader]: String(sequence) }),
    [header]: JSON.stringify(facts)
  }
}

/** Null for a record that is none of ours. */
export function decodeHeld(headers: readonly Header[]): HeldRecord | null {
  const text = textOf(headers, header)
  if (text === undefined) return null
  try {
    const record = checked(JSON.parse(text) as Partial<Record<string, unknown>>) // every field is looked at
    if (record?.kind !== 'message') return record
    const ours = headers.slice(
      0,
      headers.findIndex(({ key }) => key === header)
    )
    const sequence = textOf(ours, sequenceHeader)
    return { ...record, sequence: sequence === undefined ? null : Number(sequence) }
  } catch {
    return null
  }
}

function textOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find(({ key }) => key === name)?.value?.toString()
}

/** The fields of each kind, by what they are. */
const shapes: Readonly<Record<HeldRecord['kind'], { texts: readonly string[]; numbers: readonly string[] }>> =
  {
    owner: { texts: ['owner'], numbers: [] },
    message: { texts: ['topic', 'code', 'answer'], numbers: ['offset', 'timestampMs', 'heldMs', 'resent'] },
    released: { texts: ['owner', 'topic'], numbers: ['through', 'offset', 'messages'] },
    release: { texts: ['topic'], numbers: [] },
    discard: { texts: ['topic'], numbers: [] }
  }

function checked(fields: Partial<Record<string, unknown>>): HeldRecord | null {
  const { kind } = fields
  const shape =
    typeof kind === 'string' && Object.hasOwn(shapes, kind) ? shapes[kind as HeldRecord['kind']] : null
  const isWhole =
    shape?.texts.every(name => typeof fields[name] === 'string') &&
    shape.numbers.every(name => typeof fields[name] === 'number')
  if (!isWhole) return null
  const filled: unknown = kind === 'message' ? { owner: null, letter: null, isRaw: false, ...fields } : fields
  return filled as HeldRecord // its shape was checked above
}
