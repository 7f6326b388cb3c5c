// What a sender gets when its request was not accepted: one shape for every fault, the status from schemas/errors.ts.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { BadEntries } from './body/messages.ts'
import { RateLimited } from './senders/pace.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The content type of every answer, as fastify would complete it. */
export const jsonType = 'application/json; charset=utf-8'

const headersOf: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  token_refused: { 'www-authenticate': 'Bearer' },
  kafka_unavailable: { 'retry-after': '5' },
  overloaded: { 'retry-after': '1' }
}

/** What was thrown after the first entries of a request had been stored. */
export class PartlyStored extends Error {
  readonly stored: number

  constructor(cause: unknown, stored: number) {
    super('a request was stored in part', { cause })
    this.name = 'PartlyStored'
    this.stored = stored
  }
}

/** Why a request was refused, and how many of its entries are stored nevertheless: the first ones. */
export interface RefusedRequest {
  readonly fault: FaultError
  readonly stored: number
}

/** What to make of anything thrown while receiving. What Kafka did not take for whatever reason can be repeated. */
export function refusalOf(error: unknown): RefusedRequest {
  if (error instanceof PartlyStored) return { fault: asFault(error.cause), stored: error.stored }
  return { fault: asFault(error), stored: 0 }
}

function asFault(error: unknown): FaultError {
  if (!(error instanceof FaultError)) return new FaultError('internal', { cause: error })
  if (error.spec.httpStatus !== undefined) return error
  return new FaultError('kafka_unavailable', { cause: error })
}

/** The refusal as the sender sees it. Faults that are not about the request tell nothing of what is behind it. */
export function answerTo({ fault, stored }: RefusedRequest): Answer {
  const { code } = fault
  const message = `${sentenceTo(fault)}${consequence(code, stored)}`
  const error = {
    code,
    message,
    ...(stored > 0 && { stored }),
    ...(fault instanceof BadEntries && entriesOf(fault))
  }
  return {
    status: fault.spec.httpStatus ?? 500,
    headers: {
      'content-type': jsonType,
      ...headersOf[code],
      ...(fault instanceof RateLimited && { 'retry-after': String(fault.retryAfterSeconds) })
    },
    body: JSON.stringify({ error })
  }
}

function sentenceTo(fault: FaultError): string {
  return (fault.spec.httpStatus ?? 500) < 500 ? fault.message : fault.spec.sentence
}

/** What is stored of the request, where the sender might wonder. */
function consequence(code: ErrorCode, stored: number): string {
  const from = stored > 0 ? `from entry ${stored} on, since those before it are stored` : ''
  if (code === 'kafka_unavailable') {
    const again = stored > 0 ? `it again ${from}` : 'the whole request again'
    return `. A part of them may be stored: send ${again}`
  }
  if (stored > 0) return `. Send it again ${from}`
  return code === 'message_invalid' ? '. None was stored' : ''
}

function entriesOf(fault: BadEntries) {
  const more = fault.count - fault.listed.length
  return { entries: fault.listed, ...(more > 0 && { moreEntries: more }) }
}
