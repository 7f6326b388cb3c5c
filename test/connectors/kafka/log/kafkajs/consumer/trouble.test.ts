import test from 'ava'
import { Trouble } from '../../../../../../connectors/kafka/log/kafkajs/consumer/trouble.ts'
import { VirtualClock } from '../../../../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../../../../schemas/errors.ts'

function open() {
  const told: string[] = []
  const clock = new VirtualClock()
  const options = {
    group: 'acme',
    topics: ['fleet'],
    birthMs: () => 0,
    maxFetchBytes: () => 1,
    onRebuilt: () => told.push('rebuilt')
  }
  const handlers = {
    onAssigned() {},
    onRevoking: async () => {},
    onRecords() {},
    onPositionLost() {},
    onFault: (fault: FaultError) => told.push(`fault ${fault.code}`),
    onRecovered: () => told.push('recovered')
  }
  const trouble = new Trouble(options, { clock, log: name => told.push(name), handlers })
  return { trouble, told, clock }
}

const unreachable = new FaultError('kafka_unreachable')

test('a consumer that was in its group counts as rebuilt, one that was not yet does not', t => {
  const { trouble, told } = open()
  trouble.ended(unreachable, false)
  t.deepEqual(told, ['fault kafka_unreachable'])
  trouble.ended(unreachable, true)
  t.deepEqual(told.slice(1), ['consumer_rebuilt', 'rebuilt', 'fault kafka_unreachable'])
})

test('the same trouble is told once, another one anew', t => {
  const { trouble, told } = open()
  trouble.ended(new FaultError('kafka_unauthorized'), false)
  trouble.ended(new FaultError('kafka_unauthorized'), false)
  trouble.ended(new TypeError('x is undefined'), false)
  t.deepEqual(told, ['fault kafka_unauthorized', 'fault consumer_failed'])
})

test('a join ends all trouble, so the same is told again after it', t => {
  const { trouble, told } = open()
  trouble.ended(new FaultError('topic_missing'), false)
  trouble.joined()
  trouble.ended(new FaultError('topic_missing'), false)
  t.deepEqual(told, ['fault topic_missing', 'fault topic_missing'])
})

test('a refused commit is no trouble: the group is joining anew', t => {
  const { trouble, told } = open()
  trouble.ended(new FaultError('commit_refused'), false)
  t.deepEqual(told, [])
})

test('a broker that cannot be reached is no trouble while another answers', async t => {
  const { trouble, told, clock } = open()
  for (let second = 0; second < 10; second++) {
    trouble.answered()
    await clock.advance(1_000)
    trouble.unreachable(unreachable)
  }
  t.deepEqual(told, [])
})

test('a Kafka of which nobody answers is told once, and so is its return', async t => {
  const { trouble, told, clock } = open()
  trouble.answered()
  await clock.advance(3_000)
  trouble.unreachable(unreachable)
  trouble.unreachable(unreachable)
  t.deepEqual(told, ['fault kafka_unreachable'])
  trouble.answered()
  trouble.answered()
  t.deepEqual(told, ['fault kafka_unreachable', 'recovered'])
})

test('a Kafka that is gone is told after three seconds, also if it is not tried again for long', async t => {
  const { trouble, told, clock } = open()
  trouble.answered()
  await clock.advance(100)
  trouble.unreachable(unreachable)
  await clock.advance(2_800)
  t.deepEqual(told, [])
  await clock.advance(100)
  t.deepEqual(told, ['fault kafka_unreachable'])
})

test('what is answered, joined, ended or closed within three seconds is not told', async t => {
  for (const end of ['answered', 'joined', 'close'] as const) {
    const { trouble, told, clock } = open()
    trouble.unreachable(unreachable)
    await clock.advance(1_000)
    trouble[end]()
    await clock.advance(10_000)
    t.deepEqual([told, clock.waiting], [[], 0], end)
  }
})

test('an answer does not end the trouble that a person must mend', t => {
  const { trouble, told } = open()
  trouble.ended(new FaultError('kafka_unauthorized'), false)
  trouble.answered()
  t.deepEqual(told, ['fault kafka_unauthorized'])
})

test('which partitions nobody leads is told whenever that changes, again after an outage, and when it is over', async t => {
  const { trouble, told, clock } = open()
  const lost = (...partitions: number[]) =>
    trouble.leaderless(partitions.map(partition => ({ topic: 'fleet', partition })))
  lost()
  for (const _ of [1, 2]) lost(3)
  lost(3, 4)
  t.deepEqual(told, ['fault kafka_no_leader', 'fault kafka_no_leader'])
  await clock.advance(3_000)
  trouble.unreachable(unreachable)
  trouble.answered()
  lost(3, 4)
  t.deepEqual(told.slice(2), ['fault kafka_unreachable', 'recovered', 'fault kafka_no_leader'])
  for (const _ of [1, 2]) lost()
  t.deepEqual(told.slice(5), ['recovered'])
})
