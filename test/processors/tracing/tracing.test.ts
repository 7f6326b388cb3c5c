// Traces of messages through real processes: from the sender over Kafka to the receiver, to a collector that may be there.

import test from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from '../../flows/harness/until.ts'
import { testBrokers } from '../../kafka.ts'
import { messages } from '../service/start.ts'
import { startCollector } from './collector.ts'
import { startTraced } from './traced.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const sender = '00f067aa0ba902b7'
const sampled = `00-${traceId}-${sender}-01`

test('the way of a message from its sender to the receiver is one trace, with every attempt', async t => {
  const collector = await startCollector(t)
  const tracing = { endpoint: collector.endpoint, sampleRatio: 0, headers: { 'x-key': 'hunter2-key' } }
  const reply = (request: number) => ({ kind: 'answer', status: request === 1 ? 503 : 200 }) as const
  const traced = await startTraced(t, { tracing, reply })
  t.is(await traced.post([{ ident: 'truck-7', n: 1 }], sampled), 200)
  await until('it was sent twice', () => traced.received.length === 2)
  await until('all spans are there', () => collector.spans.length === 4)
  const of = (kind: string) => collector.spans.filter(span => span.kind === kind)
  const [[send], [process], attempts] = [of('producer'), of('consumer'), of('client')]
  t.true(collector.spans.every(span => span.traceId === traceId))
  t.is(send?.parentSpanId, sender)
  t.is(process?.parentSpanId, send?.spanId)
  t.deepEqual(
    attempts.map(({ parentSpanId, links }) => [parentSpanId, links]),
    [1, 2].map(() => [process?.spanId, [process?.spanId]])
  )
  t.like(send?.attributes, { 'messaging.destination.name': traced.topic, 'tailrace.channel': 'fleet' })
  const place = { 'messaging.destination.name': traced.topic, 'messaging.kafka.offset': 0 }
  t.like(process?.attributes, { ...place, 'tailrace.outcome': 'delivered', 'tailrace.attempts': 2 })
  t.deepEqual(
    attempts.map(({ attributes, isError }) => [
      attributes['tailrace.outcome'],
      attributes['error.type'],
      isError
    ]),
    [
      ['retry', 'http_unavailable', true],
      ['delivered', undefined, false]
    ]
  )
  t.deepEqual(
    traced.received.map(({ headers }) => headers.traceparent),
    attempts.map(({ spanId }) => `00-${traceId}-${spanId}-01`)
  )
  t.false(JSON.stringify(collector.spans).includes('truck-7'))
  t.is(collector.headers()['x-key'], 'hunter2-key')
})

test('a batch belongs to the trace of its first traced message, and is linked to all of them', async t => {
  const collector = await startCollector(t)
  const traced = await startTraced(t, { tracing: { endpoint: collector.endpoint, sampleRatio: 1 } })
  t.is(await traced.post([{ ident: 'a' }, { ident: 'b' }, { ident: 'c' }]), 200)
  const count = (kind: string) => collector.spans.filter(span => span.kind === kind).length
  await until('all spans are there', () => count('consumer') === 3 && count('producer') === 1)
  const [send] = collector.spans.filter(({ kind }) => kind === 'producer')
  const processes = collector.spans.filter(({ kind }) => kind === 'consumer')
  const attempts = collector.spans.filter(({ kind }) => kind === 'client')
  t.is(send?.parentSpanId, '')
  t.deepEqual(
    processes.map(({ parentSpanId }) => parentSpanId),
    [1, 2, 3].map(() => send?.spanId)
  )
  const linked = attempts.flatMap(({ links }) => links)
  t.deepEqual(linked.toSorted(), processes.map(({ spanId }) => spanId).toSorted())
  for (const { links, parentSpanId } of attempts) t.deepEqual([parentSpanId], links.slice(0, 1))
})

