import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import anyTest, { type TestFn } from 'ava'
import { pauseFor } from '../../../../../../connectors/clock.ts'
import { gateLimitMs } from '../../../../../../connectors/kafka/log/kafkajs/consumer/settings.ts'
import { uniqueName } from '../../../../../kafka.ts'
import { Broker, until } from './broker.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'

const test = anyTest as TestFn<{ broker: Broker; topic: string; members: Recorder[] }>

test.beforeEach(async t => {
  const broker = new Broker()
  await broker.open()
  const topic = uniqueName('consumer')
  await broker.createTopic(topic, 4)
  t.context = { broker, topic, members: [] }
})

test.afterEach.always(async t => {
  await Promise.all(t.context.members.map(member => member.consumer.stop()))
  await t.context.broker.close()
})

interface Context {
  readonly context: { broker: Broker; topic: string; members: Recorder[] }
}

function member({ context }: Context, options: Partial<RecorderOptions> = {}): Recorder {
  const { broker, topic, members } = context
  const made = new Recorder({ config: broker.config, group: topic, topic, ...options })
  members.push(made)
  return made
}

const origin = (t: Context, partition: number) => ({ topic: t.context.topic, partition })

test('members that race to join all learn the smallest birth', async t => {
  const members = [3_000, 1_000, 2_000].map(birthMs => member(t, { birthMs }))
  await Promise.all(members.map(one => one.start()))
  await until(() => members.every(one => one.last?.birthMs === 1_000))
  await until(() => members.reduce((sum, one) => sum + one.partitions.length, 0) === 4)
  t.true(members.every(one => one.partitions.length >= 1))
})

test('an added partition yields nothing until it is resumed, and then from where it was sought', async t => {
  const { broker, topic } = t.context
  await broker.send(topic, 0, ['a', 'b', 'c'])
  await broker.send(topic, 1, ['a'])
  const one = member(t, { greedy: false })
  await one.start()
  one.consumer.resume([origin(t, 1)])
  await until(() => one.records.includes('1/0'))
  t.deepEqual(one.records, ['1/0'])
  one.consumer.seek(origin(t, 0), 1)
  one.consumer.resume([origin(t, 0)])
  await until(() => one.records.includes('0/2'))
  t.deepEqual(one.records, ['1/0', '0/1', '0/2'])
})

test('a pause survives a rejoin, and the position of a kept partition too', async t => {
  const { broker, topic } = t.context
  const one = member(t)
  await one.start()
  const numbers = [0, 1, 2, 3]
  await Promise.all(numbers.map(partition => broker.send(topic, partition, ['before'])))
  await until(() => one.records.length === 4)
  one.consumer.pause([origin(t, 0), origin(t, 1)])

  const { revocations } = one
  const two = member(t, { greedy: false })
  await two.start()
  await until(() => one.partitions.length === 2)
  t.is(one.revocations, revocations + 1)
  t.deepEqual(one.last?.added, [])
  await two.consumer.stop()
  await until(() => one.partitions.length === 4)
  const kept = one.last?.kept.map(({ partition }) => partition) ?? []
  t.is(kept.length, 2)
  await Promise.all(numbers.map(partition => broker.send(topic, partition, ['after'])))
  const paused = kept.filter(partition => partition < 2)
  const expected = numbers.filter(partition => !paused.includes(partition)).map(partition => `${partition}/1`)
  await until(() => expected.every(record => one.records.includes(record)))
  const again = one.records.slice(4).filter(record => kept.some(partition => record === `${partition}/0`))
  t.deepEqual(again, [], 'a kept partition is not read again')
  t.false(paused.some(partition => one.records.includes(`${partition}/1`)))

  one.consumer.resume(paused.map(partition => origin(t, partition)))
  await until(() => paused.every(partition => one.records.includes(`${partition}/1`)))
})

test('a commit is stored with its metadata, and refused for what is not assigned', async t => {
  const { broker, topic } = t.context
  const one = member(t)
  await one.start()
  await one.consumer.commit([{ ...origin(t, 2), next: 7, metadata: 'm' }])
  t.deepEqual(await broker.committed(topic, topic), [null, null, 7, null])
  const foreign = one.consumer.commit([{ ...origin(t, 9), next: 1, metadata: '' }])
  await t.throwsAsync(foreign, { name: 'FaultError', message: /lost its place/ })
})

test('a commit is refused once the membership is over', async t => {
  const one = member(t)
  await one.start()
  await t.context.broker.removeMembers(t.context.topic)
  const entry = { ...origin(t, 0), next: 1, metadata: '' }
  await t.throwsAsync(one.consumer.commit([entry]), { message: /lost its place/ })
  await until(() => one.assignments.length > 1)
  t.is(one.last?.lost.length, 4, 'all is lost')
  t.is(one.last?.added.length, 4, 'and comes back as new')
  await one.consumer.stop()
  await t.throwsAsync(one.consumer.commit([entry]), { message: /lost its place/ })
})

