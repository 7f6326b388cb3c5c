// Attributes in a compacted topic: what its records say, what becomes of garbage, and of a topic that is not what it was.

import test, { type ExecutionContext } from 'ava'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { followIn, known } from './fixture.ts'

const topic = 'devices'

type Said = [ident: string | Buffer | null, value: string | Buffer | null, partition?: number]

/** A log with a topic in which records are, before and while somebody follows it. */
async function setUp(t: ExecutionContext, records: readonly Said[], partitions = 1) {
  const clock = new VirtualClock()
  const memory = new MemoryLog({ clock })
  memory.create(topic, partitions)
  const say = (...said: readonly Said[]) =>
    memory.producer().append(
      topic,
      said.map(([ident, value, partition]) => ({
        key: ident === null ? null : Buffer.from(ident),
        value: value === null ? null : Buffer.from(value),
        ...(partition !== undefined && { partition })
      }))
    )
  if (records.length > 0) await say(...records)
  const follow = () => followIn(t, { topic }, { clock, memory, baseFolder: '' })
  return { clock, memory, say, follow, ...(await follow()) }
}

test('all of the topic is known once it is open, the newest record of each device', async t => {
  const { attributes, logged } = await setUp(
    t,
    [
      ['a', '{"plate": "old"}'],
      ['b', '[{"validFrom": 10, "axles": 2}, {"validFrom": 5, "axles": 1}]'],
      ['c', '{}'],
      ['a', '{"plate": "new"}'],
      ['c', null]
    ],
    3
  )
  t.is(attributes.size, 2)
  t.deepEqual(known(attributes, 'a'), { plate: 'new' })
  t.deepEqual(
    [4_999, 5_000, 10_000].map(timeMs => known(attributes, 'b', timeMs)),
    [null, { axles: 1 }, { axles: 2 }]
  )
  t.deepEqual(logged, [])
})

test('what is added is known a second later, and a tombstone removes its device', async t => {
  const { attributes, clock, say, logged } = await setUp(t, [['a', '{"n": 1}']], 3)
  let changes = 0
  attributes.watch(() => changes++)
  await clock.advance(5_000)
  t.is(changes, 0)
  await say(['a', '{"n": 2}'], ['b', '{}'], ['__proto__', '{"constructor": 1}'])
  await clock.advance(1_000)
  t.deepEqual(known(attributes, 'a'), { n: 2 })
  t.deepEqual(known(attributes, '__proto__'), { constructor: 1 })
  t.is(attributes.size, 3)
  t.is(changes, 1)
  await say(['a', null], ['unknown', null])
  await clock.advance(1_000)
  t.is(attributes.of('a', 0), null)
  t.is(attributes.size, 2)
  t.is(changes, 2)
  await clock.advance(10_000)
  t.deepEqual(logged, [
    ['attributes_changed', { source: topic, devices: 3, records: 3 }],
    ['attributes_changed', { source: topic, devices: 2, records: 2 }]
  ])
})

test('garbage is skipped, its device keeps what it had, and it is told once in ten seconds with a count', async t => {
  const { attributes, clock, say, logged } = await setUp(t, [
    ['a', '{"n": 1}'],
    ['a', 'garbage']
  ])
  t.deepEqual(known(attributes, 'a'), { n: 1 })
  const reason =
    'devices/0 at 1: a is no JSON here: expected a value; texts are in double quotes, at character 1'
  t.deepEqual(logged, [['attributes_skipped', { source: topic, records: 1, reason }]])
  for (let second = 1; second < 10; second++) {
    await say(['a', '{"n": 2'], ['b', '5'])
    await clock.advance(1_000)
  }
  t.is(logged.length, 1)
  t.deepEqual(known(attributes, 'a'), { n: 1 })
  t.is(attributes.size, 1)
  await clock.advance(1_000)
  t.deepEqual(
    logged.slice(1).map(([event, { records }]) => [event, records]),
    [['attributes_skipped', 18]]
  )
  await say(['a', '{"n": 3}'])
  await clock.advance(60_000)
  t.deepEqual(known(attributes, 'a'), { n: 3 })
  t.is(logged.length, 3)
})

const garbage: [what: string, said: Said, reason: RegExp][] = [
  ['a record without key', [null, '{}'], /the record has no key$/],
  ['an empty key', ['', '{}'], /the key is an ident without a character$/],
  ['a key that is not UTF-8', [Buffer.from([0xff]), '{}'], /the key is not UTF-8$/],
  ['a key that is too long', ['x'.repeat(257), '{}'], /the key is longer than 256 bytes of UTF-8$/],
  ['an empty value', ['a', ''], /a ends too early: expected a value; .*, at character 1$/],
  ['a value that is not UTF-8', ['a', Buffer.from([0x22, 0xff, 0x22])], /a is not UTF-8$/],
  ['a value that is null', ['a', 'null'], /a must be a mapping of attributes/],
  ['a list without times', ['a', '[{"n": 2}]'], /a\[0\]\.validFrom is missing/],
  ['an attribute twice', ['a', '{"n": 2, "n": 3}'], /a\.n is written twice$/],
  ['a number that cannot be kept', ['a', '{"n": 12345678901234567890}'], /a\.n is a number with more digits/]
]

