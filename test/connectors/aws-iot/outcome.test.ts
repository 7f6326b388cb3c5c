// What the ways in which AWS IoT Core refuses a client mean: as a table of what Node reports, and as they come about with
// certificates and protocols that are not those that are wanted.

import tls from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { explainFault } from '../../../connectors/aws-iot/outcome.ts'
import { systemClock } from '../../../connectors/clock.ts'
import { DoubleServer } from '../../../connectors/shared/double-server.ts'
import {
  faultOfConnack,
  faultOfDisconnect,
  faultOfEnd,
  faultOfError
} from '../../../connectors/shared/mqtt/outcome.ts'
import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import { makeCertificates } from '../../certificates.ts'
import { batchOf } from '../mqtt/harness.ts'
import { certificates, doubleWith, outcomesOf, targetAt } from './harness.ts'

const native = (code: string, message: string) => Object.assign(new Error(message), { code })
const alert = (text: string) => `write EPROTO 0:error:0A000000:SSL routines:ssl3_read_bytes:${text}:SSL alert`

const opening: readonly (readonly [error: FaultError, code: ErrorCode])[] = [
  ...[
    'tlsv13 alert certificate required',
    'tlsv1 alert unknown ca',
    'sslv3 alert bad certificate',
    'ssl/tls alert bad certificate',
    'sslv3 alert certificate unknown',
    'sslv3 alert certificate revoked',
    'sslv3 alert certificate expired',
    'sslv3 alert unsupported certificate',
    'tlsv1 alert access denied',
    'tlsv1 alert decrypt error'
  ].map(text => [faultOfError(native('EPROTO', alert(text)), false), 'aws_iot_certificate_refused'] as const),
  [
    faultOfError(native('EPROTO', alert('tlsv1 alert no application protocol')), false),
    'aws_iot_protocol_refused'
  ],
  [faultOfError(native('EPROTO', alert('wrong version number')), false), 'mqtt_tls_failed'],
  [faultOfError(native('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), false), 'mqtt_tls_failed'],
  [faultOfError(native('ECONNRESET', 'read ECONNRESET'), false), 'aws_iot_hung_up'],
  [faultOfError(native('EPIPE', 'write EPIPE'), false), 'aws_iot_hung_up'],
  [faultOfEnd(false), 'aws_iot_hung_up'],
  [faultOfError(native('ECONNREFUSED', 'connect ECONNREFUSED'), false), 'mqtt_connect_failed'],
  [faultOfError(native('ENOTFOUND', 'getaddrinfo ENOTFOUND'), false), 'mqtt_connect_failed'],
  [faultOfConnack({ code: 0x87 }), 'aws_iot_unauthorized'],
  [faultOfConnack({ code: 5 }), 'aws_iot_unauthorized'],
  [faultOfConnack({ code: 0x97 }), 'mqtt_unavailable'],
  [new FaultError('mqtt_connect_timeout'), 'mqtt_connect_timeout']
]

for (const [fault, code] of opening)
  test(`while opening, ${fault.code} with "${fault.detail}" is ${code}`, t => {
    const explained = explainFault(fault, false)
    t.is(explained.code, code)
    t.is(explained.detail ?? '', fault.detail ?? '')
  })

for (const [fault, code] of [
  [new FaultError('mqtt_ack_timeout', { detail: 'after 1 ms' }), 'aws_iot_ack_timeout'],
  [faultOfError(native('ECONNRESET', 'read ECONNRESET'), true), 'mqtt_connection_lost'],
  [faultOfDisconnect({ code: 0x8e }), 'mqtt_taken_over'],
  [faultOfDisconnect({ code: 0x93 }), 'mqtt_connection_lost'],
  [faultOfDisconnect({ code: 0x8d }), 'mqtt_disconnected']
] as const)
  test(`once it is open, ${fault.code} with "${fault.detail}" is ${code}`, t => {
    t.is(explainFault(fault, true).code, code)
  })

for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const)
  test(`what ${maxVersion} says to a client without a certificate is understood`, async t => {
    const { double } = await doubleWith(t)
    const socket = tls.connect({ host: 'localhost', port: double.port, ca: certificates.ca, maxVersion })
    const error = await new Promise(resolve => socket.once('error', resolve))
    const { code } = explainFault(faultOfError(error, false), false)
    // Before 1.3 the alert is the one for any handshake that fails.
    t.is(code, maxVersion === 'TLSv1.3' ? 'aws_iot_certificate_refused' : 'mqtt_tls_failed')
  })

async function outcomeAt(t: ExecutionContext, port: number, settings = {}): Promise<string[]> {
  return outcomesOf(await targetAt(t, port, settings), batchOf(1))
}

test('a certificate of an authority that is not known is hung up on, and the hint says what to look at', async t => {
  const { double, ledger } = await doubleWith(t)
  const { cert, key } = makeCertificates()
  t.deepEqual(await outcomeAt(t, double.port, { tls: { cert, key } }), ['unsent aws_iot_hung_up'])
  t.is(ledger.length, 0)
})

test('a client without a name is hung up on', async t => {
  const { double } = await doubleWith(t)
  t.deepEqual(await outcomeAt(t, 0, { endpoint: `127.0.0.1:${double.port}` }), ['unsent aws_iot_hung_up'])
})

test('on 443 a client that names no protocol is hung up on, and another protocol is refused', async t => {
  const { double } = await doubleWith(t, { port: 443 })
  t.deepEqual(await outcomeAt(t, double.port), ['unsent aws_iot_hung_up'])
  const server = new DoubleServer({
    clock: systemClock,
    create: () => tls.createServer({ ...certificates, ALPNProtocols: ['h2'] })
  })
  await server.start()
  t.teardown(() => server.stop())
  t.deepEqual(await outcomeAt(t, server.port, { port: 443 }), ['halt aws_iot_protocol_refused'])
})

test('a policy that does not let the client connect halts the stream', async t => {
  const { double } = await doubleWith(t, { connect: () => ({ kind: 'connack', code: 0x87 }) })
  t.deepEqual(await outcomeAt(t, double.port), ['halt aws_iot_unauthorized'])
})

for (const [code, outcome] of [
  [0x00, 'delivered'],
  [0x10, 'delivered'],
  [0x97, 'retry mqtt_throttled'],
  [0x87, 'halt mqtt_topic_refused'],
  [0x90, 'halt mqtt_topic_refused'],
  [0x99, 'reject mqtt_rejected'],
  [0x80, 'retry mqtt_publish_failed']
] as const)
  test(`PUBACK 0x${code.toString(16)} is ${outcome}`, async t => {
    const { double } = await doubleWith(t, { reply: () => ({ kind: 'puback', code }) })
    t.deepEqual(await outcomeAt(t, double.port), [outcome])
  })

test('a message that is discarded is unknown when the time is up, and the connection is made anew', async t => {
  let isDiscarding = true
  const { double } = await doubleWith(t, {
    quotas: { connectIntervalMs: 0 },
    reply: () => ({ kind: isDiscarding ? 'discard' : 'puback' })
  })
  const target = await targetAt(t, double.port, { ackTimeoutMs: 100, limits: { connectIntervalMs: 0 } })
  t.deepEqual(await outcomesOf(target, batchOf(2)), Array(2).fill('unknown aws_iot_ack_timeout'))
  isDiscarding = false
  t.deepEqual(await outcomesOf(target, batchOf(2)), Array(2).fill('delivered'))
  t.is(double.accepted, 2)
})