test('what is not sampled, and what is no trace context, leaves no trace and is delivered as ever', async t => {
  const collector = await startCollector(t)
  const traced = await startTraced(t, { tracing: { endpoint: collector.endpoint, sampleRatio: 0 } })
  for (const context of [undefined, sampled.replace(/01$/, '00'), 'nonsense', `${sampled}-more`])
    t.is(await traced.post([{ ident: 'truck-7' }], context), 200)
  await until('all have arrived', () => messagesIn(traced.received) === 4)
  t.true(traced.received.every(({ headers }) => headers.traceparent === undefined))
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'tracing' }, { log: () => {}, clock: systemClock })
  const admin = log.admin()
  t.teardown(() => admin.close())
  for await (const { headers } of admin.read({ topic: traced.topic, partition: 0, from: 0, to: 4 }))
    t.deepEqual(headers, [])
  t.is(await traced.post([{ ident: 'truck-7' }], sampled), 200)
  await until('the spans of what is sampled are there', () => collector.spans.length === 3)
  t.true(collector.spans.every(span => span.traceId === traceId))
})

test('a record of another producer is followed, and keeps its headers', async t => {
  const collector = await startCollector(t)
  const traced = await startTraced(t, {
    tracing: { endpoint: collector.endpoint, sampleRatio: 0 },
    stream: { safetyStop: { rejected: 1, of: 1 } },
    reply: () => ({ kind: 'answer', status: 400 })
  })
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'tracing' }, { log: () => {}, clock: systemClock })
  const [admin, producer] = [log.admin(), log.producer()]
  t.teardown(() => Promise.all([admin.close(), producer.close(1_000)]))
  const headers = { gateway: 'g-1', traceparent: sampled }
  await producer.append(traced.topic, [
    { key: Buffer.from('a'), value: Buffer.from('{"ident":"a"}'), headers }
  ])
  await until('all spans are there', () => collector.spans.length === 2)
  const [process] = collector.spans.filter(({ kind }) => kind === 'consumer')
  t.is(process?.parentSpanId, sender)
  t.true(process?.isError)
  t.like(process?.attributes, { 'tailrace.outcome': 'dead_lettered', 'error.type': 'http_rejected' })
  const letters = `${traced.topic}.dead-letters`
  for await (const letter of admin.read({ topic: letters, partition: 0, from: 0, to: 1 })) {
    const kept = letter.headers.filter(({ key }) => key in headers)
    t.deepEqual(
      kept.map(({ key, value }) => [key, value?.toString()]),
      Object.entries(headers)
    )
  }
})

test('a message that a step leaves out says so in its trace', async t => {
  const collector = await startCollector(t)
  const stream = { steps: [{ filter: 'n > 1' }] }
  const traced = await startTraced(t, { tracing: { endpoint: collector.endpoint, sampleRatio: 0 }, stream })
  t.is(await traced.post([{ ident: 'a', n: 1 }], sampled), 200)
  await until('both spans are there', () => collector.spans.length === 2)
  t.is(collector.spans.find(({ kind }) => kind === 'consumer')?.attributes['tailrace.outcome'], 'filtered')
})

test('a collector that hangs or is away loses spans, and neither slows nor stops the delivery or the end', async t => {
  const hung = await startCollector(t, true)
  const [nobody] = await freePorts(1)
  for (const endpoint of [hung.endpoint, `http://127.0.0.1:${nobody}/v1/traces`]) {
    const traced = await startTraced(t, { tracing: { endpoint, sampleRatio: 1 } })
    for (let n = 0; n < 20; n++) t.is(await traced.post(messages(100, 50)), 200)
    await until('all have arrived', () => messagesIn(traced.received) === 2_000)
    const { spans } = await traced.logged('spans_lost')
    t.true(Number(spans) > 0)
    const beganMs = Date.now()
    traced.child.signal('SIGTERM')
    t.deepEqual(await traced.child.ended, { code: 0, stderr: '' })
    t.true(Date.now() - beganMs < 15_000)
  }
  t.true(hung.requests() > 0)
})

/** How many messages came, over all requests. */
function messagesIn(received: readonly { readonly body: Buffer }[]): number {
  return received.reduce((sum, { body }) => sum + JSON.parse(body.toString()).length, 0)
}
