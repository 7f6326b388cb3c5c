// What every status and every error of a socket or of the HTTP client means, entry by entry.

import test from 'ava'
import { outcomeOfAnswer, outcomeOfError } from '../../../connectors/http/answer/outcome.ts'
import { parseRetryAfter } from '../../../connectors/shared/http/retry-after.ts'
import { type ErrorCode, errors, FaultError, type OutcomeKind } from '../../../schemas/errors.ts'

const nowMs = Date.UTC(2026, 2, 1, 12, 0, 0)

const statuses: readonly [from: number, to: number, kind: OutcomeKind, code?: ErrorCode][] = [
  [200, 206, 'delivered'],
  [207, 207, 'halt', 'http_parts_unread'],
  [208, 299, 'delivered'],
  [300, 399, 'halt', 'http_redirected'],
  [400, 400, 'reject', 'http_rejected'],
  [401, 401, 'halt', 'http_unauthorized'],
  [402, 402, 'reject', 'http_rejected'],
  [403, 403, 'halt', 'http_unauthorized'],
  [404, 405, 'halt', 'http_address_refused'],
  [406, 406, 'reject', 'http_rejected'],
  [407, 407, 'halt', 'http_unauthorized'],
  [408, 408, 'retry', 'http_unavailable'],
  [409, 409, 'reject', 'http_rejected'],
  [410, 410, 'halt', 'http_address_refused'],
  [411, 412, 'reject', 'http_rejected'],
  [413, 413, 'reject', 'http_too_large'],
  [414, 424, 'reject', 'http_rejected'],
  [425, 425, 'retry', 'http_unavailable'],
  [426, 428, 'reject', 'http_rejected'],
  [429, 429, 'retry', 'http_throttled'],
  [430, 499, 'reject', 'http_rejected'],
  [500, 500, 'retry', 'http_unavailable'],
  [501, 501, 'halt', 'http_address_refused'],
  [502, 599, 'retry', 'http_unavailable'],
  [600, 999, 'unknown', 'http_answer_malformed']
]

const everySuccess = { success: null, refusesDevice: new Set<number>() }

for (const [from, to, kind, code] of statuses) {
  test(`status ${from === to ? from : `${from} to ${to}`} means ${kind}`, t => {
    for (let status = from; status <= to; status++) {
      const outcome = outcomeOfAnswer({ status, retryAfter: undefined, excerpt: '' }, everySuccess, nowMs)
      t.is(outcome.kind, kind)
      t.is(outcome.kind === 'delivered' ? undefined : outcome.code, code)
    }
  })
}

test('every status from 200 to 999 stands in the table once', t => {
  const covered = statuses.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
  t.deepEqual(
    covered,
    Array.from({ length: 800 }, (_, i) => 200 + i)
  )
})

test('with success set, only the listed statuses confirm', t => {
  const only = (status: number) =>
    outcomeOfAnswer(
      { status, retryAfter: undefined, excerpt: '' },
      { ...everySuccess, success: new Set([200, 409]) },
      nowMs
    )
  t.is(only(200).kind, 'delivered')
  t.is(only(409).kind, 'delivered')
  t.like(only(204), { kind: 'retry', code: 'http_success_unlisted' })
})

test('a status listed in refusesDevice refuses the device', t => {
  const rules = { ...everySuccess, refusesDevice: new Set([404]) }
  const of = (status: number) => outcomeOfAnswer({ status, retryAfter: undefined, excerpt: '' }, rules, nowMs)
  t.like(of(404), { kind: 'reject', scope: 'device', code: 'http_device_refused' })
  t.is(of(410).kind, 'halt')
})

test('the detail is the status and what the target said', t => {
  const outcome = outcomeOfAnswer(
    { status: 400, retryAfter: undefined, excerpt: 'no such unit' },
    everySuccess,
    nowMs
  )
  t.like(outcome, { detail: 'HTTP 400: no such unit' })
})

const retryAfter: readonly [header: string | undefined, waitMs: number | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['0', 0],
  ['7', 7000],
  [' 120 ', 120_000],
  ['3600', 3_600_000],
  ['999999999999999999', 3_600_000],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026', 2_026_000],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2026 11:59:00 GMT', 0],
  ['Mon, 01 Mar 2027 12:00:00 GMT', 3_600_000],
  ['Sun, 99 Mar 2026 12:00:30 GMT', undefined]
]

for (const [header, waitMs] of retryAfter) {
  test(`Retry-After ${JSON.stringify(header)} asks for ${waitMs ?? 'no'} ms`, t => {
    t.is(parseRetryAfter(header, nowMs), waitMs)
  })
}

