// `tailrace replay` on a real Kafka, as a user runs it: what it sends, what it leaves alone, and how it goes on.

import test, { type ExecutionContext } from 'ava'
import { Kafka, Partitioners } from 'kafkajs'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from '../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { startCommand } from '../child.ts'
import { folder, outputOf } from '../shared/output.ts'

/** Eight in the morning: message n is n minutes later, and the devices take turns. */
const startMs = Date.UTC(2026, 0, 31, 8)
const devices = ['truck-0', 'truck-1', 'truck-2']
const count = 240
const from = new Date(startMs + 60 * 60_000).toISOString()
const to = new Date(startMs + 180 * 60_000).toISOString()
/** Numbers of truck-1 from 9:00 up to but without 11:00. */
const expected = Array.from({ length: count }, (_, n) => n).filter(n => n % 3 === 1 && n >= 60 && n < 180)

/** Remembers what it confirms. */
async function receiver(
  t: ExecutionContext,
  reply: (numbers: number[]) => Reply = () => ({ kind: 'answer', status: 200 })
) {
  const arrived: number[] = []
  const requests: Received[] = []
  const double = new HttpDouble({
    clock: systemClock,
    reply: request => {
      const numbers: number[] = JSON.parse(request.body.toString()).map(({ n }: { n: number }) => n)
      requests.push(request)
      const answer = reply(numbers)
      if (answer.kind === 'answer' && answer.status === 200) arrived.push(...numbers)
      return answer
    }
  })
  await double.start()
  t.teardown(() => double.stop())
  return { url: double.url, arrived, requests }
}

/** Makes a topic with times of producers. */
async function fillPast(topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: testBrokers(), clientId: 'replay-test', logLevel: 0 })
  const admin = kafka.admin()
  await admin.connect()
  // Without it Kafka deletes records with such old times, at whatever moment it looks.
  const configEntries = [{ name: 'retention.ms', value: '-1' }]
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }], waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = Array.from({ length: count }, (_, n) => {
    const ident = devices[n % devices.length] ?? ''
    return { key: ident, value: JSON.stringify({ ident, n }), timestamp: String(startMs + n * 60_000) }
  })
  await producer.send({ topic, acks: -1, messages })
  await producer.disconnect()
}

/** Such a topic, a stream that has delivered all of it, and two targets. */
async function setUp(t: ExecutionContext, { url, other = url }: { url: string; other?: string }) {
  const topic = uniqueName('replay')
  await fillPast(topic)
  const log = kafkaLog(
    { brokers: testBrokers(), clientId: 'test' },
    { clock: systemClock, log: () => {} }
  ).admin()
  t.teardown(() => log.close())
  const ends = (await log.ranges(topic)).map(({ partition, end }) => ({
    topic,
    partition,
    next: end,
    metadata: ''
  }))
  await log.moveOffsets(topic, ends)
  const stream = (group: string, target: string) => ({
    from: ['fleet'],
    group,
    target: { http: { url: target, maxMessages: 5 } }
  })
  const config = {
    kafka: { brokers: testBrokers() },
    channels: { fleet: { topic } },
    streams: { acme: stream(topic, url), bolt: stream(`${topic}.bolt`, other) }
  }
  const path = `${folder(t, { 'tailrace.yaml': JSON.stringify(config) })}/tailrace.yaml`
  const args = ['replay', 'acme', '--config', path, '--from', from, '--to', to]
  const committed = async () => (await log.committed(topic, [topic])).map(({ next }) => next)
  return {
    topic,
    log,
    args,
    committed,
    ends: ends.map(({ next }) => next),
    run: (...more: string[]) => outputOf([...args, ...more])
  }
}

test('one device’s two hours arrive once, in order and marked, and the place of the stream stays', async t => {
  const { url, arrived, requests } = await receiver(t)
  const { committed, ends, run } = await setUp(t, { url })
  const { code, stdout, stderr } = await run('--device', 'truck-1', '--rate', '1000/s', '--yes')
  t.is(code, 0, stderr)
  t.deepEqual(arrived, expected)
  t.is(stdout, '40 of 40 messages delivered.\n')
  t.regex(
    stderr,
    /^Replay [0-9a-f]{8} of acme, 2026-01-31T09:00:00Z to 2026-01-31T11:00:00Z, to the target of acme:\n {2}40 messages \(1,\d+ bytes\) of 1 device in /m
  )
  const mark = /^Replay ([0-9a-f]{8})/m.exec(stderr)?.[1]
  t.true(requests.every(({ headers }) => headers['tailrace-replay'] === mark))
  t.deepEqual(await committed(), ends)
  const again = await run('--device', 'truck-1', '--yes')
  t.deepEqual([again.code, again.stdout], [0, 'There is nothing to send.\n'])
  await run('--device', 'truck-1', '--yes', '--again', '--rate', '1000/s')
  t.deepEqual(arrived, [...expected, ...expected])
})

