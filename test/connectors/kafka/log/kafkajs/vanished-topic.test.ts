// A topic that is deleted while a producer knows it: kafkajs then gets no news of any topic, in one request for all.

import test from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../../../../connectors/clock.ts'
import { startLocalKafka } from '../../../../../connectors/kafka/local/local.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from '../../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../../kafka.ts'

const one = { key: null, value: Buffer.from('x') }

/** Of several brokers some hear of a new topic a moment later, and refuse what is for it, as a sender has to expect. */
function untilTaken(name: string, append: () => Promise<void>): Promise<void> {
  return until(`${name} takes messages`, () =>
    append().then(
      () => true,
      error => {
        if (error.code !== 'kafka_unavailable') throw error
        return false
      }
    )
  )
}

test('a topic that vanished does not keep the producer from following the leaders of others', async t => {
  t.timeout(120_000)
  const kafka = await startLocalKafka({ nodes: 3 })
  t.teardown(() => kafka.stop())
  const config = { brokers: [...kafka.brokers], clientId: 'vanished' }
  const log = kafkaLog(config, { clock: systemClock, log: () => {} })
  const [producer, logAdmin] = [log.producer(), log.admin()]
  const admin = new Kafka({ ...config, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => Promise.all([producer.close(0), logAdmin.close(), admin.disconnect()]))
  for (const name of ['kept', 'gone']) {
    await logAdmin.createTopic({ name, partitions: 3, replication: 1, settings: {} })
    await untilTaken(name, () => producer.append(name, [one]))
  }
  const ends = async () => (await logAdmin.ranges('kept')).map(range => range.end)
  const toAll = () =>
    Promise.all([0, 1, 2].map(partition => producer.append('kept', [{ ...one, partition }])))
  await toAll()
  const before = await ends()

  await admin.deleteTopics({ topics: ['gone'] })
  for (const round of [1, 2, 3]) {
    const partitionAssignment = [0, 1, 2].map(partition => ({
      partition,
      replicas: [1 + ((partition + round) % 3)]
    }))
    await admin.alterPartitionReassignments({ topics: [{ topic: 'kept', partitionAssignment }] })
    await t.notThrowsAsync(toAll())
  }
  // A leader that moves between storing and answering makes a repeat.
  const after = await ends()
  t.true(
    before.every((end, at) => (after[at] ?? 0) >= end + 3),
    `${before} became ${after}`
  )
})

test('a topic that vanished makes no other look missing', async t => {
  const config = { brokers: testBrokers(), clientId: 'vanished' }
  const admin = kafkaLog(config, { clock: systemClock, log: () => {} }).admin()
  const other = new Kafka({ ...config, logLevel: logLevel.NOTHING }).admin()
  await other.connect()
  t.teardown(() => Promise.all([admin.close(), other.disconnect()]))
  const [kept, gone] = [uniqueName('kept'), uniqueName('gone')]
  for (const name of [kept, gone])
    await admin.createTopic({ name, partitions: 1, replication: 1, settings: {} })
  for (const name of [kept, gone]) await admin.rangesWithLeader(name)
  await other.deleteTopics({ topics: [gone] })
  await until('the topic is known to be gone', async () => (await admin.topic(gone)) === null)
  for (let round = 0; round < 3; round++) {
    await t.throwsAsync(admin.rangesWithLeader(gone), { code: 'topic_missing' })
    t.is((await admin.rangesWithLeader(kept)).ranges.length, 1)
    t.is((await admin.topic(kept))?.partitions, 1)
  }
})
