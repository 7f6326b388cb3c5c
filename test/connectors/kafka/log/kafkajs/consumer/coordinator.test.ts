// Three brokers, of which one keeps what the group commits. That moves to another one while a member has something to
// commit and has not joined anew.

import anyTest, { type TestFn } from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { type LocalKafka, startLocalKafka } from '../../../../../../connectors/kafka/local/local.ts'
import type { FaultError } from '../../../../../../schemas/errors.ts'
import { Cluster } from '../../../../../flows/harness/cluster.ts'
import { until } from './broker.ts'
import { Recorder } from './recorder.ts'

const topic = 'moving'
const origin = { topic, partition: 0 }

const test = anyTest as TestFn<{ kafka: LocalKafka; cluster: Cluster; member: Recorder }>

test.beforeEach(async t => {
  const kafka = await startLocalKafka({ nodes: 3 })
  const cluster = new Cluster(kafka.brokers)
  await cluster.createTopic(topic, 2, 3)
  const config = { brokers: [...kafka.brokers], clientId: 'moving' }
  const member = new Recorder({ config, group: topic, topic })
  t.context = { kafka, cluster, member }
  await member.start()
  await member.consumer.commit([{ ...origin, next: 1, metadata: '' }])
  await cluster.inSync(topic)
})

test.afterEach.always(async t => {
  const { kafka, cluster, member } = t.context
  await member.consumer.stop()
  await cluster.close()
  await kafka.stop()
})

/** Commits from within the next join gate, as long as Kafka is away; resolves with the code of a refusal, or null. */
function commitAtGate(member: Recorder, next: number): Promise<string | null> {
  return new Promise(resolve => {
    member.onRevoking = async () => {
      const commit = () =>
        member.consumer.commit([{ ...origin, next, metadata: '' }]).then(
          () => null,
          (error: FaultError) => error.code
        )
      let code = await commit()
      while (code === 'kafka_unreachable') code = await commit()
      resolve(code)
    }
  })
}

test('what is settled when the coordinator dies is committed to the next one, before the group joins anew', async t => {
  t.timeout(120_000)
  const { kafka, cluster, member } = t.context
  const committed = commitAtGate(member, 5)
  const joins = member.assignments.length
  await kafka.nodes[(await cluster.coordinator(topic)) - 1]?.kill()
  t.is(await committed, null)
  t.is(member.assignments.length, joins)
  t.is((await cluster.committed(topic, topic))[0]?.next, 5)
  await until(() => member.assignments.length > joins, 60_000)
  t.deepEqual(
    member.assignments.slice(joins).flatMap(({ lost }) => lost),
    []
  )
})

test('what is settled when the group moves to another coordinator is committed there', async t => {
  t.timeout(120_000)
  const { kafka, cluster, member } = t.context
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const from = await cluster.coordinator(topic)
  const replicas = [1, 2, 3].filter(node => node !== from)
  const offsets = await admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] })
  const led = offsets.topics.flatMap(one => one.partitions).filter(({ leader }) => leader === from)
  const committed = commitAtGate(member, 5)
  const joins = member.assignments.length
  const partitionAssignment = led.map(({ partitionId }) => ({ partition: partitionId, replicas }))
  await admin.alterPartitionReassignments({ topics: [{ topic: '__consumer_offsets', partitionAssignment }] })
  t.is(await committed, null)
  t.is(member.assignments.length, joins)
  t.not(await cluster.coordinator(topic), from)
  t.is((await cluster.committed(topic, topic))[0]?.next, 5)
})
