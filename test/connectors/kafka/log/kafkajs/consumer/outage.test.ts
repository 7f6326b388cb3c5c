// What an outage of Kafka does to members. It has a Kafka of its own, which it may kill.

import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../../../../connectors/clock.ts'
import { type LocalKafka, startLocalKafka } from '../../../../../../connectors/kafka/local/local.ts'
import { kafkaLog } from '../../../../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from './broker.ts'
import { Recorder } from './recorder.ts'

const topic = 'outage'
const partitions = [0, 1, 2, 3]

test('members keep their partitions and positions when Kafka dies and comes back, and can stop meanwhile', async t => {
  t.timeout(120_000)
  const kafka = await startLocalKafka()
  const config = { brokers: [...kafka.brokers], clientId: 'outage' }
  const log = kafkaLog(config, { clock: systemClock, log: () => {} })
  const [admin, producer] = [log.admin(), log.producer()]
  const append = async () => {
    const one = { key: null, value: Buffer.from('x') }
    await Promise.all(partitions.map(partition => producer.append(topic, [{ ...one, partition }])))
  }
  const members = [0, 1].map(() => new Recorder({ config, group: topic, topic }))
  const stop = () => Promise.all(members.map(member => member.consumer.stop()))
  try {
    await admin.createTopic({ name: topic, partitions: partitions.length, replication: 1, settings: {} })
    await outlive(t, { kafka, members, append })
    await kafka.nodes[0]?.kill()
    const startedMs = Date.now()
    await stop()
    t.true(Date.now() - startedMs < 7_000)
  } finally {
    await stop()
    await Promise.all([producer.close(0), admin.close()])
    await kafka.stop()
  }
})

interface Scene {
  readonly kafka: LocalKafka
  readonly members: readonly Recorder[]
  /** One record to each partition. */
  append(): Promise<void>
}

async function outlive(t: ExecutionContext, { kafka, members, append }: Scene): Promise<void> {
  const records = () => members.flatMap(member => member.records).toSorted()
  await Promise.all(members.map(member => member.start()))
  await until(() => members.every(member => member.partitions.length === 2))
  await append()
  await until(() => records().length === 4)
  const held = members.map(member => member.partitions)
  const told = members.map(member => member.assignments.length)

  await kafka.nodes[0]?.kill()
  await until(() => members.every(member => member.faults.length > 0))
  await kafka.nodes[0]?.start()
  await append()
  await until(() => records().length >= 8, 60_000)
  t.deepEqual(
    records(),
    partitions.flatMap(partition => [`${partition}/0`, `${partition}/1`])
  )
  t.deepEqual(
    members.map(member => member.partitions),
    held
  )
  t.deepEqual(
    members.flatMap(member => member.faults.map(fault => fault.code)),
    ['kafka_unreachable', 'kafka_unreachable'],
    'the outage is told once'
  )
  await until(() => members.every((member, index) => isOver(member, told[index])))
  const since = members.flatMap((member, index) => member.assignments.slice(told[index]))
  t.deepEqual(
    since.flatMap(({ lost, added }) => [...lost, ...added]),
    []
  )
}

/** The trouble ended with an answer, or with an assignment after those that were told before. */
function isOver(member: Recorder, told = 0): boolean {
  return member.recoveries > 0 || member.assignments.length > told
}
