import test from 'ava'
import { createKafka, kafkaFault } from '../../../../../connectors/kafka/log/kafkajs/client.ts'
import { FaultError } from '../../../../../schemas/errors.ts'

/** An error as kafkajs throws it: named, with the protocol's type, and wrapped by its retrier. */
function thrown(name: string, type?: string): Error {
  const inner = Object.assign(new Error('what the broker said'), { name, type })
  return Object.assign(new Error('retries exceeded', { cause: inner }), { name: 'KafkaJSNonRetriableError' })
}

const cases = [
  ['refused credentials', thrown('KafkaJSSASLAuthenticationError'), 'kafka_unauthorized'],
  [
    'a missing permission',
    thrown('KafkaJSProtocolError', 'GROUP_AUTHORIZATION_FAILED'),
    'kafka_unauthorized'
  ],
  ['a missing topic', thrown('KafkaJSProtocolError', 'UNKNOWN_TOPIC_OR_PARTITION'), 'topic_missing'],
  ['an old generation', thrown('KafkaJSProtocolError', 'ILLEGAL_GENERATION'), 'commit_refused'],
  ['a closed connection', thrown('KafkaJSConnectionClosedError'), 'kafka_unreachable'],
  ['a programming error', new TypeError('undefined is not a function'), 'internal']
] as const

for (const [what, error, code] of cases) {
  test(`${what} becomes ${code}`, t => {
    const fault = kafkaFault(error)
    t.is(fault.code, code)
    t.true(fault.message.includes(error instanceof TypeError ? 'not a function' : 'what the broker said'))
  })
}

test('a fault stays itself', t => {
  const fault = new FaultError('topic_missing')
  t.is(kafkaFault(fault), fault)
})

test('what kafkajs logs arrives in our log as kafka_client', async t => {
  const seen: unknown[] = []
  const kafka = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' }, (name, fields) => {
    seen.push([name, fields?.label])
  })
  await t.throwsAsync(kafka.admin({ retry: { retries: 0 } }).connect())
  t.deepEqual(seen[0], ['kafka_client', 'ERROR'])
})
