import { createRequire } from 'node:module'
import test from 'ava'
import type { Failure } from '../../../../connectors/connector.ts'
import { LeaderUnreachable } from '../../../../connectors/kafka/log/kafkajs/produce/connections.ts'
import { NoLeader } from '../../../../connectors/kafka/log/kafkajs/produce/shipper.ts'
import { NoAnswer } from '../../../../connectors/kafka/log/kafkajs/with-deadline.ts'
import { isRefusal, outcomeOfError } from '../../../../connectors/kafka/target/outcome.ts'
import { errors, FaultError } from '../../../../schemas/errors.ts'

const require = createRequire(import.meta.url)
const { createErrorFromCode } = require('kafkajs/src/protocol/error')
const {
  KafkaJSConnectionError,
  KafkaJSConnectionClosedError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSSASLAuthenticationError
} = require('kafkajs/src/errors')

type Short = readonly [kind: Failure['kind'], code: Failure['code'], scope?: Failure['scope']]

const short = ({ kind, code, scope }: Failure): Short =>
  scope === undefined ? [kind, code] : [kind, code, scope]
const answered = (error: unknown, haveTopics = false) =>
  short(outcomeOfError(error, { isWritten: true, haveTopics }))
const connecting = (error: unknown, haveTopics = false) =>
  short(outcomeOfError(error, { isWritten: false, haveTopics }))

/** Codes of the protocol in an answer to a produce request. */
const answers: Readonly<Record<string, readonly [code: number, outcome: Short]>> = {
  UNKNOWN_SERVER_ERROR: [-1, ['unknown', 'kafka_target_failed', 'device']],
  CORRUPT_MESSAGE: [2, ['unknown', 'kafka_target_failed', 'device']],
  'UNKNOWN_TOPIC_OR_PARTITION of a broker that has just started': [
    3,
    ['unknown', 'kafka_target_leader_moved', 'device']
  ],
  LEADER_NOT_AVAILABLE: [5, ['unknown', 'kafka_target_no_leader', 'device']],
  NOT_LEADER_FOR_PARTITION: [6, ['unknown', 'kafka_target_leader_moved', 'device']],
  REQUEST_TIMED_OUT: [7, ['unknown', 'kafka_target_unreplicated', 'device']],
  MESSAGE_TOO_LARGE: [10, ['reject', 'kafka_target_too_large']],
  RECORD_LIST_TOO_LARGE: [18, ['reject', 'kafka_target_too_large']],
  NOT_ENOUGH_REPLICAS: [19, ['retry', 'kafka_target_few_replicas', 'device']],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, ['unknown', 'kafka_target_unreplicated', 'device']],
  TOPIC_AUTHORIZATION_FAILED: [29, ['halt', 'kafka_target_forbidden']],
  CLUSTER_AUTHORIZATION_FAILED: [31, ['halt', 'kafka_target_unauthorized']],
  INVALID_TIMESTAMP: [32, ['reject', 'kafka_target_rejected']],
  KAFKA_STORAGE_ERROR: [56, ['unknown', 'kafka_target_leader_moved', 'device']],
  FENCED_LEADER_EPOCH: [74, ['unknown', 'kafka_target_leader_moved', 'device']],
  INVALID_RECORD: [87, ['reject', 'kafka_target_rejected']],
  'a code that nobody knows': [9_999, ['unknown', 'kafka_target_failed', 'device']]
}

for (const [name, [code, outcome]] of Object.entries(answers)) {
  test(`an answer of ${name} means ${outcome.join(', ')}`, t => {
    t.deepEqual(answered(createErrorFromCode(code)), outcome)
    t.truthy(errors[outcome[1]].hint)
  })
}

test('a topic that is missing, or that may not be written, halts the target', t => {
  t.deepEqual(connecting(createErrorFromCode(3)), ['halt', 'kafka_target_topic_missing'])
  t.deepEqual(connecting(createErrorFromCode(17)), ['halt', 'kafka_target_forbidden'])
  t.deepEqual(connecting(createErrorFromCode(29)), ['halt', 'kafka_target_forbidden'])
})