for (const [what, said, reason] of garbage)
  test(`${what} changes nothing`, async t => {
    const { attributes, clock, say, logged } = await setUp(t, [['a', '{"n": 1}']])
    await say(said)
    await clock.advance(1_000)
    t.deepEqual(known(attributes, 'a'), { n: 1 })
    t.is(attributes.size, 1)
    t.is(logged.length, 1)
    t.regex(String(logged[0]?.[1].reason), reason)
  })

test('a Kafka that is away is told once, and what is known stays until it is back', async t => {
  const { attributes, clock, memory, say, logged } = await setUp(t, [['a', '{"n": 1}']])
  memory.faults.failAdminCalls(5)
  await say(['a', '{"n": 2}'])
  await clock.advance(3_000)
  t.deepEqual(known(attributes, 'a'), { n: 1 })
  t.deepEqual(
    logged.map(([event]) => event),
    ['attributes_failed']
  )
  await clock.advance(10_000)
  t.deepEqual(known(attributes, 'a'), { n: 2 })
  memory.faults.failAdminCalls(1)
  await clock.advance(1_000)
  t.deepEqual(
    logged.map(([event]) => event),
    ['attributes_failed', 'attributes_changed', 'attributes_failed']
  )
})

test('a failure amid a read is taken up where it stopped', async t => {
  const { attributes, clock, memory, say } = await setUp(t, [['a', '{"n": 1}']])
  await say(['a', '{"n": 2}'])
  await say(['b', '{"n": 3}'])
  let changes = 0
  attributes.watch(() => changes++)
  // The ranges, the first batch, and then nothing.
  const admin = memory.faults
  const calls = [false, false, true]
  admin.takeFailedAdminCall = () => calls.shift() ?? false
  await clock.advance(1_000)
  t.deepEqual(known(attributes, 'a'), { n: 2 })
  t.is(attributes.of('b', 0), null)
  t.is(changes, 1)
  await clock.advance(1_000)
  t.deepEqual(known(attributes, 'b'), { n: 3 })
  t.is(changes, 2)
})

test('where retention has overtaken the reader, all of the topic is read again', async t => {
  const { attributes, clock, memory, say, logged } = await setUp(t, [
    ['a', '{}'],
    ['b', '{}']
  ])
  await say(['c', '{}'], ['d', '{}'])
  memory.deleteBefore(topic, 0, 3)
  await clock.advance(1_000)
  t.deepEqual(
    ['a', 'b', 'c', 'd'].filter(ident => attributes.of(ident, 0) !== null),
    ['d']
  )
  t.deepEqual(logged, [['attributes_changed', { source: topic, devices: 1 }]])
  await say(['a', '{}'])
  await clock.advance(1_000)
  t.is(attributes.size, 2)
})

test('partitions that are added are read, and of a device in two of them the newer record counts', async t => {
  const { attributes, clock, memory, say, follow } = await setUp(t, [['a', '{"n": 1}', 0]])
  memory.raisePartitions(topic, 3)
  await clock.advance(1_000)
  await say(['a', '{"n": 2}', 2], ['b', '{}', 1])
  await clock.advance(1_000)
  t.deepEqual(known(attributes, 'a'), { n: 2 })
  t.deepEqual(known((await follow()).attributes, 'a'), { n: 2 })
  await say(['a', '{"n": 3}', 0])
  await clock.advance(1_000)
  t.deepEqual(known(attributes, 'a'), { n: 3 })
  t.deepEqual(known((await follow()).attributes, 'a'), { n: 3 })
  await say(['a', null, 1])
  t.is((await follow()).attributes.of('a', 0), null)
})

test('a topic that is missing, or a Kafka that is away, keeps attributes from opening', async t => {
  const clock = new VirtualClock()
  const memory = new MemoryLog({ clock })
  const open = () => followIn(t, { topic }, { clock, memory, baseFolder: '' })
  const missing = await t.throwsAsync(open, { instanceOf: FaultError })
  t.is(missing?.code, 'topic_missing')
  t.is(missing?.path, topic)
  memory.create(topic, 1)
  memory.faults.failAdminCalls(1)
  t.is((await t.throwsAsync(open, { instanceOf: FaultError }))?.code, 'kafka_unreachable')
  t.is(clock.waiting, 0)
  t.is((await open()).attributes.size, 0)
})

test('nothing is read after the close', async t => {
  const { attributes, clock, say } = await setUp(t, [['a', '{}']])
  await attributes.close()
  t.is(clock.waiting, 0)
  await say(['b', '{}'])
  await clock.advance(5_000)
  t.is(attributes.size, 1)
})
