import test from 'ava'
import type { LogProducer, LogRecord } from '../../../../connectors/kafka/log/log.ts'
import { MemoryLog } from '../../../../connectors/kafka/log/memory/log.ts'
import { Health } from '../../../../processors/stream/health/health.ts'
import { type Death, decodeFacts } from '../../../../processors/stream/settlement/dead-letter.ts'
import { DeadLetters } from '../../../../processors/stream/settlement/dead-letters.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { type TestContext, testContext } from '../context.ts'
import { messagesOf, type Wanted } from './messages.ts'

const topic = 'tailrace.acme.dead-letters'
const origin = { topic: 'fleet', partition: 3 }
const death: Death = { failure: { code: 'http_rejected', detail: '422: no such unit' }, attempts: 2 }

function setUp(wrap: (producer: LogProducer) => LogProducer = producer => producer) {
  const context = testContext()
  const log = new MemoryLog({ clock: context.clock })
  log.create('fleet', 4, { 'max.message.bytes': '1000' })
  const health = new Health(context, [], () => null)
  health.enter('running')
  const admin = log.admin()
  const letters = new DeadLetters(context, {
    topic: { name: topic, partitions: 1, retentionHours: 720 },
    origins: ['fleet'],
    admin,
    producer: wrap(log.producer()),
    health
  })
  const done: number[] = []
  const put = (wanted: readonly Wanted[]) => {
    const messages = messagesOf(origin, wanted, Date.UTC(2026, 0, 1))
    for (const message of messages) letters.put(message, death, () => done.push(message.offset))
    return messages
  }
  return { context, log, health, admin, letters, done, put, stored: () => storedIn(log, context) }
}

async function storedIn(log: MemoryLog, { clock }: TestContext): Promise<LogRecord[]> {
  await clock.advance(0)
  const records: LogRecord[] = []
  for await (const record of log.admin().read({ topic, partition: 0, from: 0, to: 1_000 }))
    records.push(record)
  return records
}

const valuesOf = (records: readonly LogRecord[]) => records.map(({ value }) => String(value))

test('a message is set aside with its very bytes and the facts, and is done once Kafka has it', async t => {
  const { context, log, done, put, stored } = setUp()
  const key = Buffer.from([0x38, 0xff])
  const value = Buffer.from([0x7b, 0xc3, 0x28, 0x7d])
  log.faults.appends.shut()
  put([{ key, value }])
  await context.clock.advance(100)
  t.deepEqual(done, [])
  log.faults.appends.open()
  const [record] = await stored()
  t.deepEqual(done, [0])
  t.deepEqual([record?.key, record?.value], [key, value])
  t.deepEqual(decodeFacts(record?.headers ?? []), {
    kind: 'refused',
    stream: 'acme',
    code: 'http_rejected',
    reason: 'The target refused the messages for what they contain',
    answer: '422: no such unit',
    attempts: 2,
    resent: 0,
    isRaw: false,
    sequence: null,
    originTopic: 'fleet',
    originPartition: 3,
    originOffset: 0,
    originTimeMs: Date.UTC(2026, 0, 1),
    timeMs: Date.UTC(2026, 0, 1)
  })
  t.true(record?.headers.every(header => header.key.startsWith('tailrace.')))
  t.is(context.meter.totals['dead letter http_rejected'], 1)
  t.deepEqual(
    context.logged.filter(name => name === 'dead_lettered'),
    ['dead_lettered']
  )
})

test('a message without key stays without, and a long answer is cut', async t => {
  const { letters, stored } = setUp()
  const [message] = messagesOf(origin, [{ key: null, value: '{}' }])
  if (message === undefined) return t.fail()
  const detail = 'x'.repeat(100_000)
  letters.put(message, { failure: { code: 'http_rejected', detail }, attempts: 1 }, () => {})
  const [record] = await stored()
  t.is(record?.key, null)
  t.is(decodeFacts(record?.headers ?? [])?.answer.length, 1_000)
})

test('the bytes handed over may change afterwards', async t => {
  const { put, stored } = setUp()
  const [message] = put([{ key: 'k', value: 'before' }])
  message?.value().fill(0)
  t.deepEqual(valuesOf(await stored()), ['before'])
})

test('the topic is made when it is missing, large enough for what the channels hold', async t => {
  const { context, admin, letters } = setUp()
  t.is(await admin.topic(topic), null)
  letters.ensure()
  await context.clock.advance(10)
  t.deepEqual(await admin.topic(topic), {
    name: topic,
    partitions: 1,
    replication: 1,
    settings: {
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': String(720 * 3_600_000),
      'max.message.bytes': '2000'
    }
  })
})

test('appending is tried until Kafka takes it, in order, and the stream says so meanwhile', async t => {
  const { context, log, health, letters, done, put, stored } = setUp()
  log.faults.failAppends(50, 'before')
  put([
    { key: 'a', value: 'a1' },
    { key: 'a', value: 'a2' }
  ])
  const { pendingBytes } = letters
  t.true(pendingBytes > 4)
  await context.clock.advance(1_000)
  t.like(health.state, { kind: 'waiting', trouble: { code: 'kafka_unavailable' } })
  t.is(letters.pendingBytes, pendingBytes)
  await context.clock.until(() => done.length === 2)
  t.is(health.state.kind, 'running')
  t.deepEqual(valuesOf(await stored()), ['a1', 'a2'])
  t.is(letters.pendingBytes, 0)
  t.is(context.clock.waiting, 0)
})

