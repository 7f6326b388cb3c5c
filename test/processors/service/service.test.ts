// The service on a real Kafka, in the test's own process: what goes through it, what it shows, and what one stream's
// trouble does to another.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { freePorts } from '../../../connectors/kafka/local/ports.ts'
import { kafkaLog } from '../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from '../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../kafka.ts'
import { createService, messages, startReceiver } from './start.ts'

const httpChannel = (topic: string, partitions: number) => ({ topic, partitions, sources: [{ http: {} }] })

/** The committed offsets of a group, added up. */
async function committedSum(group: string, topic: string): Promise<number> {
  const kafka = { brokers: testBrokers(), clientId: 'service-test' }
  const admin = kafkaLog(kafka, { log: () => {}, clock: systemClock }).admin()
  try {
    const positions = await admin.committed(group, [topic])
    return positions.reduce((sum, { next }) => sum + (next ?? 0), 0)
  } finally {
    await admin.close()
  }
}

test('a message POSTed to a channel is delivered, and what is delivered is committed', async t => {
  const receiver = await startReceiver(t)
  const topic = uniqueName('fleet')
  const running = createService(t, {
    channels: { fleet: httpChannel(topic, 3) },
    streams: { acme: { from: ['fleet'], group: topic, target: { http: { url: receiver.url } } } }
  })
  await running.service.start()
  await running.opened('acme', 3)
  t.is((await running.post('fleet', messages(1_000))).status, 200)
  await until('all have arrived', () => receiver.arrived.length >= 1_000)
  await running.service.stop(5_000)
  t.deepEqual(
    [...receiver.arrived].sort((a, b) => a - b),
    messages(1_000).map(({ n }) => n)
  )
  t.is(await committedSum(topic, topic), 1_000)
  t.is(running.service.status().phase, 'stopped')
  t.deepEqual(
    running.logged.filter(({ name }) => name === 'stop_failed'),
    []
  )
})

/** The samples of one metric on a page, as [labels, value]. */
function samples(page: string, metric: string): [string, number][] {
  return page
    .split('\n')
    .filter(line => line.startsWith(`${metric}{`))
    .map(line => [line.slice(metric.length, line.indexOf('} ') + 1), Number(line.split('} ')[1])])
}

const total = (page: string, metric: string) =>
  samples(page, metric).reduce((sum, [, value]) => sum + value, 0)

test('the books on the metrics page balance at every scrape while messages flow', async t => {
  const receiver = await startReceiver(t, () => ({ kind: 'answer', status: 200, afterMs: 5 }))
  const topic = uniqueName('books')
  const running = createService(t, {
    channels: { fleet: httpChannel(topic, 4) },
    streams: {
      acme: { from: ['fleet'], group: topic, target: { http: { url: receiver.url, maxMessages: 10 } } }
    }
  })
  await running.service.start()
  await running.opened('acme', 4)
  await running.post('fleet', messages(2_000))
  const scrape = async () => (await fetch(`${running.adminUrl()}/metrics`)).text()
  let underway = 0
  let page = await scrape()
  while (receiver.arrived.length < 2_000) {
    const pending = total(page, 'tailrace_stream_messages_pending')
    if (pending > 0) underway++
    const ended = total(page, 'tailrace_stream_messages_ended_total')
    t.is(total(page, 'tailrace_stream_messages_read_total'), ended + pending) // Invariant 3
    page = await scrape()
  }
  t.true(underway > 0)
  await until('nothing is pending', () => running.stream('acme')?.pending === 0)
  page = await scrape()
  t.deepEqual(samples(page, 'tailrace_stream_messages_read_total'), [['{stream="acme"}', 2_000]])
  t.deepEqual(samples(page, 'tailrace_channel_messages_accepted_total'), [['{channel="fleet"}', 2_000]])
  t.is(total(page, 'tailrace_stream_lag_messages'), 0)
  t.false(page.includes('truck-'))
})

test('the status page shows channels, and streams with their states', async t => {
  const receiver = await startReceiver(t)
  const topic = uniqueName('status')
  const running = createService(t, {
    channels: { fleet: httpChannel(topic, 1) },
    streams: { acme: { from: ['fleet'], group: topic, target: { http: { url: receiver.url } } } }
  })
  await running.service.start()
  await running.opened('acme', 1)
  const page = await fetch(`${running.adminUrl()}/status`)
  const status = JSON.parse(await page.text())
  t.is(status.version, '0.0.0-test')
  t.is(status.phase, 'running')
  t.deepEqual(status.channels, [{ name: 'fleet', topic, sources: ['http'], appendWaitsSeconds: 0 }])
  t.is(status.streams[0].state, 'running')
  t.is(status.streams[0].partitions[0].topic, topic)
})

