import test from 'ava'
import type { Failure } from '../../../connectors/connector.ts'
import { faultOfOpening, outcomeOfFault, outcomeOfSend } from '../../../connectors/event-hubs/outcome.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'

const mask = new Mask(['a-secret'])

function messagingError(code: string, message = 'told'): Error {
  return Object.assign(new Error(message), { name: 'MessagingError', code })
}

const sends: readonly [code: string, kind: Failure['kind'], told: ErrorCode][] = [
  ['ServerBusyError', 'retry', 'event_hubs_throttled'],
  ['QuotaExceededError', 'retry', 'event_hubs_quota_exceeded'],
  ['MessageTooLargeError', 'reject', 'event_hubs_too_large'],
  ['InvalidOperationError', 'reject', 'event_hubs_rejected'],
  ['InvalidFieldError', 'reject', 'event_hubs_rejected'],
  ['DecodeError', 'reject', 'event_hubs_rejected'],
  ['ArgumentError', 'reject', 'event_hubs_rejected'],
  ['ArgumentOutOfRangeError', 'reject', 'event_hubs_rejected'],
  ['UnauthorizedError', 'retry', 'event_hubs_token_refused'],
  ['MessagingEntityDisabledError', 'halt', 'event_hubs_hub_disabled'],
  ['MessagingEntityNotFoundError', 'halt', 'event_hubs_hub_missing'],
  ['ResourceDeletedError', 'halt', 'event_hubs_hub_missing'],
  ['InternalServerError', 'retry', 'event_hubs_unavailable'],
  ['ServiceCommunicationError', 'retry', 'event_hubs_unavailable'],
  ['OperationCancelledError', 'retry', 'event_hubs_unavailable'],
  ['ResourceLockedError', 'retry', 'event_hubs_unavailable'],
  ['SendOperationFailedError', 'retry', 'event_hubs_unavailable'],
  ['ServiceUnavailableError', 'unknown', 'event_hubs_unanswered'],
  ['SenderBusyError', 'unsent', 'event_hubs_no_credit'],
  ['InsufficientCreditError', 'unsent', 'event_hubs_no_credit'],
  ['OperationTimeoutError', 'unknown', 'event_hubs_connection_lost'],
  ['ConnectionForcedError', 'unknown', 'event_hubs_connection_lost'],
  ['DetachForcedError', 'unknown', 'event_hubs_connection_lost'],
  ['SomethingNewError', 'unknown', 'event_hubs_connection_lost']
]

for (const [code, kind, told] of sends)
  test(`a batch that ends with ${code} is ${kind}`, t => {
    const outcome = outcomeOfSend(messagingError(code), mask)
    t.like(outcome, { kind, code: told })
    t.regex(outcome.detail, /told/)
  })

test('what the SDK has put into each other is unpacked, however deep', t => {
  const inner = new AggregateError([new Error('first'), messagingError('ServerBusyError')])
  t.like(outcomeOfSend(new AggregateError([inner]), mask), { kind: 'retry', code: 'event_hubs_throttled' })
  t.like(outcomeOfSend(new AggregateError([]), mask), { kind: 'unknown' })
})

test('the time that the service asks for is passed on, and a quota is given a minute', t => {
  const throttled = messagingError('ServerBusyError', 'throttled. Please wait 4 seconds and try again.')
  t.is(outcomeOfSend(throttled, mask).retryAfterMs, 4_000)
  t.is(outcomeOfSend(messagingError('ServerBusyError'), mask).retryAfterMs, undefined)
  t.is(outcomeOfSend(messagingError('QuotaExceededError'), mask).retryAfterMs, 60_000)
})

test('no secret stands in a detail, and it is one line', t => {
  const { detail } = outcomeOfSend(messagingError('DecodeError', 'what a-secret\nis'), mask)
  t.is(detail, 'DecodeError: what *** is')
})

