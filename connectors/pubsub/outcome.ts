// What the answers of Google Pub/Sub, and failures on the way to it, mean to the engine: the one place where that is
// decided. Pure functions; the table is in README.md of this folder and is tested entry by entry.

import { type ErrorCode, errors, FaultError } from '../../schemas/errors.ts'
import type { Failure } from '../connector.ts'
import { detailOf, isTlsFailure, nativeCode } from '../shared/tls.ts'

/** How a call ended that was not confirmed. */
export interface CallStatus {
  /** Of gRPC: google/rpc/code.proto. */
  readonly code: number
  readonly details: string
  /** The server has said so; otherwise the client made it up when the connection broke. */
  readonly isAnswer: boolean
  /** When to come back, in ms, where the server says so. */
  readonly retryAfterMs?: number
}

export interface StatusRules {
  /** Messages have topics of their own, so that one that is refused is a matter of its device. */
  readonly haveTopics: boolean
}

const names: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED'
]

/** Of all but UNKNOWN and INTERNAL, which a message may provoke, it is known that the messages were not taken. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [2, 'pubsub_failed'],
  [3, 'pubsub_rejected'],
  [5, 'pubsub_topic_missing'],
  [6, 'pubsub_not_taken'],
  [7, 'pubsub_forbidden'],
  [8, 'pubsub_throttled'],
  [9, 'pubsub_not_taken'],
  [10, 'pubsub_not_taken'],
  [11, 'pubsub_not_taken'],
  [12, 'pubsub_unimplemented'],
  [13, 'pubsub_failed'],
  [14, 'pubsub_unavailable'],
  [16, 'pubsub_unauthenticated']
])

/** INVALID_ARGUMENT: the request as a whole is refused, because of one of its messages or more. */
export function isRefusal({ code, isAnswer }: CallStatus): boolean {
  return code === 3 && isAnswer
}

/** UNAUTHENTICATED: an access token may have expired. */
export function isTokenRefusal({ code, isAnswer }: CallStatus): boolean {
  return code === 16 && isAnswer
}

/** The outcome of a request that was sent and not confirmed. `details` must be free of secrets. */
export function outcomeOfStatus(status: CallStatus, { haveTopics }: StatusRules): Failure {
  const { code: number, details, isAnswer, retryAfterMs } = status
  const name = names[number] ?? `status ${number}`
  const detail = details === '' ? name : `${name}: ${details}`
  if (!isAnswer) return { kind: 'unknown', code: 'pubsub_connection_lost', detail }
  if (haveTopics && (number === 5 || number === 7))
    return { kind: 'reject', scope: 'device', code: 'pubsub_device_refused', detail }
  const code = codes.get(number) ?? 'pubsub_unclear'
  const failure: Failure = { kind: errors[code].outcome ?? 'unknown', code, detail }
  return failure.kind === 'retry' && retryAfterMs !== undefined ? { ...failure, retryAfterMs } : failure
}

/** The outcome of a failure that is no answer. `sent`: whether the request may have been written. */
export function outcomeOfFault({ code, detail = '' }: FaultError, sent: boolean): Failure {
  const { outcome } = errors[code]
  if (outcome === 'halt' || outcome === 'reject') return { kind: outcome, code, detail }
  return { kind: sent ? 'unknown' : 'unsent', code, detail }
}

/** Why a connection did not come about: `text` is what gRPC says, `error` what TLS did, where it was that. */
export function connectFault(text: string, error: unknown): FaultError {
  if (error !== undefined && isTlsFailure(nativeCode(error)))
    return new FaultError('pubsub_tls_failed', { detail: detailOf(error), cause: error })
  return new FaultError('pubsub_connect_failed', { detail: oneLine(text) })
}

/**
 * Such answers of a token server say that the credentials are wrong, or, as a metadata server does, that there are none; others that it is
 * of no use now.
 */
const credentialStatuses = new Set([400, 401, 403, 404])
/** Of a file with credentials that is not there, or is none. */
const fileCodes = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'])

/** Why there is no access token: what Google's library threw. */
export function tokenFault(error: unknown): FaultError {
  if (error instanceof FaultError) return error
  const response = error instanceof Error && 'response' in error ? error.response : undefined
  const status = typeof response === 'object' && response !== null && 'status' in response && response.status
  const native = nativeCode(error)
  const isWrong =
    typeof status === 'number' ? credentialStatuses.has(status) : native === '' || fileCodes.has(native)
  return new FaultError(isWrong ? 'pubsub_credentials_missing' : 'pubsub_token_unavailable', {
    detail: detailOf(error)
  })
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
