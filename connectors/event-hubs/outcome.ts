// What answers of Event Hubs and failures of its connections mean to the engine: the one place where that is decided. Pure
// functions over the errors of the SDK; the table is in README.md of this folder and is tested entry by entry.

import { type ErrorCode, errors, FaultError, messageOf } from '../../schemas/errors.ts'
import type { Failure } from '../connector.ts'
import { hideTokens, type Mask } from '../shared/mask.ts'
import { detailOf, isTlsFailure, nativeCode } from '../shared/tls.ts'

/** A quota of the service is not free again in a moment. */
const quotaPauseMs = 60_000

/** The names that the SDK has for what the service answers, and what each means. */
const answers: ReadonlyMap<string, ErrorCode> = new Map([
  ['ServerBusyError', 'event_hubs_throttled'],
  ['QuotaExceededError', 'event_hubs_quota_exceeded'],
  ['MessageTooLargeError', 'event_hubs_too_large'],
  ['InvalidOperationError', 'event_hubs_rejected'],
  ['InvalidFieldError', 'event_hubs_rejected'],
  ['DecodeError', 'event_hubs_rejected'],
  ['ArgumentError', 'event_hubs_rejected'],
  ['ArgumentOutOfRangeError', 'event_hubs_rejected'],
  ['UnauthorizedError', 'event_hubs_unauthorized'],
  ['MessagingEntityDisabledError', 'event_hubs_hub_disabled'],
  ['MessagingEntityNotFoundError', 'event_hubs_hub_missing'],
  ['InternalServerError', 'event_hubs_unavailable'],
  ['ServiceCommunicationError', 'event_hubs_unavailable'],
  ['OperationCancelledError', 'event_hubs_unavailable'],
  ['ResourceLockedError', 'event_hubs_unavailable'],
  ['ResourceDeletedError', 'event_hubs_hub_missing'],
  ['SendOperationFailedError', 'event_hubs_unavailable'],
  ['ServiceUnavailableError', 'event_hubs_unanswered'],
  ['SenderBusyError', 'event_hubs_no_credit'],
  ['InsufficientCreditError', 'event_hubs_no_credit']
])

/** What the library for credentials throws, by its name. */
const credentialFaults: ReadonlyMap<string, ErrorCode> = new Map([
  ['AuthenticationError', 'event_hubs_credential_refused'],
  ['AuthenticationRequiredError', 'event_hubs_credential_refused'],
  ['AggregateAuthenticationError', 'event_hubs_credential_missing'],
  ['CredentialUnavailableError', 'event_hubs_credential_missing'],
  ['RestError', 'event_hubs_token_unavailable']
])

/** The outcome of messages that were sent and not accepted, by what the SDK threw. */
export function outcomeOfSend(error: unknown, mask: Mask): Failure {
  const { code, detail } = read(error)
  const told = shown(detail, mask)
  // A link that was open had a token: it may have expired, which a new connection shows.
  if (code === 'event_hubs_unauthorized') return failure('event_hubs_token_refused', told)
  if (code === undefined) return { kind: 'unknown', code: 'event_hubs_connection_lost', detail: told }
  const { kind } = failure(code, told)
  return kind === 'retry' ? askedToWait(code, told) : { kind, code, detail: told }
}

/** What it means that a connection did not come about. */
export function faultOfOpening(error: unknown, mask: Mask): FaultError {
  const own = flatten(error).find(one => one instanceof FaultError)
  if (own !== undefined) return own
  const { code = codeOfFailure(error), detail } = read(error)
  const isOfMessages = errors[code].outcome === 'reject'
  return new FaultError(isOfMessages ? 'event_hubs_link_refused' : code, { detail: shown(detail, mask) })
}

/** What it means that a connection ended that had come about. */
export function faultOfEnd(error: unknown, mask: Mask): FaultError {
  if (error instanceof FaultError) return error
  return new FaultError('event_hubs_connection_lost', { detail: shown(detailOf(error), mask) })
}

/** The outcome of messages whose connection ended; `sent` tells whether they may have reached the wire. */
export function outcomeOfFault(fault: FaultError, sent: boolean): Failure {
  const { code, detail = '' } = fault
  if (!sent && asks.has(code)) return askedToWait(code, detail)
  const kind = sent ? 'unknown' : fault.spec.outcome === 'halt' ? 'halt' : 'unsent'
  return { kind, code, detail }
}

/** By which the service asks for patience, also where it opens nothing. */
const asks = new Set<ErrorCode>(['event_hubs_throttled', 'event_hubs_quota_exceeded'])

function askedToWait(code: ErrorCode, detail: string): Failure {
  const retryAfterMs = code === 'event_hubs_quota_exceeded' ? quotaPauseMs : waitIn(detail)
  return { kind: 'retry', code, detail, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

/** As people may read it. */
export function shown(text: string, mask: Mask): string {
  return mask.apply(hideTokens(text))
}

interface Read {
  readonly code: ErrorCode | undefined
  readonly detail: string
}

/** The first of the errors inside that has a meaning of its own; else the first. */
function read(error: unknown): Read {
  const all = flatten(error)
  const known = all.find(one => codeOf(one) !== undefined) ?? all[0]
  const name = nameOf(known)
  const text = detailOf(known)
  return { code: codeOf(known), detail: name === '' || text.includes(name) ? text : `${name}: ${text}` }
}

/** The SDK puts what its attempts threw into each other. */
function flatten(error: unknown): unknown[] {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors.flatMap(flatten) : [error]
}

function codeOf(error: unknown): ErrorCode | undefined {
  const name = error instanceof Error ? error.name : ''
  const code = answers.get(nativeCode(error)) ?? answers.get(name) ?? credentialFaults.get(name)
  const isOutage = code === 'event_hubs_credential_missing' && /network/i.test(messageOf(error))
  return isOutage ? 'event_hubs_token_unavailable' : code
}

function nameOf(error: unknown): string {
  const code = nativeCode(error)
  return answers.has(code) ? code : ''
}

function codeOfFailure(error: unknown): ErrorCode {
  const natives = flatten(error).map(nativeCode)
  if (natives.some(isTlsFailure)) return 'event_hubs_tls_failed'
  if (natives.some(native => refusedConnects.has(native))) return 'event_hubs_connect_failed'
  return 'event_hubs_hung_up'
}

const refusedConnects = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']
])

/** `Please wait 4 seconds and try again.` */
function waitIn(text: string): number | undefined {
  const [, seconds] = /wait (\d{1,4}) seconds?/i.exec(text) ?? []
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}

function failure(code: ErrorCode, detail: string): Failure {
  return { kind: errors[code].outcome ?? 'unknown', code, detail }
}
