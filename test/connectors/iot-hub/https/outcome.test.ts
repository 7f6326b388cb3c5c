// What the answers and failures of the HTTPS API lead to, entry by entry.

import test from 'ava'
import { outcomeOfAnswer, outcomeOfError } from '../../../../connectors/iot-hub/https/outcome.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { textOf } from '../harness.ts'

const rules = { nowMs: Date.UTC(2026, 0, 1), quotaPauseMs: 600_000 }
const answer = (status: number, error?: string, said = '') =>
  outcomeOfAnswer({ status, headers: error === undefined ? {} : { 'iothub-errorcode': error }, said }, rules)

const table: readonly (readonly [status: number, error: string | undefined, expected: string])[] = [
  [204, undefined, 'delivered'],
  [200, undefined, 'unknown target iot_hub_answer_malformed'],
  [202, undefined, 'unknown target iot_hub_answer_malformed'],
  [301, undefined, 'halt iot_hub_address_refused'],
  [400, 'ArgumentInvalid', 'reject iot_hub_rejected'],
  [400, 'ArgumentNull', 'reject iot_hub_rejected'],
  [400, 'GenericBadRequest', 'reject iot_hub_rejected'],
  [400, 'IotHubFormatError', 'reject iot_hub_rejected'],
  [400, 'DeserializationError', 'reject iot_hub_rejected'],
  [400, 'OneThatIsNew', 'reject iot_hub_rejected'],
  [400, 'IotHubSuspended', 'retry target iot_hub_unavailable'],
  [400, 'InvalidProtocolVersion', 'halt iot_hub_address_refused'],
  [400, undefined, 'retry device iot_hub_not_taken'],
  [401, 'IotHubUnauthorizedAccess', 'halt iot_hub_unauthorized'],
  [401, undefined, 'halt iot_hub_unauthorized'],
  [403, 'IotHubQuotaExceeded', 'retry target iot_hub_quota_exceeded'],
  [403, undefined, 'halt iot_hub_unauthorized'],
  [404, 'DeviceNotFound', 'reject device iot_hub_device_unknown'],
  [404, undefined, 'halt iot_hub_address_refused'],
  [405, undefined, 'halt iot_hub_address_refused'],
  [408, undefined, 'retry target iot_hub_unavailable'],
  [409, undefined, 'retry device iot_hub_not_taken'],
  [413, 'MessageTooLarge', 'reject iot_hub_too_large'],
  [413, undefined, 'retry device iot_hub_not_taken'],
  [414, undefined, 'retry device iot_hub_not_taken'],
  [429, 'ThrottlingException', 'retry target iot_hub_throttled'],
  [431, undefined, 'retry device iot_hub_not_taken'],
  [500, 'ServerError', 'retry target iot_hub_unavailable'],
  [501, undefined, 'halt iot_hub_address_refused'],
  [503, undefined, 'retry target iot_hub_unavailable']
]

for (const [status, error, expected] of table)
  test(`${status} ${error ?? 'without a name'} means ${expected}`, t => {
    t.is(textOf(answer(status, error)), expected)
  })

test('an error is known by its name or number in the body as well', t => {
  t.is(
    textOf(answer(404, undefined, '{"Message":"ErrorCode:DeviceNotFound;E2E"}')),
    'reject device iot_hub_device_unknown'
  )
  t.is(textOf(answer(404, undefined, '{"errorCode":404001}')), 'reject device iot_hub_device_unknown')
  t.is(textOf(answer(403, undefined, '{"errorCode":403002}')), 'retry target iot_hub_quota_exceeded')
  t.is(textOf(answer(400, undefined, '{"errorCode":400006}')), 'reject iot_hub_rejected')
  t.is(
    textOf(answer(400, undefined, '{"Message":"ErrorCode:GenericBadRequest;E2E"}')),
    'reject iot_hub_rejected'
  )
  t.is(textOf(answer(400, undefined, '{"errorCode":400020}')), 'retry target iot_hub_unavailable')
  t.is(textOf(answer(400, undefined, '{"errorCode":"BLOCKED"}')), 'retry device iot_hub_not_taken')
  t.is(textOf(answer(400, undefined, 'Bad request no. 400123')), 'retry device iot_hub_not_taken')
})

test('the time that the hub asks for is passed on, and a quota that is used up waits for longer', t => {
  const asked = (status: number, error: string, retryAfter: string) => {
    const outcome = outcomeOfAnswer(
      { status, headers: { 'iothub-errorcode': error, 'retry-after': retryAfter }, said: '' },
      rules
    )
    return outcome.kind === 'delivered' ? undefined : outcome.retryAfterMs
  }
  t.is(asked(429, 'ThrottlingException', '7'), 7_000)
  t.is(asked(503, 'ServiceUnavailable', 'Thu, 01 Jan 2026 00:00:05 GMT'), 5_000)
  t.is(asked(403, 'IotHubQuotaExceeded', '7'), 600_000)
  t.is(asked(403, 'IotHubQuotaExceeded', '1200'), 1_200_000)
  t.is(asked(429, 'ThrottlingException', 'soon'), undefined)
})

const native = (code: string) => Object.assign(new Error('it broke'), { code })
const failures: readonly (readonly [error: unknown, sent: boolean, expected: string])[] = [
  [native('ECONNREFUSED'), false, 'unsent target iot_hub_connect_failed'],
  [native('ECONNRESET'), true, 'unknown iot_hub_connection_lost'],
  [native('EPROTO'), false, 'unsent target iot_hub_tls_failed'],
  [native('HPE_INVALID_CONSTANT'), true, 'unknown iot_hub_answer_malformed'],
  [new FaultError('iot_hub_connect_timeout'), false, 'unsent target iot_hub_connect_timeout'],
  [new FaultError('iot_hub_answer_timeout'), true, 'unknown iot_hub_answer_timeout'],
  [new FaultError('attempt_aborted'), false, 'unsent target attempt_aborted'],
  [new FaultError('attempt_aborted'), true, 'unknown attempt_aborted']
]

for (const [error, sent, expected] of failures)
  test(`${expected} comes of ${error instanceof FaultError ? error.code : String((error as { code?: string }).code)}, ${sent ? 'sent' : 'not sent'}`, t => {
    t.is(textOf(outcomeOfError(error, sent)), expected)
  })

test('a token that the other side repeats is not told', t => {
  const outcome = answer(
    401,
    undefined,
    '{"you":"SharedAccessSignature sr=h&sig=c2VjcmV0%3D&se=1"} sig=c2VjcmV0%3D'
  )
  t.is(outcome.kind === 'delivered' ? '' : outcome.detail, 'HTTP 401: {"you":"***"} ***')
})
