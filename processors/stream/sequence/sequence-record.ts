// What the topic of numbers holds. The value of a number is the message as it is sent, number and all; what is said of it
// is JSON in one header, so that every Kafka tool can show it. A record counts where it lies at the offset `at`.
//
//   number   the message at `place` has this number; the newest of a device tells where its numbers go on
//   claim    from here on the partition is written by this owner (sole-writer.ts)

import type { AppendRecord, LogRecord } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'

const header = 'tailrace.number'

/** A number that was given to a message. */
export interface NumberFacts {
  readonly kind: 'number'
  readonly at: number
  /** Of the channel. */
  readonly topic: string
  /** Which message: `c` and its offset in the channel, or of a dead letter that was resent `h` and its offset in the held topic. */
  readonly place: string
  /** Its Kafka key, a character for each byte. */
  readonly device: string
  /** Of its record, in Unix ms, whatever its producer wrote there: a topic that was made anew holds another message at that place. */
  readonly timeMs: number
  readonly number: number
}

export type SequenceFacts =
  | NumberFacts
  | { readonly kind: 'claim'; readonly at: number; readonly owner: string; readonly group: string }

export interface SequenceRecord {
  readonly key: string
  readonly value: Buffer
  readonly facts: SequenceFacts
}

const nothing = Buffer.alloc(0)

/** What a record takes beside the message: its key and its header, roughly. */
export const recordOverheadBytes = 200

export function encodeSequence({ key, value, facts }: SequenceRecord): AppendRecord {
  return { key: Buffer.from(key), value, headers: { [header]: JSON.stringify(facts) } }
}

/** A claim has no message, and may not be taken for a tombstone. */
export function encodeClaim(key: string, claim: { owner: string; group: string; at: number }): AppendRecord {
  return encodeSequence({ key, value: nothing, facts: { kind: 'claim', ...claim } })
}

/** Null for a record that is none of ours. Throws a FaultError `sequence_unreadable` for one of ours that tells no number. */
export function decodeSequence({
  headers,
  offset
}: Pick<LogRecord, 'headers' | 'offset'>): SequenceFacts | null {
  const text = headers.find(({ key }) => key === header)?.value?.toString()
  if (text === undefined) return null
  const facts = factsOf(text)
  if (facts === null) throw new FaultError('sequence_unreadable', { detail: `offset ${offset}: ${text}` })
  return facts
}

function factsOf(text: string): SequenceFacts | null {
  try {
    const facts = JSON.parse(text) as Partial<Record<string, unknown>> // every field is looked at
    const { kind, at, owner, group, topic, place, device, timeMs, number } = facts
    if (typeof at !== 'number') return null
    if (kind === 'claim')
      return typeof owner === 'string' && typeof group === 'string' ? { kind, at, owner, group } : null
    const isWhole =
      [topic, place, device].every(one => typeof one === 'string') &&
      typeof timeMs === 'number' &&
      Number.isSafeInteger(number)
    return kind === 'number' && isWhole ? (facts as unknown as NumberFacts) : null // its fields were looked at
  } catch {
    return null
  }
}