function native(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:5671`), { code })
}

function named(name: string, message = 'AADSTS7000215: a-secret'): Error {
  return Object.assign(new Error(message), { name })
}

const noNetwork = 'ManagedIdentityCredential: Network unreachable.'

const openings: readonly [what: string, error: unknown, told: ErrorCode][] = [
  ['a refused key', messagingError('UnauthorizedError'), 'event_hubs_unauthorized'],
  ['a hub that is not there', messagingError('MessagingEntityNotFoundError'), 'event_hubs_hub_missing'],
  ['a disabled hub', messagingError('MessagingEntityDisabledError'), 'event_hubs_hub_disabled'],
  ['a quota of connections', messagingError('QuotaExceededError'), 'event_hubs_quota_exceeded'],
  ['a busy service', messagingError('ServerBusyError'), 'event_hubs_throttled'],
  ['nobody who listens', native('ECONNREFUSED'), 'event_hubs_connect_failed'],
  ['several addresses', new AggregateError([native('ENETUNREACH')]), 'event_hubs_connect_failed'],
  ['a host that is not there', native('ENOTFOUND'), 'event_hubs_connect_failed'],
  ['a connection that is cut', native('ECONNRESET'), 'event_hubs_hung_up'],
  ['a certificate of nobody', native('SELF_SIGNED_CERT_IN_CHAIN'), 'event_hubs_tls_failed'],
  ['a refused identity', named('AuthenticationError'), 'event_hubs_credential_refused'],
  ['no identity', named('CredentialUnavailableError'), 'event_hubs_credential_missing'],
  ['none of several identities', named('AggregateAuthenticationError'), 'event_hubs_credential_missing'],
  [
    'an identity that cannot be asked for',
    named('CredentialUnavailableError', noNetwork),
    'event_hubs_token_unavailable'
  ],
  ['no answer about a token', named('RestError'), 'event_hubs_token_unavailable'],
  ['a link that is not allowed', messagingError('InvalidOperationError'), 'event_hubs_link_refused'],
  ['an argument of ours', messagingError('ArgumentError'), 'event_hubs_link_refused'],
  [
    'what we found wrong ourselves',
    new AggregateError([new FaultError('event_hubs_credential_missing')]),
    'event_hubs_credential_missing'
  ],
  ['anything else', new Error('a-secret'), 'event_hubs_hung_up']
]

for (const [what, error, told] of openings)
  test(`a connection that does not come about over ${what} says so`, t => {
    const fault = faultOfOpening(error, mask)
    t.is(fault.code, told)
    t.not(fault.spec.outcome, undefined)
    t.truthy(fault.spec.hint)
    t.notRegex(`${fault.detail}`, /a-secret/)
  })

test('a service that opens nothing for now is given the time that it asks for', t => {
  const of = (code: string, text?: string) =>
    outcomeOfFault(faultOfOpening(messagingError(code, text), mask), false)
  t.like(of('ServerBusyError', 'Please wait 4 seconds and try again.'), {
    kind: 'retry',
    retryAfterMs: 4_000
  })
  t.like(of('QuotaExceededError'), { kind: 'retry', retryAfterMs: 60_000 })
  t.like(of('InternalServerError'), { kind: 'unsent', retryAfterMs: undefined })
})

test('no token stands in a detail, though it is in no configuration', t => {
  const token = 'SharedAccessSignature sr=sb%3A%2F%2Facme&sig=abc%2Bdef%3D&se=1&skn=k'
  const { detail } = faultOfOpening(messagingError('UnauthorizedError', `InvalidSignature: ${token}`), mask)
  t.regex(detail ?? '', /sig=\*\*\*&se=1/)
})

test('messages of a connection that ended are unknown if they were sent; if not they halt or are unsent', t => {
  const lost = new FaultError('event_hubs_connection_lost')
  t.is(outcomeOfFault(lost, true).kind, 'unknown')
  t.is(outcomeOfFault(lost, false).kind, 'unsent')
  t.is(outcomeOfFault(new FaultError('event_hubs_unauthorized'), true).kind, 'unknown')
  t.is(outcomeOfFault(new FaultError('event_hubs_unauthorized'), false).kind, 'halt')
})