test('only a retry carries the wait that the target asked for', t => {
  const of = (status: number) =>
    outcomeOfAnswer({ status, retryAfter: '7', excerpt: '' }, everySuccess, nowMs)
  for (const status of [408, 425, 429, 500, 503]) t.like(of(status), { kind: 'retry', retryAfterMs: 7000 })
  for (const status of [301, 400, 401, 404]) t.false('retryAfterMs' in of(status))
})

const natives: readonly [code: string, whenUnsent: ErrorCode, whenSent: ErrorCode][] = [
  ['ECONNREFUSED', 'http_connect_failed', 'http_connection_lost'],
  ['ENOTFOUND', 'http_connect_failed', 'http_connection_lost'],
  ['EAI_AGAIN', 'http_connect_failed', 'http_connection_lost'],
  ['EHOSTUNREACH', 'http_connect_failed', 'http_connection_lost'],
  ['ENETUNREACH', 'http_connect_failed', 'http_connection_lost'],
  ['EADDRNOTAVAIL', 'http_connect_failed', 'http_connection_lost'],
  ['EMFILE', 'http_connect_failed', 'http_connection_lost'],
  ['ETIMEDOUT', 'http_connect_failed', 'http_connection_lost'],
  ['ECONNRESET', 'http_connect_failed', 'http_connection_lost'],
  ['EPIPE', 'http_connect_failed', 'http_connection_lost'],
  ['UND_ERR_SOCKET', 'http_connect_failed', 'http_connection_lost'],
  ['UND_ERR_INFO', 'http_connect_failed', 'http_connection_lost'],
  ['', 'http_connect_failed', 'http_connection_lost'],
  ...[
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'HOSTNAME_MISMATCH',
    'INVALID_PURPOSE'
  ].map((code): [string, ErrorCode, ErrorCode] => [code, 'http_tls_failed', 'http_tls_failed']),
  ['UND_ERR_HEADERS_OVERFLOW', 'http_answer_malformed', 'http_answer_malformed'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'http_answer_incomplete', 'http_answer_incomplete'],
  ['UND_ERR_CONNECT_TIMEOUT', 'http_connect_timeout', 'http_connect_timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'http_response_timeout', 'http_response_timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'http_body_timeout', 'http_body_timeout'],
  ['UND_ERR_ABORTED', 'attempt_aborted', 'attempt_aborted'],
  ['UND_ERR_CLOSED', 'attempt_aborted', 'attempt_aborted'],
  ['UND_ERR_DESTROYED', 'attempt_aborted', 'attempt_aborted'],
  ['UND_ERR_INVALID_ARG', 'target_threw', 'target_threw'],
  ['UND_ERR_NOT_SUPPORTED', 'target_threw', 'target_threw'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'target_threw', 'target_threw']
]

for (const [native, whenUnsent, whenSent] of natives) {
  test(`error ${native || 'without code'} is ${whenUnsent}, or ${whenSent} once the request was sent`, t => {
    const error = Object.assign(new Error('it broke'), { code: native })
    t.deepEqual(outcomeOfError(error, false), { kind: 'unsent', code: whenUnsent, detail: 'it broke' })
    t.deepEqual(outcomeOfError(error, true), { kind: 'unknown', code: whenSent, detail: 'it broke' })
  })
}

test('an error that only its name tells apart is known by it', t => {
  const named = (name: string) => Object.assign(new Error('it broke'), { name })
  t.like(outcomeOfError(named('HTTPParserError'), true), { kind: 'unknown', code: 'http_answer_malformed' })
  t.like(outcomeOfError(named('AbortError'), false), { kind: 'unsent', code: 'attempt_aborted' })
})

test('a fault keeps its own code, and what is thrown without being an error is still an outcome', t => {
  const fault = new FaultError('http_body_timeout', { detail: 'after 5 ms' })
  t.deepEqual(outcomeOfError(fault, true), {
    kind: 'unknown',
    code: 'http_body_timeout',
    detail: 'after 5 ms'
  })
  t.like(outcomeOfError('odd', false), { kind: 'unsent', detail: 'odd' })
})

test('an error for each address of a name tells them all', t => {
  const error = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], '')
  t.is(outcomeOfError(error, false).detail, 'connect ::1; connect 127.0.0.1')
})

test('every code of the HTTP target has an outcome in the closed list', t => {
  const codes = Object.entries(errors).filter(([code]) => code.startsWith('http_'))
  t.true(codes.length > 10)
  for (const [, spec] of codes) t.truthy(spec.outcome)
})
