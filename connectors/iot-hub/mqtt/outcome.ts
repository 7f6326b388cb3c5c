// What it means when an IoT hub ends a connection, or lets a device not in. MQTT 3.1.1 has no other way to refuse anything
// than that. A connection is of one device, so what becomes of it concerns that device only, unless none comes about at all.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Failure } from '../../connector.ts'
import { outcomeOfFault } from '../../shared/mqtt/outcome.ts'

/** What an answer, a time-out or an end that any broker may give means here. */
const codes: ReadonlyMap<ErrorCode, ErrorCode> = new Map([
  ['mqtt_connect_failed', 'iot_hub_connect_failed'],
  ['mqtt_connect_timeout', 'iot_hub_connect_timeout'],
  ['mqtt_tls_failed', 'iot_hub_tls_failed'],
  ['mqtt_hung_up', 'iot_hub_hung_up'],
  ['mqtt_unavailable', 'iot_hub_unavailable'],
  ['mqtt_unauthorized', 'iot_hub_unauthorized'],
  ['mqtt_client_id_refused', 'iot_hub_unauthorized'],
  ['mqtt_connect_refused', 'iot_hub_unauthorized'],
  ['mqtt_version_refused', 'iot_hub_address_refused'],
  ['mqtt_web_socket_refused', 'iot_hub_address_refused'],
  ['mqtt_answer_malformed', 'iot_hub_answer_malformed'],
  ['mqtt_connection_lost', 'iot_hub_connection_lost'],
  ['mqtt_disconnected', 'iot_hub_connection_lost'],
  ['mqtt_ack_timeout', 'iot_hub_answer_timeout'],
  ['mqtt_passed_over', 'iot_hub_answer_timeout'],
  ['mqtt_message_unfit', 'iot_hub_message_unfit']
])

/** Alerts about the client's certificate (RFC 8446, 6.2), in the words of OpenSSL. */
const certificateAlert =
  /alert (certificate|bad certificate|unknown ca|unsupported certificate|access denied|decrypt error)/

/** The fault with which a connection ended, as one of an IoT hub. */
export function explainFault(fault: FaultError): FaultError {
  const isCertificate = fault.code === 'mqtt_tls_failed' && certificateAlert.test(fault.detail ?? '')
  const code = isCertificate ? 'iot_hub_unauthorized' : (codes.get(fault.code) ?? fault.code)
  return new FaultError(code, { detail: fault.detail ?? '', cause: fault })
}

/**
 * A connection that did not come about: nothing was sent. `iot_hub_unauthorized` may be about the device only; and one that had
 * not got its turn by the end of its attempt says nothing about the hub.
 */
export function outcomeOfOpening(fault: FaultError): Failure {
  const failure = outcomeOfFault(fault, false)
  if (failure.kind === 'halt') return failure
  return { ...failure, scope: fault.code === 'attempt_timeout' ? 'device' : 'target' }
}

/**
 * Messages whose connection ended; `sent` tells whether they may have reached the wire. It concerns their destination, which is the
 * device: so the engine sees which devices are in trouble, and keeps places for the others.
 */
export function outcomeOfLoss({ code, detail = '' }: FaultError, sent: boolean): Failure {
  return { kind: sent ? 'unknown' : 'unsent', code, detail }
}
