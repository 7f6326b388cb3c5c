// What it means when AWS IoT Core ends a connection, where it is known better than of any broker. Whether a certificate is
// known shows after the handshake: under TLS 1.3 the client believes the connection to stand by then, and is told by an
// alert, or not at all. Everything else is as with MQTT (shared/mqtt/outcome.ts).

import { type ErrorCode, FaultError } from '../../schemas/errors.ts'

/** What an answer or a time-out that any broker may give means here. */
const codes: ReadonlyMap<ErrorCode, ErrorCode> = new Map([
  ['mqtt_unauthorized', 'aws_iot_unauthorized'],
  ['mqtt_hung_up', 'aws_iot_hung_up'],
  ['mqtt_ack_timeout', 'aws_iot_ack_timeout'],
  ['mqtt_passed_over', 'aws_iot_passed_over']
])

/** Alerts about the client's certificate (RFC 8446, 6.2), in the words of OpenSSL. */
const certificateAlert =
  /alert (certificate|bad certificate|unknown ca|unsupported certificate|access denied|decrypt error)/

/** Alert 120: none of the protocols that ALPN offers is spoken there. */
const protocolAlert = /alert no application protocol/

/** The fault with which a connection ended, or what it means at AWS IoT Core. */
export function explainFault(fault: FaultError, wasOpen: boolean): FaultError {
  const code = codes.get(fault.code) ?? (wasOpen ? undefined : codeWhileOpening(fault))
  if (code === undefined) return fault
  return new FaultError(code, { detail: fault.detail ?? '', cause: fault })
}

function codeWhileOpening({ code, detail = '' }: FaultError): ErrorCode | undefined {
  if (code !== 'mqtt_tls_failed') return undefined
  if (certificateAlert.test(detail)) return 'aws_iot_certificate_refused'
  return protocolAlert.test(detail) ? 'aws_iot_protocol_refused' : undefined
}
