import test from 'ava'
import type { Broken } from '../../../connectors/connector.ts'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { decodeBroken } from '../../../processors/ingest/broken-letter.ts'
import { ChannelLetters } from '../../../processors/ingest/set-aside.ts'

const topic = 'fleet.dead-letters'

const broken = (text: string | Buffer, device?: string): Broken => ({
  bytes: Buffer.from(text),
  ...(device !== undefined && { device }),
  code: 'message_invalid',
  detail: 'it has no ident',
  from: 'fleet/7/up'
})

/** The dead letters of a channel `fleet`, whose topic takes records of so many bytes. */
async function setUp(maxBytes = 1_048_588) {
  const clock = new VirtualClock()
  const log = new MemoryLog({ clock })
  const admin = log.admin()
  const settings = { 'max.message.bytes': String(maxBytes) }
  await admin.createTopic({ name: topic, partitions: 1, replication: 1, settings })
  const counted: string[] = []
  const logged: unknown[] = []
  const appends: number[] = []
  const producer = log.producer()
  const letters = new ChannelLetters({
    channel: 'fleet',
    producer: {
      append(...given) {
        appends.push(given[1].length)
        return producer.append(...given)
      }
    },
    clock,
    log: (name, fields) => logged.push({ name, ...fields }),
    count: (...args) => counted.push(args.join(' '))
  })
  const stored = async () => {
    const [range] = await admin.ranges(topic)
    const records = []
    for await (const { key, value, headers } of admin.read({
      topic,
      partition: 0,
      from: 0,
      to: range?.end ?? 0
    }))
      records.push({
        key: key?.toString() ?? null,
        value: Buffer.from(value ?? ''),
        facts: decodeBroken(headers)
      })
    return records
  }
  return { appends, clock, counted, letters, log, logged, stored }
}

test('what cannot be read is kept byte for byte with its reason, and counts once Kafka has it', async t => {
  const { clock, counted, letters, log, stored } = await setUp()
  const bytes = Buffer.from([0x7b, 0xc3, 0x28, 0x7d])
  log.faults.appends.shut()
  let isDone = false
  const putting = letters.put(topic, [broken(bytes), broken('{}', '862552046671133')]).then(() => {
    isDone = true
  })
  await clock.advance(100)
  t.false(isDone)
  t.deepEqual(counted, [])
  log.faults.appends.open()
  await putting
  const [first, second] = await stored()
  t.deepEqual([first?.key, first?.value], [null, bytes])
  t.deepEqual([second?.key, second?.value.toString()], ['862552046671133', '{}'])
  t.deepEqual(first?.facts, {
    kind: 'unread',
    channel: 'fleet',
    code: 'message_invalid',
    reason: 'Some messages are not valid',
    answer: 'it has no ident',
    from: 'fleet/7/up',
    cutFrom: null,
    timeMs: clock.now() - 100
  })
  t.deepEqual(counted, ['fleet message_invalid 2'])
})

test('what is too large for Kafka is cut and says how much there was; the others are whole', async t => {
  const { letters, stored } = await setUp(100_000)
  await letters.put(topic, [broken('{}'), broken('x'.repeat(300_000)), broken('[]')])
  const records = await stored()
  t.deepEqual(
    records.map(({ value, facts }) => [value.length, facts?.cutFrom]),
    [
      [2, null],
      [65_536, 300_000],
      [2, null]
    ]
  )
})

test('of many letters one that is too large costs a few appends', async t => {
  const { appends, letters, stored } = await setUp(100_000)
  const texts = Array.from({ length: 500 }, (_, n) => (n === 300 ? 'x'.repeat(300_000) : `${n}`))
  await letters.put(
    topic,
    texts.map(text => broken(text))
  )
  t.deepEqual(
    (await stored()).map(({ value }) => value.toString()),
    texts.map(text => text.slice(0, 65_536))
  )
  t.true(appends.length < 40, `${appends.length} appends`)
})

test('it rejects, and counts nothing, when Kafka takes not even what was cut', async t => {
  const { counted, letters } = await setUp(1_000)
  await t.throwsAsync(letters.put(topic, [broken('x'.repeat(300_000))]), { message: /max.message.bytes/ })
  t.deepEqual(counted, [])
})

test('a sender of nothing else fills no log: what comes within ten seconds is told together', async t => {
  const { clock, letters, logged } = await setUp()
  for (let at = 0; at < 5; at++) await letters.put(topic, [broken(`${at}`)])
  t.is(logged.length, 1)
  await clock.advance(10_000)
  const told = { name: 'set_aside', channel: 'fleet', code: 'message_invalid', first: 'it has no ident' }
  t.deepEqual(logged, [
    { ...told, count: 1, from: 'fleet/7/up', topic },
    { ...told, count: 4, from: 'fleet/7/up', topic }
  ])
  await letters.put(topic, [broken('last')])
  letters.close()
  t.is(logged.length, 3)
  t.is(clock.waiting, 0)
})

test('each reason is told for itself, and what Kafka takes after the end is told as well', async t => {
  const { letters, log, logged } = await setUp()
  await letters.put(topic, [broken('1'), { ...broken('2'), code: 'body_too_large' }, broken('3')])
  log.faults.appends.shut()
  const late = letters.put(topic, [broken('4'), broken('5')])
  letters.close()
  log.faults.appends.open()
  await late
  t.deepEqual(
    logged.map(line => line as { code: string; count: number }).map(({ code, count }) => [code, count]), // set_aside
    [
      ['message_invalid', 2],
      ['body_too_large', 1],
      ['message_invalid', 2]
    ]
  )
})
