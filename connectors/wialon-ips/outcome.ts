// What an answer or a failure of the Wialon IPS target means to the engine: the one place where that is decided. Pure
// functions; the table is in README.md of this folder and is tested entry by entry.

import { FaultError, messageOf } from '../../schemas/errors.ts'
import { delivered, type Failure, type Outcome } from '../connector.ts'
import { type LoginAnswer, readLoginAnswer, readRecordAnswer } from './codec/answers.ts'
import type { RecordProblem } from './codec/record.ts'

/** The receiver did not let a device in. */
export class LoginRefused extends Error {
  readonly answer: Exclude<LoginAnswer, 'accepted'>

  constructor(answer: Exclude<LoginAnswer, 'accepted'>) {
    super('the login was refused')
    this.name = 'LoginRefused'
    this.answer = answer
  }
}

/** Throws LoginRefused, or a FaultError for what is no answer to a login. */
export function checkLogin(body: string): void {
  const answer = readLoginAnswer(body)
  if (answer === null) throw unexpected(`#AL#${body}`)
  if (answer !== 'accepted') throw new LoginRefused(answer)
}

/**
 * The outcome when a device could not log in: nothing of its messages was sent. There is one password for all devices, so a
 * wrong one concerns them all, unless others have logged in with it: then it is this device that wants another.
 */
export function outcomeOfLogin(error: unknown, othersAreIn: boolean): Failure {
  if (!(error instanceof LoginRefused)) return unsent(faultOf(error, 'wialon_ips_connect_failed'))
  if (error.answer === 'crc')
    return { kind: 'unsent', code: 'wialon_ips_crc_refused', detail: 'of the login' }
  if (error.answer === 'refused')
    return { kind: 'reject', scope: 'device', code: 'wialon_ips_device_refused', detail: 'it answered #AL#0' }
  return othersAreIn
    ? {
        kind: 'reject',
        scope: 'device',
        code: 'wialon_ips_password_of_device',
        detail: 'it answered #AL#01, though other devices have logged in with the same password'
      }
    : { kind: 'halt', code: 'wialon_ips_password_refused', detail: 'it answered #AL#01' }
}

const problems: Readonly<Record<RecordProblem, string>> = {
  structure: 'the structure of the packet',
  time: 'the time',
  coordinates: 'the coordinates',
  motion: 'speed, course or altitude',
  satellites: 'satellites or HDOP',
  inputs: 'inputs or outputs',
  adc: 'the ADC values',
  parameters: 'the parameters'
}

/** What `#AD#` says about the one message that was sent. */
export function outcomeOfRecord(body: string): Outcome {
  const answer = readRecordAnswer(body)
  if (answer === null) return failureOf(unexpected(`#AD#${body}`))
  if (answer === 'accepted') return delivered
  if (answer === 'crc') return { kind: 'retry', code: 'wialon_ips_crc_refused', detail: 'of a message' }
  return {
    kind: 'reject',
    code: 'wialon_ips_rejected',
    detail: `it answered #AD#${body}: ${problems[answer]}`
  }
}

/**
 * What `#AB#` says about `sent` messages: how many were taken, and not which. Unless it is all of them, none counts as
 * delivered.
 */
export function outcomeOfBox(body: string, sent: number): Outcome {
  if (body === '') return { kind: 'retry', code: 'wialon_ips_crc_refused', detail: 'of a black box' }
  const taken = /^\d{1,9}$/.test(body) ? Number(body) : Number.POSITIVE_INFINITY
  if (taken === sent) return delivered
  if (taken > sent) return failureOf(unexpected(`#AB#${body} to ${sent} messages`))
  return { kind: 'unknown', code: 'wialon_ips_partly_taken', detail: `${taken} of ${sent} messages` }
}

/** The outcome of messages that were sent and not answered. */
export function outcomeOfExchange(error: unknown): Failure {
  return failureOf(faultOf(error, 'wialon_ips_connection_lost'))
}

/** The outcome of messages of which nothing was written. */
export function unsent({ code, detail }: FaultError): Failure {
  return { kind: 'unsent', code, detail: detail ?? '' }
}

/** The outcome of a message for which the protocol has no record. */
export function outcomeOfRefusal(reason: string): Failure {
  return { kind: 'reject', code: 'wialon_ips_unencodable', detail: reason }
}

/** An answer that the protocol does not have at this place. */
export function unexpected(said: string): FaultError {
  return new FaultError('wialon_ips_answer_unexpected', { detail: excerptOf(said) })
}

const excerptLength = 60

function excerptOf(said: string): string {
  return JSON.stringify(said.length > excerptLength ? `${said.slice(0, excerptLength)}…` : said)
}

function failureOf({ code, detail }: FaultError): Failure {
  return { kind: 'unknown', code, detail: detail ?? '' }
}

/** Node tries all addresses of a name and reports one error that has the others inside and no message of its own. */
export function faultOf(
  error: unknown,
  code: 'wialon_ips_connect_failed' | 'wialon_ips_login_unanswered' | 'wialon_ips_connection_lost'
): FaultError {
  if (error instanceof FaultError) return error
  const detail =
    error instanceof AggregateError && error.message === ''
      ? error.errors.map(messageOf).join('; ')
      : messageOf(error)
  return new FaultError(code, { detail, cause: error })
}
