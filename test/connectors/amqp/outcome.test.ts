// The table of outcomes, entry by entry, as the page of the connector has it. The words are those of RabbitMQ 3.10.

import test from 'ava'
import {
  faultOfClose,
  faultOfEnd,
  faultOfError,
  outcomeOfBlock,
  outcomeOfFault,
  outcomeOfNack,
  outcomeOfReturn,
  outcomeOfTimeout,
  outcomesOfChannelClose,
  type Place,
  type Stage
} from '../../../connectors/amqp/outcome.ts'
import type { Failure } from '../../../connectors/connector.ts'
import { FaultError } from '../../../schemas/errors.ts'

const fixed = { exchange: false, routingKey: false, headers: false }
const byKey = { ...fixed, routingKey: true }
const byExchange = { ...fixed, exchange: true }
const byHeaders = { ...fixed, headers: true }

const short = ({ kind, scope, code }: Failure) =>
  [kind, ...(scope === undefined ? [] : [scope]), code].join(' ')

const closes: [stage: Stage, code: number, text: string, expected: string][] = [
  ['login', 403, 'ACCESS_REFUSED - Login was refused', 'halt amqp_unauthorized'],
  ['login', 530, 'NOT_ALLOWED', 'halt amqp_connect_refused'],
  ['vhost', 530, 'NOT_ALLOWED - vhost fleet not found', 'halt amqp_vhost_refused'],
  ['vhost', 530, "NOT_ALLOWED - access to vhost '/' refused for user 'u'", 'halt amqp_vhost_refused'],
  [
    'vhost',
    530,
    "NOT_ALLOWED - access to vhost '/' refused for user 'u': connection limit (1) is reached",
    'unsent amqp_unavailable'
  ],
  [
    'vhost',
    541,
    "INTERNAL_ERROR - access to vhost '/' refused for user 'u': vhost '/' is down",
    'unsent amqp_unavailable'
  ],
  ['vhost', 320, 'CONNECTION_FORCED - broker forced connection closure', 'unsent amqp_unavailable'],
  ['vhost', 503, 'COMMAND_INVALID', 'halt amqp_connect_refused'],
  ['channel', 404, "NOT_FOUND - no exchange 'telemetry' in vhost '/'", 'halt amqp_exchange_missing'],
  ['queue', 404, "NOT_FOUND - no queue 'fleet' in vhost '/'", 'halt amqp_queue_missing'],
  [
    'channel',
    403,
    "ACCESS_REFUSED - access to exchange 'telemetry' in vhost '/' refused",
    'halt amqp_exchange_refused'
  ],
  ['channel', 540, 'NOT_IMPLEMENTED', 'halt amqp_connect_refused'],
  [
    'open',
    320,
    "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
    'unknown amqp_disconnected'
  ],
  ['open', 541, 'INTERNAL_ERROR', 'unknown amqp_broker_failed'],
  ['open', 506, 'RESOURCE_ERROR', 'unknown amqp_broker_failed'],
  ['open', 501, 'FRAME_ERROR', 'unknown amqp_connection_lost']
]

for (const [stage, code, text, expected] of closes) {
  test(`${code} "${text}" at the stage ${stage} means ${expected}`, t => {
    const fault = faultOfClose({ code, text }, stage)
    t.is(short(outcomeOfFault(fault, stage === 'open')), expected)
    t.is(fault.detail, `${code} ${text}`)
  })
}

test('whatever ends an open connection means unknown for what was sent and unsent for the rest', t => {
  for (const fault of [faultOfEnd(true), faultOfError(new Error('x'), true)]) {
    t.is(short(outcomeOfFault(fault, true)), 'unknown amqp_connection_lost')
    t.is(short(outcomeOfFault(fault, false)), 'unsent amqp_connection_lost')
  }
})

test('what ends a connection that is being opened is told apart', t => {
  const native = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall })
  const of = (error: unknown) => short(outcomeOfFault(faultOfError(error, false), false))
  t.is(of(native('ECONNREFUSED', 'connect')), 'unsent amqp_connect_failed')
  t.is(of(native('ENOTFOUND', 'getaddrinfo')), 'unsent amqp_connect_failed')
  t.is(of(native('ECONNRESET', 'read')), 'unsent amqp_hung_up')
  t.is(of(native('ECONNRESET', 'connect')), 'unsent amqp_connect_failed')
  t.is(of(native('CERT_HAS_EXPIRED')), 'unsent amqp_tls_failed')
  t.is(short(outcomeOfFault(faultOfEnd(false), false)), 'unsent amqp_hung_up')
  t.is(of(new FaultError('amqp_unauthorized')), 'halt amqp_unauthorized')
})

const place: Place = { exchange: 'telemetry', routingKey: 'fleet', bodyBytes: 100 }

