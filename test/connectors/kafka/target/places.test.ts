// Which topic and which partition a message goes to, and what becomes of those that cannot be sent there.

import test from 'ava'
import { partitionOf } from '../../../../connectors/kafka/log/partitioner.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { messagesOf } from '../../../messages.ts'
import { byPlace, kindsOf, sceneWith } from './harness.ts'

const open = new AbortController().signal

test('the partition is the one that the clients of Kafka choose by the key', async t => {
  const scene = await sceneWith(t, { mirror: 12 })
  const keys = ['868647414815077', 'a', 'Łódź']
  await scene.deliver(await scene.target(), messagesOf(['{}', '{}', '{}'], { keys }))
  for (const { key, partition } of scene.stored) t.is(partition, partitionOf(key ?? Buffer.alloc(0), 12))
  t.is(scene.stored.length, 3)
  t.is(scene.requests(), 1)
})

test('with partition: keep it is the one that the message was read from', async t => {
  const scene = await sceneWith(t, { mirror: 4 })
  const target = await scene.target({ partition: 'keep', key: '{ident}-x' })
  await scene.deliver(target, [
    ...messagesOf(['1', '2'], { keys: ['a', 'b'], partition: 3 }),
    ...messagesOf(['3'], { keys: ['a'], partition: 0 })
  ])
  t.deepEqual(byPlace(scene.stored), { 'mirror/3': ['a-x:1', 'b-x:2'], 'mirror/0': ['a-x:3'] })
})

test('a topic with fewer partitions than are read halts, and says how many there are', async t => {
  const scene = await sceneWith(t, { mirror: 2 })
  const target = await scene.target({ partition: 'keep' })
  const [outcome] = await scene.deliver(target, messagesOf(['{}'], { keys: ['a'], partition: 2 }))
  t.like(outcome, {
    kind: 'halt',
    code: 'kafka_target_partition_missing',
    detail: 'it has 2, and a message was read from partition 2'
  })
  t.is(scene.requests(), 0)
})

test('a message without a key keeps to one partition', async t => {
  const scene = await sceneWith(t, { mirror: 3 })
  const target = await scene.target()
  await scene.deliver(target, messagesOf(['1', '2'], { partition: 4 }))
  t.deepEqual(byPlace(scene.stored), { 'mirror/1': ['null:1', 'null:2'] })
})

test('a topic that does not exist halts when the target is opened, and is found once it is there', async t => {
  const topics: Record<string, number> = { other: 1 }
  const scene = await sceneWith(t, topics)
  const target = await scene.target({ topic: 'mirror' })
  await t.throwsAsync(target.open(open), { instanceOf: FaultError, code: 'kafka_target_topic_missing' })
  topics.mirror = 1
  await target.open(open)
  t.deepEqual(kindsOf(await scene.deliver(target, messagesOf(['{}'], { keys: ['a'] }))), ['delivered'])
})

test('a topic is made of fields; what Kafka takes for none is rejected alone', async t => {
  const scene = await sceneWith(t, { 'fleet.red': 1, 'fleet.blue': 1 })
  const target = await scene.target({ topic: 'fleet.{group}' })
  await target.open(open)
  const values = ['{"group":"red"}', '{"group":"a b"}', '{}', '{"group":"blue"}']
  const outcomes = await scene.deliver(target, messagesOf(values, { keys: ['a', 'b', 'c', 'd'] }))
  t.deepEqual(kindsOf(outcomes), ['delivered', 'reject', 'reject', 'delivered'])
  t.like(outcomes[1], {
    code: 'kafka_target_message_unfit',
    detail: 'its topic would be "fleet.a b", which Kafka does not take'
  })
  t.deepEqual(Object.keys(byPlace(scene.stored)), ['fleet.red/0', 'fleet.blue/0'])
  t.is(scene.requests(), 1)
})

test('where the topic of a device is missing, the device waits and the others go on', async t => {
  const scene = await sceneWith(t, { 'fleet.red': 1 })
  const target = await scene.target({ topic: 'fleet.{group}' })
  const values = ['{"group":"green"}', '{"group":"red","n":1}', '{"group":"red","n":2}']
  const outcomes = await scene.deliver(target, messagesOf(values, { keys: ['a', 'a', 'b'] }))
  t.like(outcomes[0], { kind: 'reject', scope: 'device', code: 'kafka_target_device_topic_missing' })
  t.like(outcomes[1], { kind: 'unsent', code: 'kafka_target_predecessor_failed' })
  t.is(outcomes[2]?.kind, 'delivered')
  t.deepEqual(byPlace(scene.stored), { 'fleet.red/0': ['b:{"group":"red","n":2}'] })
})

test('a topic that is missing does not make others be refused that are sent to at the same time', async t => {
  const scene = await sceneWith(t, { 'fleet.red': 1 })
  const target = await scene.target({ topic: 'fleet.{group}' })
  const deliver = (group: string, key: string) =>
    scene.deliver(target, messagesOf([JSON.stringify({ group })], { keys: [key] }))
  t.deepEqual(kindsOf(await deliver('red', 'a')), ['delivered'])
  const both = await Promise.all([deliver('green', 'b'), deliver('red', 'a'), deliver('red', 'c')])
  t.deepEqual(both.map(kindsOf), [['reject'], ['delivered'], ['delivered']])
})

test('a message of which nothing can be made is rejected, and those behind it go on', async t => {
  const scene = await sceneWith(t, { mirror: 1 })
  const target = await scene.target({ headers: { deep: '{deep}' } })
  const deep = `{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  const outcomes = await scene.deliver(target, messagesOf([deep, '{}'], { keys: ['a', 'a'] }))
  t.like(outcomes[0], { kind: 'reject', scope: undefined, code: 'kafka_target_message_unfit' })
  t.is(outcomes[1]?.kind, 'delivered')
})

for (const settings of [
  { topic: '..' },
  { key: '{@id}' },
  { headers: { a: '{@message}' } },
  { tls: { ca: 'no certificate' } }
]) {
  test(`${JSON.stringify(settings)} is no valid configuration`, async t => {
    const scene = await sceneWith(t, { mirror: 1 })
    await t.throwsAsync(scene.target(settings), { instanceOf: FaultError, code: 'config_invalid' })
  })
}
