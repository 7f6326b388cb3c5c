// Why something waits or is halted, of a stream, a source or the start of Tailrace, and how people read it in /status and
// the log.

import { type ErrorCode, errors } from '../schemas/errors.ts'

/** Why it waits or is halted. */
export interface Trouble {
  readonly code: ErrorCode
  readonly detail: string
  /** When it is tried again, in Unix ms; null when nothing is tried by itself. */
  readonly untilMs: number | null
  /** How many attempts have failed in a row. */
  readonly attempt: number
}

/** A trouble as people read it. */
export interface TroubleReport {
  readonly code: ErrorCode
  readonly sentence: string
  readonly detail: string
  readonly hint?: string
  readonly attempt: number
  readonly nextAttempt: string | null
}

export function reportTrouble(trouble: Trouble): TroubleReport {
  const { sentence, hint } = errors[trouble.code]
  return {
    code: trouble.code,
    sentence,
    detail: trouble.detail,
    ...(hint === undefined ? {} : { hint }),
    attempt: trouble.attempt,
    nextAttempt: trouble.untilMs === null ? null : new Date(trouble.untilMs).toISOString()
  }
}
