// `tailrace offsets` on a real Kafka, as a user runs it, beside a member of the stream's group.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import { decodeMetadata, encodeMetadata } from '../../../../processors/stream/settlement/commit-metadata.ts'
import { Member } from '../../../conformance/log-member.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { configOf, outputOf } from '../shared/output.ts'

const birthMs = Date.UTC(2026, 0, 31, 8)

/** A topic of two partitions with 10 records each; the group, which has the same name, has committed 3 of the first. */
async function setUp(t: ExecutionContext) {
  const topic = uniqueName('fleet')
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'test' }, { clock: systemClock, log: () => {} })
  const [admin, producer] = [log.admin(), log.producer()]
  t.teardown(() => admin.close())
  await admin.createTopic({ name: topic, partitions: 2, replication: 1, settings: {} })
  for (const partition of [0, 1]) {
    const records = Array.from({ length: 10 }, () => ({ key: null, value: Buffer.from('{}'), partition }))
    await producer.append(topic, records)
  }
  await producer.close(5_000)
  await admin.moveOffsets(topic, [
    { topic, partition: 0, next: 3, metadata: encodeMetadata(3, { birthMs, settled: [{ from: 5, to: 7 }] }) }
  ])
  const config = configOf(t, topic)
  const run = (...args: string[]) => outputOf(['offsets', 'acme', '--config', config, ...args])
  const committed = async () => (await admin.committed(topic, [topic])).map(({ next }) => next)
  return { topic, log, admin, run, committed }
}

test('it shows where the stream stands', async t => {
  const { topic, run } = await setUp(t)
  const { code, stdout, stderr } = await run()
  t.is(code, 0, stderr)
  const pad = 'PARTITION'.padEnd(topic.length + 2)
  t.deepEqual(stdout.split('\n'), [
    `${pad}  START  COMMITTED  AHEAD  END  LAG`,
    `${topic}/0      0          3      2   10    5`,
    `${topic}/1      0          -      0   10   10`,
    'Lag 15. The stream runs nowhere.',
    ''
  ])
  t.like(JSON.parse((await run('--json')).stdout), {
    stream: 'acme',
    group: topic,
    members: [],
    partitions: [
      { topic, partition: 0, start: 0, committed: 3, settledAhead: 2, end: 10, lag: 5, lost: 0 },
      { topic, partition: 1, start: 0, committed: null, settledAhead: 0, end: 10, lag: 10, lost: 0 }
    ]
  })
})

test('without --yes and without a terminal it only tells what a move would mean, with exit code 2', async t => {
  const { topic, run, committed } = await setUp(t)
  const { code, stdout, stderr } = await run('--to', 'latest')
  t.is(code, 2)
  t.regex(stdout, /At most 0 messages would be sent again, 17 never\.\n$/)
  t.regex(stderr, /add --yes/)
  const json = await run('--to', 'earliest', '--json')
  t.is(json.code, 2)
  const { moved, moves } = JSON.parse(json.stdout)
  t.false(moved)
  t.deepEqual(moves[0], { topic, partition: 0, from: 3, to: 0, repeated: 3, skipped: 0, lost: 0 })
  t.deepEqual(await committed(), [3, null])
})

test('with --yes it moves, and the birth stays', async t => {
  const { topic, admin, run, committed } = await setUp(t)
  const { code, stdout } = await run('--to', 'latest', '--yes')
  t.is(code, 0)
  t.true(stdout.endsWith('Moved 2 partitions.\n'))
  t.deepEqual(await committed(), [10, 10])
  t.is((await run('--to', `${topic}/0=4`, '--to', `${topic}/1=5`, '--yes')).code, 0)
  t.deepEqual(await committed(), [4, 5])
  for (const { next, metadata } of await admin.committed(topic, [topic]))
    t.is(decodeMetadata(next ?? 0, metadata)?.birthMs, birthMs)
})

test('while the stream runs somewhere it says where and moves nothing, with exit code 1', async t => {
  const { topic, log, run, committed } = await setUp(t)
  const member = await new Member(log, { group: topic, topics: [topic] }).joined()
  t.teardown(() => member.consumer.stop())
  const shown = await run()
  t.is(shown.code, 0)
  t.regex(shown.stdout, /The stream runs here: \S+ at 127\.0\.0\.1\.\n$/)
  const { code, stderr } = await run('--to', 'latest', '--yes')
  t.is(code, 1)
  t.regex(stderr, /acme: The stream is running, so its offsets cannot be moved: \S+ at 127\.0\.0\.1/)
  t.deepEqual(await committed(), [3, null])
})
