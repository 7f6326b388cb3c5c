// One dead letter as the commands show it: of a stream, whose target refused it, or of a channel, whose source could not
// read it.

import type { LogRecord } from '../../../connectors/kafka/log/log.ts'
import { type BrokenFacts, decodeBroken } from '../../ingest/broken-letter.ts'
import { type DeadLetterFacts, decodeFacts } from '../../stream/settlement/dead-letter.ts'

export interface Letter<Facts = DeadLetterFacts> {
  readonly partition: number
  readonly offset: number
  readonly device: string | null
  readonly bytes: number
  readonly facts: Facts
}

/** Of a stream or of a channel. */
export type AnyLetter = Letter<DeadLetterFacts | BrokenFacts>

/** Null for a record that is no dead letter of a stream. Keeps nothing of the record's bytes. */
export function letterOf(partition: number, record: LogRecord): Letter | null {
  return letterWith(decodeFacts(record.headers), partition, record)
}

/** The same for those of a channel as well. */
export function anyLetterOf(partition: number, record: LogRecord): AnyLetter | null {
  return letterWith(decodeFacts(record.headers) ?? decodeBroken(record.headers), partition, record)
}

function letterWith<F>(
  facts: F | null,
  partition: number,
  { offset, key, value }: LogRecord
): Letter<F> | null {
  if (facts === null) return null
  return { partition, offset, device: key === null ? null : key.toString(), bytes: value?.length ?? 0, facts }
}

export const placeText = ({ partition, offset }: AnyLetter) => `${partition}:${offset}`

/** Where it stands in its channel or, if it never got there, where it came from. */
export function originText(facts: AnyLetter['facts']): string {
  if (facts.kind === 'unread') return facts.from
  return `${facts.originTopic}/${facts.originPartition} @ ${facts.originOffset}`
}

/** To the second. */
export const timeText = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 19)}Z`

/** For --json. */
export function jsonOf(letter: AnyLetter): Readonly<Record<string, unknown>> {
  const { facts, device, bytes } = letter
  return {
    place: placeText(letter),
    time: new Date(facts.timeMs).toISOString(),
    device,
    code: facts.code,
    reason: facts.reason,
    answer: facts.answer,
    ...(facts.kind === 'refused' ? refusedJson(facts) : unreadJson(facts)),
    bytes
  }
}

function refusedJson(facts: DeadLetterFacts) {
  return {
    attempts: facts.attempts,
    resent: facts.resent,
    origin: {
      topic: facts.originTopic,
      partition: facts.originPartition,
      offset: facts.originOffset,
      time: new Date(facts.originTimeMs).toISOString()
    },
    stream: facts.stream
  }
}

function unreadJson({ channel, cutFrom, from }: BrokenFacts) {
  return { from, channel, ...(cutFrom !== null && { cutFrom }) }
}