test('a message that is given back is no delivery: of one place for all it halts, of a place of its own it is of its device', t => {
  const reason = { code: 312, text: 'NO_ROUTE' }
  t.is(short(outcomeOfReturn(reason, place, fixed)), 'halt amqp_unroutable')
  for (const varies of [byKey, byExchange, byHeaders])
    t.is(short(outcomeOfReturn(reason, place, varies)), 'reject device amqp_device_unroutable')
  const byName = { ...place, exchange: '' }
  t.is(short(outcomeOfReturn(reason, byName, fixed)), 'halt amqp_queue_missing')
  const ofDevice = outcomeOfReturn(reason, byName, { ...fixed, routingKey: true })
  t.is(short(ofDevice), 'reject device amqp_device_queue_missing')
  t.is(
    outcomeOfReturn(reason, place, fixed).detail,
    '312 NO_ROUTE (exchange "telemetry", routing key "fleet")'
  )
})

test('a nack is tried again later: of one place for all everything, of a place of its own the device', t => {
  t.is(short(outcomeOfNack(fixed)), 'retry amqp_nacked')
  t.is(short(outcomeOfNack(byKey)), 'retry device amqp_nacked')
})

test('a message out of time waits with its device, or with all while the broker blocks', t => {
  t.is(short(outcomeOfTimeout({ ackTimeoutMs: 5, blocked: null })), 'unknown device amqp_passed_over')
  t.is(short(outcomeOfTimeout({ ackTimeoutMs: 5, blocked: 'low on memory' })), 'unknown amqp_blocked')
  t.is(short(outcomeOfBlock('low on memory')), 'unsent amqp_blocked')
})

const other: Place = { exchange: 'other', routingKey: 'rail', bodyBytes: 5_000 }
const missing = { code: 404, text: "NOT_FOUND - no exchange 'telemetry' in vhost '/'" }
const refused = {
  code: 403,
  text: "ACCESS_REFUSED - access to exchange 'telemetry' in vhost '/' refused for user 'u'"
}
const topic = {
  code: 403,
  text: "ACCESS_REFUSED - access to topic 'fleet' in exchange 'telemetry' in vhost '/' refused for user 'u'"
}
const large = {
  code: 406,
  text: 'PRECONDITION_FAILED - message size 5000 is larger than configured max size 1000'
}
const shared = 'unknown device amqp_channel_shared'

const channelCloses: [what: string, args: Parameters<typeof outcomesOfChannelClose>, expected: string[]][] = [
  ['a missing exchange', [missing, [place], fixed], ['halt amqp_exchange_missing']],
  [
    'a missing exchange of a device',
    [missing, [place, other], byExchange],
    ['reject device amqp_device_refused', shared]
  ],
  [
    'an exchange that is refused',
    [refused, [place, place], fixed],
    ['halt amqp_exchange_refused', 'halt amqp_exchange_refused']
  ],
  ['a topic that is refused', [topic, [place], fixed], ['halt amqp_exchange_refused']],
  ['a topic of a device', [topic, [other, place], byKey], [shared, 'reject device amqp_device_refused']],
  ['a message that is too large', [large, [place, other], fixed], [shared, 'reject amqp_too_large']],
  ['something else about one message', [{ code: 406, text: 'x' }, [place], fixed], ['reject amqp_rejected']],
  [
    'something else about one of several',
    [{ code: 406, text: 'x' }, [place, other], fixed],
    ['unknown amqp_channel_closed', 'unknown amqp_channel_closed']
  ],
  ['an error of the broker', [{ code: 541, text: 'x' }, [place], fixed], ['unknown amqp_broker_failed']],
  ['something unheard of', [{ code: 599, text: 'x' }, [place], fixed], ['unknown amqp_channel_closed']],
  [
    'an error of the broker with several',
    [{ code: 541, text: 'x' }, [place, other], fixed],
    ['unknown amqp_broker_failed', 'unknown amqp_broker_failed']
  ],
  [
    'the exchange without a name',
    [
      { ...refused, text: refused.text.replace('telemetry', 'amq.default') },
      [{ ...place, exchange: '' }, other],
      fixed
    ],
    ['halt amqp_exchange_refused', shared]
  ]
]

for (const [what, args, expected] of channelCloses) {
  test(`a channel that is closed over ${what} blames whom the words name, and nobody else`, t => {
    t.deepEqual(outcomesOfChannelClose(...args).map(short), expected)
  })
}

test('whatever a broker says is told on one line', t => {
  const text = 'ACCESS_REFUSED -\r\n  no\n'
  t.is(faultOfClose({ code: 403, text }, 'login').detail, '403 ACCESS_REFUSED - no')
  t.is(outcomeOfBlock('low\non memory').detail, 'low on memory')
  t.is(faultOfClose({ code: 320, text: '' }, 'open').detail, '320')
})

test('a routing key that looks like other words of the broker is not blamed for them', t => {
  const slash = { ...other, routingKey: '/' }
  t.deepEqual(outcomesOfChannelClose(topic, [slash, place], byKey).map(short), [
    shared,
    'reject device amqp_device_refused'
  ])
})