test('a target that hangs and one that is refused do not disturb a third, nor readiness', async t => {
  const good = await startReceiver(t)
  const hung = await startReceiver(t, () => ({ kind: 'hang' }))
  const unfit = await startReceiver(t, () => ({ kind: 'answer', status: 401 }))
  const [nobody] = await freePorts(1)
  const topic = uniqueName('apart')
  const stream = (name: string, http: object) => ({
    from: ['fleet'],
    group: `${topic}.${name}`,
    attemptTimeoutMs: 60_000,
    target: { http }
  })
  const running = createService(t, {
    channels: { fleet: httpChannel(topic, 2) },
    streams: {
      absent: stream('absent', { url: `http://127.0.0.1:${nobody}/` }),
      good: stream('good', { url: good.url }),
      hung: stream('hung', { url: hung.url }),
      unfit: stream('unfit', { url: unfit.url }),
      // What only the connector itself can see: found when the stream is built.
      wrong: stream('wrong', { url: good.url, bearer: 'a', headers: { authorization: 'b' } })
    }
  })
  await running.service.start()
  for (const name of ['absent', 'good', 'hung', 'unfit']) await running.opened(name, 2)
  await running.post('fleet', messages(500))
  await until('the good stream has delivered', () => good.arrived.length === 500)
  await until('the absent target is waited for', () => running.stream('absent')?.state === 'waiting')
  await until('the refused stream is halted', () => running.stream('unfit')?.state === 'halted')
  t.is(running.stream('good')?.state, 'running')
  t.is(running.stream('hung')?.pending, 500)
  t.deepEqual(running.stream('wrong')?.trouble?.code, 'config_invalid')
  t.is((await fetch(`${running.adminUrl()}/readyz`)).status, 200)
})

test('a Kafka that cannot be reached is waited for and told of, and does not keep the process from stopping', async t => {
  const [nobody] = await freePorts(1)
  const running = createService(t, { kafka: { brokers: [`127.0.0.1:${nobody}`] }, channels: { fleet: {} } })
  const started = running.service.start()
  await until('it is told', () => running.logged.some(({ name }) => name === 'kafka_waiting'))
  t.is((await fetch(`${running.adminUrl()}/healthz`)).status, 200)
  const ready = await fetch(`${running.adminUrl()}/readyz`)
  t.deepEqual([ready.status, await ready.text()], [503, 'waiting for Kafka\n'])
  await running.service.stop(1_000)
  await started
  t.deepEqual(
    running.logged.filter(({ name }) => name === 'stop_failed'),
    []
  )
})

test('until Kafka can be reached senders are answered 503 with a time to come back, and then they are taken', async t => {
  const [port = 0] = await freePorts(1)
  const running = createService(t, {
    kafka: { brokers: [`127.0.0.1:${port}`] },
    channels: { fleet: httpChannel(uniqueName('late'), 1) }
  })
  const started = running.service.start()
  await until('it is told', () => running.logged.some(({ name }) => name === 'kafka_waiting'))
  const refused = await running.post('fleet', messages(1))
  t.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
  await openWay(t, port)
  await started
  t.is((await running.post('fleet', messages(1))).status, 200)
})

/** Lets a port lead to the Kafka of the tests. */
async function openWay(t: ExecutionContext, port: number): Promise<void> {
  const [host, kafkaPort] = testBrokers()[0]?.split(':') ?? []
  const server = createServer(socket => {
    const onward = connect(Number(kafkaPort), host)
    for (const end of [socket, onward]) end.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
}

test('a listener that cannot be opened ends the start with its reason', async t => {
  const topic = uniqueName('taken')
  const first = createService(t, { channels: { fleet: httpChannel(topic, 1) } })
  await first.service.start()
  const http = Number(new URL(first.sourceUrl()).port)
  const second = createService(t, {
    listen: { http, admin: 0 },
    channels: { fleet: httpChannel(topic, 1) }
  })
  const fault = await t.throwsAsync(second.service.start())
  t.like(fault, { code: 'listen_failed' })
})
