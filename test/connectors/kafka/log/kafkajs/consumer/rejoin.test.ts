// Three brokers whose partitions change leaders all at once: every fetcher of a member wants to join anew by itself.

import test from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../../../../../connectors/clock.ts'
import { startLocalKafka } from '../../../../../../connectors/kafka/local/local.ts'
import { kafkaLog } from '../../../../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from './broker.ts'
import { Recorder } from './recorder.ts'

const topic = 'moving'
const partitions = [0, 1, 2, 3, 4, 5]

/** Every partition on one broker, and on another one in every round. */
function placement(round: number): { partition: number; replicas: number[] }[] {
  return partitions.map(partition => ({ partition, replicas: [1 + ((partition + round) % 3)] }))
}

test('when partitions of several brokers change their leaders at once, every join waits for a drain', async t => {
  t.timeout(120_000)
  const kafka = await startLocalKafka({ nodes: 3 })
  t.teardown(() => kafka.stop())
  const config = { brokers: [...kafka.brokers], clientId: 'rejoin' }
  const log = kafkaLog(config, { clock: systemClock, log: () => {} })
  const [producer, logAdmin] = [log.producer(), log.admin()]
  const admin = new Kafka({ ...config, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const member = new Recorder({ config, group: topic, topic })
  t.teardown(async () => {
    await member.consumer.stop()
    await Promise.all([producer.close(0), logAdmin.close(), admin.disconnect()])
  })
  await admin.createTopics({ topics: [{ topic, replicaAssignment: placement(0) }] })
  await logAdmin.ranges(topic) // waits until every partition has a leader that knows of it
  await member.start()
  for (let round = 1; round <= 3; round++) {
    const before = member.assignments.length
    await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment: placement(round) }] })
    await until(() => member.assignments.length > before)
    const one = { key: null, value: Buffer.from('x') }
    await Promise.all(partitions.map(partition => producer.append(topic, [{ ...one, partition }])))
    await until(() => member.records.length === partitions.length * round)
  }
  const undrained = member.sequence.filter(
    (call, at) => call === 'assigned' && member.sequence[at - 1] === call
  )
  t.deepEqual(undrained, [])
})
