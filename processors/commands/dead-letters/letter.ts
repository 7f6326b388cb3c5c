// One dead letter as the commands show it.

import type { LogRecord } from '../../../connectors/kafka/log/log.ts'
import { type DeadLetterFacts, decodeFacts } from '../../stream/settlement/dead-letter.ts'

export interface Letter {
  readonly partition: number
  readonly offset: number
  readonly device: string | null
  readonly bytes: number
  readonly facts: DeadLetterFacts
}

/** Null for a record that is no dead letter of ours. Keeps nothing of the record's bytes. */
export function letterOf(partition: number, { offset, key, value, headers }: LogRecord): Letter | null {
  const facts = decodeFacts(headers)
  if (facts === null) return null
  return { partition, offset, device: key === null ? null : key.toString(), bytes: value?.length ?? 0, facts }
}

export const placeText = ({ partition, offset }: Letter) => `${partition}:${offset}`

export const originText = ({ originTopic, originPartition, originOffset }: DeadLetterFacts) =>
  `${originTopic}/${originPartition} @ ${originOffset}`

/** To the second. */
export const timeText = (timeMs: number) => `${new Date(timeMs).toISOString().slice(0, 19)}Z`

/** For --json. */
export function jsonOf(letter: Letter): Readonly<Record<string, unknown>> {
  const { facts, device, bytes } = letter
  return {
    place: placeText(letter),
    time: new Date(facts.timeMs).toISOString(),
    device,
    code: facts.code,
    reason: facts.reason,
    answer: facts.answer,
    attempts: facts.attempts,
    resent: facts.resent,
    origin: {
      topic: facts.originTopic,
      partition: facts.originPartition,
      offset: facts.originOffset,
      time: new Date(facts.originTimeMs).toISOString()
    },
    stream: facts.stream,
    bytes
  }
}
