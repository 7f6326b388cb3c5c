// The table of README.md, entry by entry: what CONNACK, PUBACK and DISCONNECT codes and failures of a connection mean.

import test from 'ava'
import {
  faultOfConnack,
  faultOfDisconnect,
  faultOfError,
  outcomeOfFault,
  outcomeOfPuback
} from '../../../../connectors/shared/mqtt/outcome.ts'
import { mqttSourceErrors } from '../../../../schemas/errors/mqtt-source.ts'
import { type ErrorCode, errors, FaultError } from '../../../../schemas/errors.ts'

const connacks: readonly [code: number, kind: string, error: ErrorCode][] = [
  [0x01, 'halt', 'mqtt_version_refused'],
  [0x02, 'halt', 'mqtt_client_id_refused'],
  [0x03, 'unsent', 'mqtt_unavailable'],
  [0x04, 'halt', 'mqtt_unauthorized'],
  [0x05, 'halt', 'mqtt_unauthorized'],
  [0x06, 'halt', 'mqtt_connect_refused'],
  [0x80, 'unsent', 'mqtt_unavailable'],
  [0x81, 'halt', 'mqtt_connect_refused'],
  [0x82, 'halt', 'mqtt_connect_refused'],
  [0x83, 'unsent', 'mqtt_unavailable'],
  [0x84, 'halt', 'mqtt_version_refused'],
  [0x85, 'halt', 'mqtt_client_id_refused'],
  [0x86, 'halt', 'mqtt_unauthorized'],
  [0x87, 'halt', 'mqtt_unauthorized'],
  [0x88, 'unsent', 'mqtt_unavailable'],
  [0x89, 'unsent', 'mqtt_unavailable'],
  [0x8a, 'halt', 'mqtt_unauthorized'],
  [0x8c, 'halt', 'mqtt_unauthorized'],
  [0x90, 'halt', 'mqtt_connect_refused'],
  [0x95, 'halt', 'mqtt_connect_refused'],
  [0x97, 'unsent', 'mqtt_unavailable'],
  [0x99, 'halt', 'mqtt_connect_refused'],
  [0x9a, 'halt', 'mqtt_connect_refused'],
  [0x9b, 'halt', 'mqtt_connect_refused'],
  [0x9c, 'halt', 'mqtt_connect_refused'],
  [0x9d, 'halt', 'mqtt_connect_refused'],
  [0x9f, 'unsent', 'mqtt_unavailable'],
  [0xff, 'halt', 'mqtt_connect_refused']
]

for (const [code, kind, error] of connacks) {
  test(`CONNACK 0x${code.toString(16)} is ${kind} ${error}`, t => {
    t.like(outcomeOfFault(faultOfConnack({ code }), false), { kind, code: error })
  })
}

const pubacks: readonly [code: number, kind: string, error?: ErrorCode, scope?: string][] = [
  [0x00, 'delivered'],
  [0x10, 'delivered'],
  [0x80, 'retry', 'mqtt_publish_failed', 'device'],
  [0x83, 'retry', 'mqtt_publish_failed', 'device'],
  [0x87, 'halt', 'mqtt_topic_refused'],
  [0x90, 'halt', 'mqtt_topic_refused'],
  [0x91, 'retry', 'mqtt_publish_failed', 'device'],
  [0x95, 'reject', 'mqtt_too_large'],
  [0x96, 'retry', 'mqtt_throttled'],
  [0x97, 'retry', 'mqtt_throttled'],
  [0x99, 'reject', 'mqtt_rejected'],
  [0xff, 'retry', 'mqtt_publish_failed', 'device']
]

for (const [code, kind, error, scope] of pubacks) {
  test(`PUBACK 0x${code.toString(16)} is ${kind} ${error ?? ''}`, t => {
    const outcome = outcomeOfPuback({ code }, false)
    if (outcome.kind === 'delivered') t.is(kind, 'delivered')
    else t.is(`${outcome.kind} ${outcome.code} ${outcome.scope}`, `${kind} ${error} ${scope}`)
  })
}