test('a drain that does not end holds the join no longer than its deadline', async t => {
  const one = member(t)
  await one.start()
  one.onRevoking = () => new Promise(() => {})
  const startedMs = Date.now()
  await member(t).start()
  await until(() => one.partitions.length === 2)
  const tookMs = Date.now() - startedMs
  t.true(tookMs > gateLimitMs - 500 && tookMs < gateLimitMs + 4_000, `${tookMs} ms`)
  t.is(one.last?.kept.length, 2, 'it is a member all the time')
})

test('a drain that takes longer than a session keeps the membership, and what it commits at its end is taken', async t => {
  const { broker, topic } = t.context
  const one = member(t)
  await one.start()
  const drained = new Promise<void>((resolve, reject) => {
    one.onRevoking = async () => {
      await pauseFor(broker.clock, 12_000)
      await one.consumer.commit([{ ...origin(t, 0), next: 7, metadata: '' }]).then(resolve, reject)
    }
  })
  await member(t, { greedy: false }).start()
  await drained
  t.is((await broker.committed(topic, topic))[0], 7)
  await until(() => one.partitions.length === 2)
  t.is(one.last?.kept.length, 2)
})

test('what is settled when a consumer crashes is committed before it leaves its group', async t => {
  const { broker, topic } = t.context
  const one = member(t)
  await one.start()
  one.onRevoking = () => one.consumer.commit([{ ...origin(t, 0), next: 7, metadata: '' }])
  one.onChunk = () => {
    one.onChunk = () => {}
    throw new TypeError('stands for a defect that kafkajs takes for final')
  }
  await broker.send(topic, 0, ['a'])
  await until(() => one.events.includes('consumer_rebuilt'))
  t.is((await broker.committed(topic, topic))[0], 7)
  await until(() => one.assignments.length === 3)
  t.deepEqual(one.sequence.slice(0, 3), ['assigned', 'drained', 'assigned'])
  t.is(one.last?.added.length, 4, 'all comes back as new')
})

test('a position that Kafka no longer holds is told once, and nothing is skipped', async t => {
  const { broker, topic } = t.context
  for (const value of ['a', 'b', 'c']) await broker.send(topic, 0, [value])
  await broker.deleteRecords(topic, 0, 2)
  const one = member(t)
  await one.start()
  await until(() => one.lostPositions.length > 0)
  await broker.send(topic, 1, ['x'])
  await until(() => one.records.length > 0)
  t.deepEqual(one.lostPositions, ['0/0'])
  t.deepEqual(one.records, ['1/0'])
  one.consumer.seek(origin(t, 0), 2)
  one.consumer.resume([origin(t, 0)])
  await until(() => one.records.includes('0/2'))
})

test('a missing topic is reported once and taken up when it appears', async t => {
  const topic = uniqueName('late')
  const one = member(t, { topic, group: topic })
  const started = one.start()
  await until(() => one.faults.length > 0)
  t.is(one.faults[0]?.code, 'topic_missing')
  await t.context.broker.createTopic(topic, 1)
  await started
  t.is(one.faults.length, 1)
  t.deepEqual(one.partitions, [0])
})

test('a member that is killed is replaced within 12 seconds', async t => {
  const { broker, topic } = t.context
  const script = fileURLToPath(new URL('member.js', import.meta.url))
  const child = spawn(process.execPath, [script, broker.config.brokers.join(','), topic, topic])
  const exited = once(child, 'exit')
  const one = member(t)
  try {
    for await (const line of createInterface(child.stdout)) if (line === '[0,1,2,3]') break
    await one.start()
    await until(() => one.partitions.length === 2)
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  const killedMs = Date.now()
  await until(() => one.partitions.length === 4)
  const tookMs = Date.now() - killedMs
  t.log(`after ${tookMs} ms`)
  t.true(tookMs < 12_000)
})

test('a stopped member calls no handler and leaves its partitions at once', async t => {
  const one = member(t)
  const two = member(t)
  await Promise.all([one.start(), two.start()])
  await until(() => one.partitions.length === 2 && two.partitions.length === 2)
  const { revocations } = one
  const told = one.assignments.length
  const startedMs = Date.now()
  await one.consumer.stop()
  await until(() => two.partitions.length === 4)
  t.true(Date.now() - startedMs < 6_000) // a session that is not left takes 8 s to expire
  t.is(one.revocations, revocations)
  t.is(one.assignments.length, told)
})
