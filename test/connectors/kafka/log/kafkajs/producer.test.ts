import test from 'ava'
import type { Shipment } from '../../../../../connectors/kafka/log/kafkajs/produce/sender.ts'
import {
  KafkaProducer,
  type ProducerOptions,
  type TopicShape
} from '../../../../../connectors/kafka/log/kafkajs/producer.ts'
import { settle, VirtualClock } from '../../../../../connectors/virtual-clock.ts'
import type { EventName } from '../../../../../schemas/events.ts'

interface Request {
  readonly partition: number
  readonly values: string[]
  readonly keys: (string | null)[]
  succeed(): void
  fail(error: Error): void
}

/** A producer whose requests stay open until the test answers them. */
function open(options: Partial<ProducerOptions> = {}, given: Partial<TopicShape> = {}) {
  const shape = { partitions: 1, maxMessageBytes: Number.POSITIVE_INFINITY, ...given }
  const clock = new VirtualClock()
  const requests: Request[] = []
  const logged: EventName[] = []
  let closed = false
  const sender = {
    send: ({ partition, records }: Shipment) =>
      new Promise<number>((resolve, reject) => {
        const values = records.map(record => String(record.value))
        const keys = records.map(record => record.key?.toString() ?? null)
        requests.push({ partition, values, keys, succeed: (offset = 0) => resolve(offset), fail: reject })
      }),
    close: async () => {
      closed = true
    }
  }
  const producer = new KafkaProducer(
    {
      clock,
      sender,
      log: name => logged.push(name),
      shapeOf: async () => ({ ...shape })
    },
    options
  )
  const append = (...values: string[]) => {
    const call = { state: 'open' }
    const records = values.map(value => ({ key: Buffer.from('k'), value: Buffer.from(value) }))
    const done = producer.append('fleet', records)
    done.then(
      () => (call.state = 'stored'),
      error => (call.state = error.code)
    )
    return Object.assign(call, { done })
  }
  const last = () => requests.at(-1) ?? noRequest()
  return { clock, shape, requests, logged, producer, append, last, isClosed: () => closed }
}

function noRequest(): never {
  throw new Error('no request was sent')
}

const refusal = (type: string) => Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })

test('appends of a few milliseconds share one request and are stored together', async t => {
  const { clock, requests, append } = open()
  const calls = [append('a'), append('b', 'c')]
  await clock.advance(1)
  calls.push(append('d'))
  await clock.advance(2)
  t.deepEqual(
    requests.map(request => request.values),
    [['a', 'b', 'c', 'd']]
  )
  t.deepEqual(
    calls.map(call => call.state),
    ['open', 'open', 'open']
  )
  requests[0]?.succeed()
  await settle()
  t.deepEqual(
    calls.map(call => call.state),
    ['stored', 'stored', 'stored']
  )
})

test('a partition has one request in flight, and what comes meanwhile leaves together after it', async t => {
  const { clock, requests, append } = open()
  append('a')
  await clock.advance(3)
  append('b')
  append('c')
  await clock.advance(50)
  t.is(requests.length, 1)
  requests[0]?.succeed()
  await clock.advance(3)
  t.deepEqual(requests[1]?.values, ['b', 'c'])
})

test('a full request leaves at once, and an append larger than a request is cut in order', async t => {
  const { clock, requests, append } = open({ maxRecords: 2 })
  const call = append('a', 'b', 'c', 'd', 'e')
  await settle()
  for (const expected of [['a', 'b'], ['c', 'd'], ['e']]) {
    t.deepEqual(requests.at(-1)?.values, expected)
    requests.at(-1)?.succeed()
    await clock.advance(3)
  }
  t.is(call.state, 'stored')
})

test('a failed request is repeated before later records leave', async t => {
  const { clock, requests, append } = open()
  const first = append('a')
  await clock.advance(3)
  const second = append('b')
  requests[0]?.fail(refusal('NOT_LEADER_FOR_PARTITION'))
  await clock.advance(100)
  t.deepEqual(
    requests.map(request => request.values),
    [['a'], ['a']]
  )
  requests[1]?.succeed()
  await clock.advance(3)
  t.is(first.state, 'stored')
  requests[2]?.succeed()
  await settle()
  t.is(second.state, 'stored')
})