test('a topic that is deleted while the stream runs is made again', async t => {
  let isGone = false
  const { context, admin, done, put } = setUp(producer => ({
    close: deadlineMs => producer.close(deadlineMs),
    appendOnce: (place, records) => producer.appendOnce(place, records),
    append: async (name, records) => {
      if (isGone) throw new FaultError('kafka_unavailable', { path: name, detail: 'no such topic' })
      await producer.append(name, records)
    }
  }))
  put([{ key: 'a', value: '1' }])
  await context.clock.advance(10)
  isGone = true
  const [topicOf, createTopic] = [admin.topic, admin.createTopic]
  admin.topic = async name => (isGone && name === topic ? null : topicOf.call(admin, name))
  admin.createTopic = async spec => {
    isGone = false
    await createTopic.call(admin, spec)
  }
  put([{ key: 'a', value: '2' }])
  await context.clock.until(() => done.length === 2)
  t.false(isGone)
})

test('one that Kafka finds too large halts with the way out, holds up no other, and goes once it may', async t => {
  let limit = 100
  const { context, health, letters, done, put, stored } = setUp(producer => ({
    close: deadlineMs => producer.close(deadlineMs),
    appendOnce: (place, records) => producer.appendOnce(place, records),
    append: async (name, records) => {
      if (records.some(({ value }) => (value?.length ?? 0) > limit)) throw new FaultError('body_too_large')
      await producer.append(name, records)
    }
  }))
  put([
    { key: 'a', value: 'x'.repeat(101) },
    { key: 'b', value: 'small' }
  ])
  await context.clock.advance(1_000)
  t.deepEqual(done, [1])
  t.like(health.state, { kind: 'halted', trouble: { code: 'dead_letter_too_large' } })
  t.regex(health.state.trouble?.detail ?? '', /dead-letters: fleet-3-0 has 101 bytes/)
  t.true(letters.pendingBytes > 101)
  await letters.drain(5_000) // it does not hold up a stop
  await context.clock.advance(60_000)
  t.is(health.state.kind, 'halted')
  limit = 1_000
  await context.clock.advance(60_000)
  t.is(health.state.kind, 'running')
  t.deepEqual(done, [1, 0])
  t.is(letters.pendingBytes, 0)
  t.is((await stored()).length, 2)
})

test('a drain waits for what Kafka takes, and no longer than it may', async t => {
  const { context, log, letters, done, put } = setUp()
  log.faults.appends.shut()
  put([{ key: 'a', value: '1' }])
  const ended: string[] = []
  void letters.drain(2_000).then(() => ended.push('late'))
  await context.clock.advance(1_999)
  t.deepEqual(ended, [])
  await context.clock.advance(1)
  t.deepEqual(ended, ['late'])
  void letters.drain(2_000).then(() => ended.push('drained'))
  log.faults.appends.open()
  await context.clock.advance(0)
  t.deepEqual([ended, done], [['late', 'drained'], [0]])
})

test('a drain that waits when all is closed, as a stop may come amid a rejoin, waits no longer', async t => {
  const { context, log, letters, put } = setUp()
  log.faults.appends.shut()
  put([{ key: 'a', value: '{}' }])
  await context.clock.advance(0)
  let isOver = false
  void letters.drain(2_000).then(() => {
    isOver = true
  })
  letters.close()
  await context.clock.advance(0)
  t.true(isOver)
  t.is(context.clock.waiting, 0)
})

test('letters of a lost partition are forgotten, and after a close nothing is done', async t => {
  const { context, log, letters, done, put } = setUp()
  log.faults.failAppends(1, 'before')
  put([{ key: 'a', value: '1' }])
  await context.clock.advance(0)
  letters.forget({ topic: 'fleet', partition: 3 })
  t.is(letters.pendingBytes, 0)
  await context.clock.advance(60_000)
  log.faults.appends.shut()
  put([{ key: 'a', value: '2' }])
  await context.clock.advance(0)
  letters.close()
  log.faults.appends.open()
  await context.clock.advance(60_000)
  t.deepEqual(done, [])
  t.is(letters.pendingBytes, 0)
  t.is(context.clock.waiting, 0)
})

test('many letters go in several rounds, all in order', async t => {
  const { context, done, put, stored } = setUp()
  const wanted = Array.from({ length: 900 }, (_, at) => ({ key: `d${at % 7}`, value: `m${at}` }))
  put(wanted)
  await context.clock.until(() => done.length === 900)
  t.deepEqual(
    valuesOf(await stored()),
    wanted.map(({ value }) => value)
  )
  t.is(context.logged.filter(name => name === 'dead_lettered').length, 1)
})

test('the log tells of every letter: of the first at once, of others when it was quiet for a while or at the end', async t => {
  const { context, put, letters } = setUp()
  const letter = { key: 'a', value: '{}' }
  const told = () => context.logged.filter(event => event === 'dead_lettered').length
  put([letter, letter])
  await context.clock.advance(100)
  put([letter])
  await context.clock.advance(100)
  t.is(told(), 1)
  await context.clock.advance(10_000)
  t.is(told(), 2)
  put([letter])
  await context.clock.advance(100)
  t.is(told(), 2)
  letters.close()
  t.is(told(), 3)
  t.is(context.clock.waiting, 0)
})
