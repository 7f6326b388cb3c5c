// What an answer or a failure of the HTTP target means to the engine: the one place where that is decided. Pure
// functions; the table is in README.md of this folder and is tested entry by entry.

import { type ErrorCode, errors, FaultError } from '../../../schemas/errors.ts'
import type { Delivered, Failure, Outcome } from '../../connector.ts'
import { parseRetryAfter } from '../../shared/http/retry-after.ts'
import { detailOf, isTlsFailure, nativeCode } from '../../shared/tls.ts'
import type { Meaning } from '../config/answers.ts'

/** What the target answered. */
export interface Answer {
  readonly status: number
  /** The header as it came. */
  readonly retryAfter: string | undefined
  /** The beginning of the body, free of secrets. */
  readonly excerpt: string
}

/** What statuses mean that differ between receivers. */
export interface StatusRules {
  /** Those that confirm delivery; null means every 2xx but 207, whose body tells what became of each message. */
  readonly success: ReadonlySet<number> | null
  /** Those that refuse the device, whatever its messages hold. */
  readonly refusesDevice: ReadonlySet<number>
}

/** True when this status alone confirms that the target has the messages. */
export function confirms(status: number, { success }: StatusRules): boolean {
  return success === null ? status >= 200 && status < 300 && status !== 207 : success.has(status)
}

/** The outcome of a complete answer. `nowMs` is needed for a Retry-After that is a date. */
export function outcomeOfAnswer(answer: Answer, rules: StatusRules, nowMs: number): Outcome {
  if (confirms(answer.status, rules)) return confirmation(answer.status)
  if (rules.refusesDevice.has(answer.status)) return outcomeOfMeaning('reject-device', answer, nowMs)
  return failureOf(codeOfStatus(answer.status), answer, nowMs)
}

/** The outcome of an answer, or of what it says of one message, by what the configuration says that it means. */
export function outcomeOfMeaning(means: Meaning, answer: Answer, nowMs: number): Outcome {
  if (means === 'delivered') return confirmation(answer.status)
  const failure = failureOf(codesOfMeanings[means], answer, nowMs)
  return means === 'reject-device' ? { ...failure, scope: 'device' } : failure
}

const codesOfMeanings = {
  reject: 'http_rejected',
  'reject-device': 'http_device_refused',
  retry: 'http_retry_asked',
  halt: 'http_halt_asked'
} as const satisfies Record<Exclude<Meaning, 'delivered'>, ErrorCode>

/** An answer that has come and tells nothing: nobody knows what became of the messages. */
export function unreadable({ status, excerpt }: Answer, why: string): Failure {
  const detail = excerpt === '' ? `HTTP ${status}, ${why}` : `HTTP ${status}, ${why}: ${excerpt}`
  return { kind: 'unknown', code: 'http_answer_unreadable', detail }
}

/** The failure of an answer under a code, which decides its kind. */
export function failureOf(code: ErrorCode, answer: Answer, nowMs: number): Failure {
  const detail = answer.excerpt === '' ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${answer.excerpt}`
  const failure: Failure = { kind: kindOf(code), code, detail }
  if (failure.kind !== 'retry') return failure
  const retryAfterMs = parseRetryAfter(answer.retryAfter, nowMs)
  return retryAfterMs === undefined ? failure : { ...failure, retryAfterMs }
}

/** One object for each status, as it is made for every request. */
const confirmations = Array.from(
  { length: 500 },
  (_, status): Delivered => ({ kind: 'delivered', answer: `HTTP ${status}` })
)

/** Of an answer that says more of a message than its status. */
export function confirmationOf({ status, excerpt }: Answer): Delivered {
  return { kind: 'delivered', answer: `HTTP ${status}: ${excerpt}` }
}

function confirmation(status: number): Delivered {
  return confirmations[status] ?? { kind: 'delivered' }
}

/**
 * The outcome of an attempt that ended without a usable answer. `sent` tells whether the request may have reached
 * the wire: if it did, nobody knows what the target made of it.
 */
export function outcomeOfError(error: unknown, sent: boolean): Failure {
  const code = codeOfError(error, sent)
  const detail = detailOf(error)
  const { outcome } = errors[code]
  // What was found out before anything was sent, and is as it is: a message that does not fit, an address.
  if (outcome === 'halt' || outcome === 'reject') return { kind: outcome, code, detail }
  return { kind: sent ? 'unknown' : 'unsent', code, detail }
}

function codeOfStatus(status: number): ErrorCode {
  const known = codes.get(status)
  if (known !== undefined) return known
  if (status >= 200 && status < 300) return 'http_success_unlisted'
  if (status >= 300 && status < 400) return 'http_redirected'
  if (status >= 400 && status < 500) return 'http_rejected'
  if (status >= 500 && status < 600) return 'http_unavailable'
  return 'http_answer_malformed'
}

/** Statuses that differ from the rest of their class. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [207, 'http_parts_unread'],
  [401, 'http_unauthorized'],
  [403, 'http_unauthorized'],
  [404, 'http_address_refused'],
  [405, 'http_address_refused'],
  [407, 'http_unauthorized'],
  [408, 'http_unavailable'],
  [410, 'http_address_refused'],
  [413, 'http_too_large'],
  [425, 'http_unavailable'],
  [429, 'http_throttled'],
  [501, 'http_address_refused']
])

function kindOf(code: ErrorCode): Failure['kind'] {
  return errors[code].outcome ?? 'unknown'
}

function codeOfError(error: unknown, sent: boolean): ErrorCode {
  if (error instanceof FaultError) return error.code
  // The parser's error names itself only by its class; undici leaves its code out.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'http_answer_malformed'
  if (error instanceof Error && error.name === 'AbortError') return 'attempt_aborted'
  const native = nativeCode(error)
  if (isTlsFailure(native)) return 'http_tls_failed'
  const known = nativeCodes.get(native)
  if (known !== undefined) return known
  return sent ? 'http_connection_lost' : 'http_connect_failed'
}

/** Codes of the HTTP client whose meaning does not depend on whether the request was sent. */
const nativeCodes: ReadonlyMap<string, ErrorCode> = new Map([
  ['UND_ERR_HEADERS_OVERFLOW', 'http_answer_malformed'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'http_answer_incomplete'],
  ['UND_ERR_CONNECT_TIMEOUT', 'http_connect_timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'http_response_timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'http_body_timeout'],
  ['UND_ERR_ABORTED', 'attempt_aborted'],
  ['UND_ERR_CLOSED', 'attempt_aborted'],
  ['UND_ERR_DESTROYED', 'attempt_aborted'],
  ['UND_ERR_INVALID_ARG', 'target_threw'],
  ['UND_ERR_NOT_SUPPORTED', 'target_threw'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'target_threw']
])
