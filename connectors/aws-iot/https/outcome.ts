// What the answers and failures of the HTTPS API mean to the engine. A pure function, tested as a table.

import { type ErrorCode, errors } from '../../../schemas/errors.ts'
import { delivered, type Failure, type Outcome } from '../../connector.ts'
import { faultOfError, outcomeOfFault } from '../../shared/mqtt/outcome.ts'
import { explainFault } from '../outcome.ts'

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'mqtt_rejected'],
  [401, 'aws_iot_unauthorized'],
  [403, 'mqtt_topic_refused'],
  [404, 'aws_iot_protocol_refused'],
  [405, 'aws_iot_protocol_refused'],
  [413, 'aws_iot_too_large'],
  [414, 'mqtt_rejected'],
  [429, 'mqtt_throttled'],
  [431, 'mqtt_rejected']
])

/** Where messages have topics of their own, a topic that is refused is a matter of its device. */
export function outcomeOfStatus(status: number, said: string, haveTopics: boolean): Outcome {
  if (status === 200) return delivered
  const detail = said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  const code = codes.get(status) ?? 'mqtt_publish_failed'
  if (code === 'mqtt_topic_refused' && haveTopics)
    return { kind: 'reject', scope: 'device', code: 'mqtt_device_refused', detail }
  const failure: Failure = { kind: errors[code].outcome ?? 'unknown', code, detail }
  // An answer to what this request is like: others may pass, so only its device has to wait.
  const isOfRequest = code === 'mqtt_publish_failed' && status >= 400 && status < 500 && status !== 408
  return isOfRequest ? { ...failure, scope: 'device' } : failure
}

/** `sent`: whether the request may have been written. One that TLS refuses has not been read by anybody. */
export function outcomeOfError(error: unknown, sent: boolean): Failure {
  const refused = explainFault(faultOfError(error, false), false)
  if (refused.spec.outcome === 'halt' || !sent) return outcomeOfFault(refused, false)
  return outcomeOfFault(explainFault(faultOfError(error, true), true), true)
}