test('records that Kafka did not take in time are refused, and the outage is logged once', async t => {
  const { clock, requests, append, logged } = open({ deadlineMs: 10_000 })
  const stuck = append('a')
  await clock.advance(5_000)
  const waiting = append('b')
  await clock.advance(5_000)
  t.deepEqual([stuck.state, waiting.state], ['kafka_unavailable', 'open'])
  await clock.advance(5_000)
  t.is(waiting.state, 'kafka_unavailable')
  t.deepEqual(logged, ['append_failed'])
  requests[0]?.fail(new Error('connection closed'))
  const after = append('c')
  await clock.advance(2_000)
  t.deepEqual(requests.at(-1)?.values, ['c'])
  requests.at(-1)?.succeed()
  await settle()
  t.is(after.state, 'stored')
})

test('records beyond the buffer are refused at once until there is room again', async t => {
  const { clock, requests, append } = open({ maxBufferedBytes: 500 })
  const kept = ['a', 'b', 'c'].map(value => append(value))
  const refused = append('d')
  await settle()
  t.is(refused.state, 'kafka_unavailable')
  await clock.advance(3)
  requests[0]?.succeed()
  await settle()
  t.true(kept.every(call => call.state === 'stored'))
  const later = append('e')
  await clock.advance(3)
  requests[1]?.succeed()
  await settle()
  t.is(later.state, 'stored')
})

test('a record that is too large fails alone, not those that shared its request', async t => {
  const { clock, append, last } = open()
  const calls = [append('small'), append('huge'), append('tiny')]
  await clock.advance(3)
  last().fail(refusal('MESSAGE_TOO_LARGE'))
  await settle()
  last().succeed()
  await settle()
  t.deepEqual(last().values, ['huge'])
  last().fail(refusal('MESSAGE_TOO_LARGE'))
  await settle()
  last().succeed()
  await settle()
  t.deepEqual(
    calls.map(call => call.state),
    ['stored', 'body_too_large', 'stored']
  )
})

test('before a record is refused for its size, the limit of the topic is asked for again', async t => {
  const { clock, shape, requests, append } = open({}, { maxMessageBytes: 100 })
  const call = append('a', 'x'.repeat(200))
  await settle()
  t.is(call.state, 'body_too_large')
  t.is(requests.length, 0)
  shape.maxMessageBytes = 400
  const tooSoon = append('x'.repeat(200))
  await clock.advance(1_000)
  t.is(tooSoon.state, 'body_too_large')
  append('x'.repeat(200))
  await clock.advance(3)
  t.is(requests.length, 1)
})

test('no request for a partition grows beyond what its topic takes', async t => {
  const { clock, requests, append } = open({}, { maxMessageBytes: 500 })
  append(...Array.from({ length: 5 }, () => 'x'.repeat(100)))
  append('y')
  await clock.advance(3)
  t.deepEqual(requests[0]?.values.length, 2)
})

test('refused permission is not repeated', async t => {
  const { clock, requests, append } = open()
  const call = append('a')
  await clock.advance(3)
  requests[0]?.fail(refusal('TOPIC_AUTHORIZATION_FAILED'))
  await clock.advance(3_000)
  t.is(call.state, 'kafka_unavailable')
  t.is(requests.length, 1)
})

test('closing sends what waits without lingering, then refuses', async t => {
  const { clock, requests, append, producer, isClosed } = open()
  const call = append('a')
  await settle()
  const closing = producer.close(5_000)
  await settle()
  requests[0]?.succeed()
  await closing
  t.is(call.state, 'stored')
  t.true(isClosed())
  t.is(clock.waiting, 0)
  await t.throwsAsync(append('b').done, { message: /shutting down/ })
})

test('closing gives up after its deadline', async t => {
  const { clock, append, producer } = open()
  const call = append('a')
  await settle()
  const closing = producer.close(1_000)
  await clock.advance(1_000)
  await closing
  t.is(call.state, 'kafka_unavailable')
})

test('records without key fill one partition until its request leaves, then another', async t => {
  const { clock, requests, producer } = open({}, { partitions: 3 })
  const keyless = () => producer.append('fleet', [{ key: null, value: Buffer.from('x') }])
  void keyless()
  void keyless()
  await clock.advance(3)
  void keyless()
  await clock.advance(3)
  t.deepEqual(
    requests.map(request => request.values.length),
    [2, 1]
  )
  t.not(requests[0]?.partition, requests[1]?.partition)
  for (const request of requests) request.succeed()
  await settle()
})
