// What the answers and failures of the HTTPS API mean to the engine. Pure functions, tested as a table. There is one hub
// behind all devices, so what concerns no single one holds up all of them.
// https://learn.microsoft.com/azure/iot-hub/troubleshoot-error-codes

import { type ErrorCode, errors, FaultError } from '../../../schemas/errors.ts'
import { delivered, type Failure, type Outcome } from '../../connector.ts'
import type { Answer } from '../../shared/http/exchange.ts'
import { parseRetryAfter } from '../../shared/http/retry-after.ts'
import { detailOf, isTlsFailure, nativeCode } from '../../shared/tls.ts'

export interface AnswerRules {
  readonly nowMs: number
  readonly quotaPauseMs: number
}

/**
 * Statuses that say enough, or where the name of the error is missing. A refusal of a message is believed by its name only, since
 * 400, 413, 414 and 431 may be of something that stands in between.
 */
const statuses: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'iot_hub_unauthorized'],
  [403, 'iot_hub_unauthorized'],
  [404, 'iot_hub_address_refused'],
  [405, 'iot_hub_address_refused'],
  [408, 'iot_hub_unavailable'],
  [429, 'iot_hub_throttled'],
  [501, 'iot_hub_address_refused']
])

/** What the hub calls its errors, by name and by number. Any other 400 with a name of the hub's is about the message. */
const names: ReadonlyMap<string, ErrorCode> = new Map([
  ['InvalidProtocolVersion', 'iot_hub_address_refused'],
  ['400001', 'iot_hub_address_refused'],
  ['ArgumentInvalid', 'iot_hub_rejected'],
  ['400004', 'iot_hub_rejected'],
  ['ArgumentNull', 'iot_hub_rejected'],
  ['400005', 'iot_hub_rejected'],
  ['IotHubSuspended', 'iot_hub_unavailable'],
  ['400020', 'iot_hub_unavailable'],
  ['DeviceNotFound', 'iot_hub_device_unknown'],
  ['404001', 'iot_hub_device_unknown'],
  ['IotHubQuotaExceeded', 'iot_hub_quota_exceeded'],
  ['403002', 'iot_hub_quota_exceeded'],
  ['MessageTooLarge', 'iot_hub_too_large'],
  ['413001', 'iot_hub_too_large'],
  ['ThrottlingException', 'iot_hub_throttled'],
  ['429001', 'iot_hub_throttled']
])

/** The number of a 400 as the hub writes it: a page of something in between may hold any number. */
const numbered400 = /errorCode"?\s*:\s*"?400\d{3}\b/i

/** What the hub says, as far as is documented, only to those whose token it has taken. */
const saidInside: ReadonlySet<ErrorCode> = new Set([
  'iot_hub_rejected',
  'iot_hub_too_large',
  'iot_hub_throttled',
  'iot_hub_quota_exceeded'
])

/** Whether an answer shows that the hub takes the credentials of its device. */
export function isLetIn(outcome: Outcome): boolean {
  return outcome.kind === 'delivered' || saidInside.has(outcome.code)
}

/** An answer that has come whole. `iot_hub_unauthorized` may yet turn out to be about the device only. */
export function outcomeOfAnswer(answer: Answer, { nowMs, quotaPauseMs }: AnswerRules): Outcome {
  const { status, headers } = answer
  if (status === 204) return delivered
  const code = codeOf(answer)
  const detail = describe(answer)
  const { outcome: kind = 'unknown' } = errors[code]
  if (code === 'iot_hub_device_unknown') return { kind, scope: 'device', code, detail }
  if (code === 'iot_hub_not_taken') return { kind, scope: 'device', code, detail }
  if (kind === 'reject' || kind === 'halt') return { kind, code, detail }
  const asked = parseRetryAfter(headers['retry-after'], nowMs)
  const retryAfterMs = code === 'iot_hub_quota_exceeded' ? Math.max(asked ?? 0, quotaPauseMs) : asked
  return { kind, scope: 'target', code, detail, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

/**
 * A request that ended without an answer. `sent`: whether it may have been written; then it concerns its destination, the device,
 * since a hub that is silent on some devices must not hold up the others.
 */
export function outcomeOfError(error: unknown, sent: boolean): Failure {
  const failure = { code: codeOfError(error, sent), detail: withoutTokens(detailOf(error)) }
  return sent ? { kind: 'unknown', ...failure } : { kind: 'unsent', scope: 'target', ...failure }
}

/** Whatever is told by the other side may be what we sent. */
function withoutTokens(text: string): string {
  return text.replace(/SharedAccessSignature[^"']*|\bsig=[^\s&"']*/g, '***')
}

function codeOf({ status, headers, said }: Answer): ErrorCode {
  const { 'iothub-errorcode': header = '' } = headers
  const [, name = ''] = /ErrorCode:\s*(\w+)/.exec(said) ?? []
  const [number = ''] = /\b(?:400|401|403|404|413|429|500|503|504)\d{3}\b/.exec(said) ?? []
  const named = status < 400 ? undefined : [String(header), name, number].find(text => names.has(text))
  const code = names.get(named ?? '') ?? statuses.get(status)
  if (code !== undefined) return code
  const isNamed = header !== '' || name !== '' || numbered400.test(said)
  if (status === 400 && isNamed) return 'iot_hub_rejected'
  if (status >= 500) return 'iot_hub_unavailable'
  // An answer to what this request is like: others may pass, so only its device has to wait.
  if (status >= 400) return 'iot_hub_not_taken'
  return status >= 300 ? 'iot_hub_address_refused' : 'iot_hub_answer_malformed'
}

function describe({ status, said }: Answer): string {
  return said === '' ? `HTTP ${status}` : `HTTP ${status}: ${withoutTokens(said)}`
}

function codeOfError(error: unknown, sent: boolean): ErrorCode {
  if (error instanceof FaultError) return error.code
  const native = nativeCode(error)
  if (isTlsFailure(native)) return 'iot_hub_tls_failed'
  if (native.startsWith('HPE_')) return 'iot_hub_answer_malformed'
  return sent ? 'iot_hub_connection_lost' : 'iot_hub_connect_failed'
}