test('where devices have topics of their own, one that is refused is a matter of the device', t => {
  for (const code of [0x87, 0x90]) {
    t.like(outcomeOfPuback({ code }, true), { kind: 'reject', scope: 'device', code: 'mqtt_device_refused' })
  }
  t.like(outcomeOfPuback({ code: 0x99 }, true), { kind: 'reject', code: 'mqtt_rejected' })
})

test('a detail names the code, its meaning and what the broker said', t => {
  t.like(outcomeOfPuback({ code: 0x99, text: 'no JSON' }, false), {
    detail: 'PUBACK 0x99 payload format invalid: no JSON'
  })
  t.is(faultOfConnack({ code: 5 }).detail, 'CONNACK 0x05 not authorized')
  t.is(faultOfConnack({ code: 0xee, text: '' }).detail, 'CONNACK 0xee unknown reason')
})

test('a DISCONNECT loses the connection, and says so when another client took it over', t => {
  for (const code of [0x80, 0x81, 0x82, 0x93, 0x95, 0x96, 0x97, 0x99])
    t.is(faultOfDisconnect({ code }).code, 'mqtt_connection_lost', 'a message may be the reason')
  for (const code of [0x89, 0x8d, 0x98, 0x9c, 0x9d, 0xa0])
    t.is(faultOfDisconnect({ code }).code, 'mqtt_disconnected')
  t.like(faultOfDisconnect({ code: 0x8b }), {
    code: 'mqtt_disconnected',
    detail: 'DISCONNECT 0x8b server shutting down'
  })
  t.is(faultOfDisconnect({ code: 0x8e }).code, 'mqtt_taken_over')
})

const natives: readonly [code: string, whileOpening: ErrorCode, whileOpen: ErrorCode][] = [
  ['ECONNREFUSED', 'mqtt_connect_failed', 'mqtt_connection_lost'],
  ['ENOTFOUND', 'mqtt_connect_failed', 'mqtt_connection_lost'],
  ['ECONNRESET', 'mqtt_hung_up', 'mqtt_connection_lost'],
  ['ECONNABORTED', 'mqtt_hung_up', 'mqtt_connection_lost'],
  ['HPE_INVALID_CONSTANT', 'mqtt_answer_malformed', 'mqtt_answer_malformed'],
  ['WS_ERR_INVALID_OPCODE', 'mqtt_answer_malformed', 'mqtt_answer_malformed'],
  ['EPIPE', 'mqtt_hung_up', 'mqtt_connection_lost'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'mqtt_tls_failed', 'mqtt_tls_failed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'mqtt_tls_failed', 'mqtt_tls_failed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'mqtt_tls_failed', 'mqtt_tls_failed']
]

for (const [native, whileOpening, whileOpen] of natives) {
  test(`error ${native} is ${whileOpening}, or ${whileOpen} once the connection stood`, t => {
    const error = Object.assign(new Error('it broke'), { code: native })
    t.is(faultOfError(error, false).code, whileOpening)
    t.is(faultOfError(error, true).code, whileOpen)
    t.is(faultOfError(error, true).detail, 'it broke')
  })
}

test('what the parser finds is no MQTT, what the keep-alive finds is a lost connection', t => {
  t.is(faultOfError(new Error('Invalid header flag bits'), false).code, 'mqtt_answer_malformed')
  t.is(faultOfError(new Error('Keepalive timeout'), true).code, 'mqtt_connection_lost')
})

test('what was sent is unknown, whatever ended the connection; what was not is unsent, or halts', t => {
  for (const code of ['mqtt_ack_timeout', 'mqtt_taken_over', 'mqtt_unauthorized'] as const)
    t.is(outcomeOfFault(new FaultError(code), true).kind, 'unknown')
  t.is(outcomeOfFault(new FaultError('mqtt_ack_timeout'), false).kind, 'unsent')
  t.is(outcomeOfFault(new FaultError('mqtt_unauthorized'), false).kind, 'halt')
})

test('every code of the MQTT target has an outcome in the closed list', t => {
  const isOfSource = (code: string) => code in mqttSourceErrors
  const codes = Object.entries(errors).filter(([code]) => code.startsWith('mqtt_') && !isOfSource(code))
  t.true(codes.length > 10)
  for (const [, spec] of codes) t.truthy(spec.outcome)
})
