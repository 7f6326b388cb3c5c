// What a sender gets when its request was not accepted: one shape for every fault, the status from schemas/errors.ts.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { BadEntries } from './messages.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The content type of every answer, as fastify would complete it. */
export const jsonType = 'application/json; charset=utf-8'

const headersOf: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  token_refused: { 'www-authenticate': 'Bearer' },
  method_not_allowed: { allow: 'POST' },
  kafka_unavailable: { 'retry-after': '5' },
  overloaded: { 'retry-after': '1' }
}

/** The fault as the sender sees it. Faults that are not about the request tell nothing of what is behind it. */
export function answerTo(fault: FaultError): Answer {
  const { code } = fault
  const error = { code, message: sentenceTo(fault), ...(fault instanceof BadEntries && entriesOf(fault)) }
  return {
    status: fault.spec.httpStatus ?? 500,
    headers: { 'content-type': jsonType, ...headersOf[code] },
    body: JSON.stringify({ error })
  }
}

function sentenceTo(fault: FaultError): string {
  if (fault.code === 'kafka_unavailable') {
    return `${fault.spec.sentence}. A part of them may be stored: send the whole request again`
  }
  return (fault.spec.httpStatus ?? 500) < 500 ? fault.message : fault.spec.sentence
}

function entriesOf(fault: BadEntries) {
  const more = fault.count - fault.listed.length
  return { entries: fault.listed, ...(more > 0 && { moreEntries: more }) }
}

/** The fault behind anything thrown while receiving. What Kafka did not take for whatever reason can be repeated. */
export function asFault(error: unknown): FaultError {
  if (!(error instanceof FaultError)) return new FaultError('internal', { cause: error })
  if (error.spec.httpStatus !== undefined) return error
  return new FaultError('kafka_unavailable', { cause: error })
}