test('a dry run sends nothing, and without a terminal --yes is asked for', async t => {
  const { url, arrived } = await receiver(t)
  const { run } = await setUp(t, { url })
  const dry = await run('--dry-run', '--json')
  t.is(dry.code, 0)
  t.like(JSON.parse(dry.stdout), { found: 120, devices: 3, delivered: 0, complete: false, target: 'acme' })
  t.is((await run()).code, 2)
  t.deepEqual(arrived, [])
})

test('another stream’s target may be sent to', async t => {
  const [first, second] = [await receiver(t), await receiver(t)]
  const { run } = await setUp(t, { url: first.url, other: second.url })
  const { code } = await run('--target', 'bolt', '--rate', '1000/s', '--yes')
  t.is(code, 0)
  t.deepEqual([first.arrived.length, second.arrived.length], [0, 120])
})

test('what was broken off by kill -9 goes on, and nothing of it is lost', async t => {
  const { url, arrived } = await receiver(t)
  const { args, committed, ends, run } = await setUp(t, { url })
  const child = startCommand(t, [...args, '--rate', '20/s', '--yes'])
  await until('it has noted how far it is', () => arrived.length >= 50)
  child.kill()
  await child.ended
  const before = arrived.length
  t.true(before < 120)
  const { code, stderr } = await run('--rate', '1000/s', '--yes')
  t.is(code, 0, stderr)
  t.regex(stderr, /It goes on: what it sent before is left out/)
  t.is(new Set(arrived).size, 120)
  t.true(arrived.length <= 120 + 60, `${arrived.length} arrived, ${before} before the kill`)
  t.deepEqual(await committed(), ends)
})

test('Ctrl-C ends it in order, and it says how to go on', async t => {
  const { url, arrived } = await receiver(t)
  const { args, run } = await setUp(t, { url })
  const child = startCommand(t, [...args, '--rate', '20/s', '--yes'])
  await until('some have arrived', () => arrived.length >= 10)
  child.interrupt()
  t.regex(
    await child.lineWhere(line => line.includes('tailrace replay')),
    /tailrace replay acme --config \S+ --from 2026-01-31T09/
  )
  t.is((await child.ended).code, 1)
  t.is((await run('--rate', '1000/s', '--yes')).code, 0)
  t.is(arrived.length, 120)
  t.is(new Set(arrived).size, 120)
})

test('what the target refuses becomes a dead letter of the stream, and the others go on', async t => {
  const { url, arrived } = await receiver(t, numbers => ({
    kind: 'answer',
    status: numbers.includes(61) ? 400 : 200
  }))
  const { log, topic, run } = await setUp(t, { url })
  const { code, stdout } = await run('--device', 'truck-1', '--rate', '1000/s', '--yes')
  t.is(code, 1)
  t.is(stdout, '39 of 40 messages delivered, 1 refused and now dead letters of acme.\n')
  t.deepEqual(
    arrived.toSorted((a, b) => a - b),
    expected.filter(n => n !== 61)
  )
  const [letters] = await log.ranges(`${topic}.dead-letters`)
  t.is(letters?.end, 1)
})

test('a stream that has never run, times in the wrong order and unknown targets are refused with a way on', async t => {
  const { url } = await receiver(t)
  const { args, run } = await setUp(t, { url })
  const never = await outputOf([...args.map(arg => (arg === 'acme' ? 'bolt' : arg)), '--yes'])
  t.is(never.code, 2)
  t.regex(never.stderr, /bolt has never run: give it "start: 2026-01-31T09:00:00\.000Z" instead/)
  t.regex((await run('--to', '2026-01-31T08:30:00Z')).stderr, /--from must be before --to/)
  t.regex((await run('--target', 'blot')).stderr, /no stream "blot", did you mean "bolt"\?/)
  t.regex((await run('--from', 'noon')).stderr, /one of today \(UTC\) such as 10:00/)
})
