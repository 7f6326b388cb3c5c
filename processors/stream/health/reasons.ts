// Why messages do not reach the target although the stream runs: devices wait in the held topic, or messages were set aside. The
// log tells of each; here is what /status shows of the one that says most.

import { type ErrorCode, errors } from '../../../schemas/errors.ts'
import type { WaitingDevice } from '../held/waiting-device.ts'
import { reportTrouble, type TroubleReport } from './state.ts'

/** What waits in the held topic. */
export interface HeldStatus {
  readonly devices: number
  readonly messages: number
  /** Why the device waits that has waited longest, and when it is tried next; "tailrace held" tells of each. */
  readonly trouble?: TroubleReport
}

export interface LastDeadLetter {
  readonly code: ErrorCode
  /** When Kafka had it, in Unix ms. */
  readonly atMs: number
}

/** The dead letter that was written last. */
export interface LastDeadLetterReport {
  readonly code: ErrorCode
  readonly sentence: string
  readonly hint?: string
  /** In ISO 8601. */
  readonly at: string
}

export function heldStatus(held: readonly WaitingDevice[]): HeldStatus {
  const messages = held.reduce((total, { count }) => total + count, 0)
  let longest = held[0]
  for (const device of held) if (longest === undefined || device.sinceMs < longest.sinceMs) longest = device
  const trouble = longest && troubleOf(longest)
  return { devices: held.length, messages, ...(trouble && { trouble }) }
}

/** Nothing where the record tells a code of another version. */
function troubleOf({ why, failures, untilMs }: WaitingDevice): TroubleReport | undefined {
  const { code, answer: detail } = why
  return isCode(code) ? reportTrouble({ code, detail, untilMs, attempt: failures }) : undefined
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code)
}

export function lastDeadLetterReport({ code, atMs }: LastDeadLetter): LastDeadLetterReport {
  const { sentence, hint } = errors[code]
  return { code, sentence, ...(hint !== undefined && { hint }), at: new Date(atMs).toISOString() }
}
