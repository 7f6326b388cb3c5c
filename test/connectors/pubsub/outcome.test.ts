// What statuses of gRPC and failures mean, entry by entry, and when a server asks to come back.

import test from 'ava'
import { retryAfterOf } from '../../../connectors/pubsub/client/retry-after.ts'
import { retryDetails } from '../../../connectors/pubsub/double/retry-details.ts'
import {
  connectFault,
  outcomeOfFault,
  outcomeOfStatus,
  tokenFault
} from '../../../connectors/pubsub/outcome.ts'
import { pubsubErrors } from '../../../schemas/errors/pubsub.ts'
import { FaultError } from '../../../schemas/errors.ts'

const oneTopic = { haveTopics: false }

const answers: readonly [status: number, name: string, outcome: string][] = [
  [1, 'CANCELLED', 'unknown pubsub_unclear'],
  [2, 'UNKNOWN', 'unknown pubsub_failed'],
  [3, 'INVALID_ARGUMENT', 'reject pubsub_rejected'],
  [4, 'DEADLINE_EXCEEDED', 'unknown pubsub_unclear'],
  [5, 'NOT_FOUND', 'halt pubsub_topic_missing'],
  [6, 'ALREADY_EXISTS', 'retry pubsub_not_taken'],
  [7, 'PERMISSION_DENIED', 'halt pubsub_forbidden'],
  [8, 'RESOURCE_EXHAUSTED', 'retry pubsub_throttled'],
  [9, 'FAILED_PRECONDITION', 'retry pubsub_not_taken'],
  [10, 'ABORTED', 'retry pubsub_not_taken'],
  [11, 'OUT_OF_RANGE', 'retry pubsub_not_taken'],
  [12, 'UNIMPLEMENTED', 'halt pubsub_unimplemented'],
  [13, 'INTERNAL', 'unknown pubsub_failed'],
  [14, 'UNAVAILABLE', 'retry pubsub_unavailable'],
  [15, 'DATA_LOSS', 'unknown pubsub_unclear'],
  [16, 'UNAUTHENTICATED', 'halt pubsub_unauthenticated'],
  [99, 'status 99', 'unknown pubsub_unclear']
]

for (const [code, name, outcome] of answers) {
  test(`an answer of ${name} means ${outcome}`, t => {
    const failure = outcomeOfStatus({ code, details: 'so it is', isAnswer: true }, oneTopic)
    t.is(`${failure.kind} ${failure.code}`, outcome)
    t.is(failure.detail, `${name}: so it is`)
  })

  test(`${name} that no server has said means that nobody knows`, t => {
    const failure = outcomeOfStatus({ code, details: '', isAnswer: false }, oneTopic)
    t.deepEqual(failure, { kind: 'unknown', code: 'pubsub_connection_lost', detail: name })
  })
}

for (const code of [5, 7])
  test(`status ${code} concerns the device where topics hold fields of messages`, t => {
    const failure = outcomeOfStatus({ code, details: 'no', isAnswer: true }, { haveTopics: true })
    t.is(failure.kind, 'reject')
    t.is(failure.scope, 'device')
    t.is(failure.code, 'pubsub_device_refused')
  })

test('a time to come back is kept with what is tried again, and with nothing else', t => {
  const of = (code: number) =>
    outcomeOfStatus({ code, details: '', isAnswer: true, retryAfterMs: 7_000 }, oneTopic).retryAfterMs
  t.deepEqual([of(8), of(14), of(3), of(5), of(13)], [7_000, 7_000, undefined, undefined, undefined])
})

test('every code of Pub/Sub has an outcome, and halts and rejects say how to mend it', t => {
  for (const [code, spec] of Object.entries(pubsubErrors)) {
    t.truthy(spec.outcome, code)
    if (spec.outcome === 'halt' || spec.outcome === 'reject') t.true('hint' in spec, code)
  }
})

test('what was found out before sending is unsent, and after it unknown', t => {
  const fault = new FaultError('attempt_timeout', { detail: 'after 5 ms' })
  t.deepEqual(outcomeOfFault(fault, false), { kind: 'unsent', code: 'attempt_timeout', detail: 'after 5 ms' })
  t.is(outcomeOfFault(fault, true).kind, 'unknown')
  const missing = new FaultError('pubsub_credentials_missing')
  t.is(outcomeOfFault(missing, false).kind, 'halt')
})

test('a connection that TLS prevents is told from one that does not come about otherwise', t => {
  const expired = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' })
  t.is(connectFault('No connection established.', expired).code, 'pubsub_tls_failed')
  t.is(connectFault('No connection established.', expired).detail, 'certificate has expired')
  const refused = connectFault('connect ECONNREFUSED\n 127.0.0.1:9', undefined)
  t.is(refused.code, 'pubsub_connect_failed')
  t.is(refused.detail, 'connect ECONNREFUSED 127.0.0.1:9')
})

test('a token server that refuses halts the stream, and one that is away does not', t => {
  const answer = (status: number) => Object.assign(new Error('no'), { response: { status } })
  const codes = [
    answer(400),
    answer(401),
    answer(403),
    answer(500),
    answer(429),
    new Error('no default credentials'),
    answer(404),
    Object.assign(new Error('no such file'), { code: 'ENOENT' })
  ]
  t.deepEqual(
    [...codes, Object.assign(new Error('away'), { code: 'ECONNREFUSED' })].map(
      error => tokenFault(error).code
    ),
    [
      'pubsub_credentials_missing',
      'pubsub_credentials_missing',
      'pubsub_credentials_missing',
      'pubsub_token_unavailable',
      'pubsub_token_unavailable',
      'pubsub_credentials_missing',
      'pubsub_credentials_missing',
      'pubsub_credentials_missing',
      'pubsub_token_unavailable'
    ]
  )
})

const details = (retryAfterMs: number, text = 'slow down') =>
  retryDetails({ code: 8, details: text, retryAfterMs })

test('the time of RetryInfo is read, whatever stands before it', t => {
  const of = (statusDetails: Buffer) => retryAfterOf({ statusDetails, retryAfter: undefined })
  t.is(of(details(7_000)), 7_000)
  t.is(of(details(1_250)), 1_250)
  t.is(of(details(0)), 0)
  t.is(of(details(2_000, 'x'.repeat(300))), 2_000)
  t.is(of(details(86_400_000)), 3_600_000, 'an hour at most')
})

test('a header is read where there is no RetryInfo, and neither is needed', t => {
  t.is(retryAfterOf({ statusDetails: undefined, retryAfter: '12' }), 12_000)
  t.is(retryAfterOf({ statusDetails: details(7_000), retryAfter: '12' }), 7_000)
  t.is(retryAfterOf({ statusDetails: undefined, retryAfter: 'soon' }), undefined)
  t.is(retryAfterOf({ statusDetails: undefined, retryAfter: undefined }), undefined)
})

test('details that are cut off or no details at all give no time, and no error', t => {
  const whole = details(7_000)
  for (let end = 0; end < whole.length; end++) {
    const waitMs = retryAfterOf({ statusDetails: whole.subarray(0, end), retryAfter: undefined })
    t.true(waitMs === undefined || (waitMs >= 0 && waitMs <= 3_600_000), `${end}`)
  }
  const noise = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 197 + 13) % 256))
  for (let start = 0; start < noise.length; start++)
    t.is(retryAfterOf({ statusDetails: noise.subarray(start), retryAfter: undefined }), undefined)
})
