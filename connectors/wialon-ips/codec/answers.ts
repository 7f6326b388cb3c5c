// What a receiver answers, and what the answers mean: one table for who writes them and who reads them.

import { plainPacket } from './packet.ts'
import type { RecordProblem } from './record.ts'

/** To a login. */
export const loginAnswers = { accepted: '1', refused: '0', 'wrong password': '01', crc: '10' } as const

export type LoginAnswer = keyof typeof loginAnswers

/** To a single record: taken, or what is wrong with it. */
export type RecordAnswer = 'accepted' | RecordProblem | 'crc'

const shortAnswers = {
  structure: '-1',
  time: '0',
  accepted: '1',
  coordinates: '10',
  motion: '11',
  satellites: '12',
  crc: '13'
} as const satisfies Partial<Record<RecordAnswer, string>>

const extendedAnswers = {
  structure: '-1',
  time: '0',
  accepted: '1',
  coordinates: '10',
  motion: '11',
  satellites: '12',
  inputs: '13',
  adc: '14',
  parameters: '15',
  crc: '16'
} as const satisfies Record<RecordAnswer, string>

/** The answer to `#SD#` or `#D#`; a short record has no parts that only an extended one has. */
export function recordAnswer(type: 'SD' | 'D', answer: RecordAnswer): string {
  const answers: Partial<Record<RecordAnswer, string>> = type === 'SD' ? shortAnswers : extendedAnswers
  return plainPacket(`A${type}`, answers[answer] ?? shortAnswers.structure)
}

export function loginAnswer(answer: LoginAnswer): string {
  return plainPacket('AL', loginAnswers[answer])
}

/** Null when that is no answer to a login. */
export function readLoginAnswer(body: string): LoginAnswer | null {
  return keyOf(loginAnswers, body)
}

/** Null when that is no answer to `#D#`. */
export function readRecordAnswer(body: string): RecordAnswer | null {
  return keyOf(extendedAnswers, body)
}

function keyOf<K extends string>(table: Readonly<Record<K, string>>, value: string): K | null {
  const keys = Object.keys(table) as K[] // the keys are those of the table
  return keys.find(key => table[key] === value) ?? null
}