test('where topics are made of fields, it concerns the devices whose messages make it', t => {
  t.deepEqual(connecting(createErrorFromCode(3), true), [
    'reject',
    'kafka_target_device_topic_missing',
    'device'
  ])
  t.deepEqual(answered(createErrorFromCode(29), true), ['reject', 'kafka_target_device_forbidden', 'device'])
})

test('credentials that are refused halt the target, whatever was wrapped around that', t => {
  const refused = new KafkaJSSASLAuthenticationError('SASL PLAIN authentication failed')
  t.deepEqual(connecting(refused), ['halt', 'kafka_target_unauthorized'])
  const wrapped = new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 1, retryTime: 1 })
  t.deepEqual(connecting(wrapped), ['halt', 'kafka_target_unauthorized'])
})

const connectionError = (code: string) =>
  new KafkaJSConnectionError(`Connection error: ${code}`, { broker: '127.0.0.1:9', code })

test('a connection that does not come about leaves everything unsent', t => {
  t.deepEqual(connecting(connectionError('ECONNREFUSED')), ['unsent', 'kafka_target_connect_failed'])
  t.deepEqual(connecting(connectionError('ENOTFOUND')), ['unsent', 'kafka_target_connect_failed'])
  t.deepEqual(connecting(connectionError('CERT_HAS_EXPIRED')), ['unsent', 'kafka_target_tls_failed'])
  t.deepEqual(connecting(connectionError('ECONNRESET')), ['unsent', 'kafka_target_hung_up'])
  t.deepEqual(connecting(new KafkaJSConnectionClosedError('Closed')), ['unsent', 'kafka_target_hung_up'])
  t.deepEqual(connecting(new NoAnswer(5)), ['unsent', 'kafka_target_connect_timeout'])
  t.deepEqual(connecting(new NoLeader({ topic: 'mirror' })), ['unsent', 'kafka_target_no_leader', 'device'])
})

test('a leader that cannot be reached, while others can, concerns its devices only', t => {
  const alone = new LeaderUnreachable(connectionError('ECONNREFUSED'))
  t.deepEqual(connecting(alone), ['unsent', 'kafka_target_connect_failed', 'device'])
  t.deepEqual(connecting(new LeaderUnreachable(new NoAnswer(5))), [
    'unsent',
    'kafka_target_connect_timeout',
    'device'
  ])
})

test('what was written and not answered is unknown', t => {
  t.deepEqual(answered(new KafkaJSConnectionClosedError('Closed')), [
    'unknown',
    'kafka_target_connection_lost'
  ])
  t.deepEqual(answered(connectionError('ECONNRESET')), ['unknown', 'kafka_target_connection_lost'])
  t.deepEqual(answered(new NoAnswer(5)), ['unknown', 'kafka_target_ack_timeout'])
})

test('a signal leaves unsent what was not written, and the rest unknown', t => {
  const fault = new FaultError('attempt_timeout')
  t.deepEqual(connecting(fault), ['unsent', 'attempt_timeout'])
  t.deepEqual(answered(fault), ['unknown', 'attempt_timeout'])
})

test('a detail names the broker or the error, in one line', t => {
  const detail = (error: unknown) => outcomeOfError(error, { isWritten: false, haveTopics: false }).detail
  t.regex(detail(createErrorFromCode(29)), /^TOPIC_AUTHORIZATION_FAILED: \S[^\n]+$/)
  t.is(detail(connectionError('ECONNREFUSED')), '127.0.0.1:9: Connection error: ECONNREFUSED')
})

test('only what a message is refused for makes a part smaller', t => {
  const outcome = (code: number, haveTopics = false) =>
    isRefusal(outcomeOfError(createErrorFromCode(code), { isWritten: true, haveTopics }))
  t.true(outcome(10))
  t.true(outcome(87))
  t.false(outcome(29, true))
  t.false(outcome(6))
})
