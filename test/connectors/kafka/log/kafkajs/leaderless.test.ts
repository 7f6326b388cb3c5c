// Three brokers, of which one has died that alone had a partition of a topic: nobody leads it. Whatever else there is in the
// cluster is read, written and asked for as before; only what concerns that partition waits, and says so.

import test from 'ava'
import { Value } from 'typebox/value'
import { systemClock } from '../../../../../connectors/clock.ts'
import type { Target } from '../../../../../connectors/connector.ts'
import { kafkaTarget } from '../../../../../connectors/kafka/index.ts'
import { type LocalKafka, startLocalKafka } from '../../../../../connectors/kafka/local/local.ts'
import { createKafka } from '../../../../../connectors/kafka/log/kafkajs/client.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import type { Log, LogAdmin, LogProducer } from '../../../../../connectors/kafka/log/log.ts'
import { Mask } from '../../../../../connectors/shared/mask.ts'
import type { KafkaConfig } from '../../../../../schemas/config.ts'
import { FaultError } from '../../../../../schemas/errors.ts'
import { until } from '../../../../flows/harness/until.ts'
import { batchFrom, messagesOf } from '../../../../messages.ts'
import { Recorder } from './consumer/recorder.ts'

/** A partition on each broker, without a copy. */
const topic = 'single'
const partitions = [0, 1, 2]
const copied = 'copied'
const open = new AbortController().signal

let kafka: LocalKafka
let config: KafkaConfig
let log: Log
let admin: LogAdmin
let producer: LogProducer
let target: Target
let reader: Recorder
/** That of which the only broker is dead. */
const lost = 1
const led = partitions.filter(partition => partition !== lost)

const append = (partition: number, name = topic) =>
  producer.append(name, [{ key: null, value: Buffer.from('{}'), partition }])

const deliver = async (to: string, partition: number) => {
  const messages = messagesOf([JSON.stringify({ to })], { keys: [`device-${partition}`], partition })
  const [outcome] = [await target.deliver(batchFrom(messages), open)].flat()
  return outcome
}

/** The number of the only broker that has the partition. */
async function brokerOf(partition: number): Promise<number> {
  const asked = createKafka(config, () => {}).admin()
  await asked.connect()
  const { topics } = await asked.fetchTopicMetadata({ topics: [topic] })
  await asked.disconnect()
  return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1
}

test.before(async () => {
  kafka = await startLocalKafka({ nodes: 3 })
  config = { brokers: [...kafka.brokers], clientId: 'leaderless' }
  log = kafkaLog(config, { clock: systemClock, log: () => {} })
  admin = log.admin()
  producer = log.producer()
  const settings = { 'min.insync.replicas': '1' }
  await admin.createTopic({ name: topic, partitions: partitions.length, replication: 1, settings })
  await admin.createTopic({ name: copied, partitions: partitions.length, replication: 3, settings })
  const wanted = { brokers: [...kafka.brokers], topic: '{to}', partition: 'keep' }
  target = await kafkaTarget.create(
    Value.Parse(kafkaTarget.config, Value.Default(kafkaTarget.config, wanted)),
    { stream: 's', clock: systemClock, log: () => {}, mask: new Mask([]) }
  )
  await target.open(open)
  await Promise.all(partitions.map(partition => deliver(topic, partition)))
  reader = new Recorder({ config, group: 'reader', topic })
  await reader.start()
  await until('all partitions are read', () => reader.records.length === partitions.length)
  const nodeId = await brokerOf(lost)
  await kafka.nodes.find(({ id }) => id === nodeId)?.kill()
  await until('nobody leads it', async () => (await brokerOf(lost)) === -1)
})

test.after.always(async () => {
  await Promise.all([reader?.consumer.stop(), target?.close(), producer?.close(0), admin?.close()])
  await kafka?.stop()
})

test.serial('a producer goes on with all other partitions, and says which one nobody leads', async t => {
  await Promise.all([
    ...led.map(partition => append(partition)),
    ...partitions.map(one => append(one, copied))
  ])
  const fault = await t.throwsAsync(append(lost), { instanceOf: FaultError, code: 'kafka_unavailable' })
  t.regex(fault.message, /nobody leads single\/1/)
})

test.serial('a consumer goes on with all other partitions, and tells which one nobody leads', async t => {
  await until('the others are read', () => led.every(partition => reader.records.includes(`${partition}/1`)))
  t.false(reader.records.includes(`${lost}/1`))
  t.like(reader.faults.at(-1), { code: 'kafka_no_leader', path: `${topic}/${lost}` })
  t.is(reader.events.filter(name => name === 'consumer_rebuilt').length, 0)
})

test.serial(
  'a consumer that joins meanwhile reads the others, though its group has committed nothing yet',
  async t => {
    const late = new Recorder({ config, group: 'late', topic })
    t.teardown(() => late.consumer.stop())
    await late.start()
    await until('they are read', () => late.records.length === 2 * led.length)
    t.deepEqual(late.partitions, partitions)
    await until('it is told', () => late.faults.some(({ code }) => code === 'kafka_no_leader'))
  }
)

test.serial('an admin tells of the others, and which one nobody leads', async t => {
  const range = (partition: number) => ({ partition, start: 0, end: 2 })
  t.deepEqual(await admin.rangesWithLeader(topic), {
    partitions: partitions.length,
    ranges: led.map(range),
    leaderless: [lost]
  })
  t.is((await admin.ranges(copied)).length, partitions.length)
  t.is((await admin.topic(topic))?.partitions, partitions.length)
  t.is((await admin.committed('reader', [topic])).length, partitions.length)
  t.is((await admin.offsetsAt(topic, Date.now() + 3_600_000, led))[led[1] ?? -1], 2)
  const hasty = kafkaLog(config, { clock: systemClock, log: () => {}, patienceMs: 500 }).admin()
  t.teardown(() => hasty.close())
  const missing = { code: 'kafka_no_leader', message: /single\/1/ }
  await t.throwsAsync(hasty.ranges(topic), missing)
  await t.throwsAsync(hasty.offsetsAt(topic, 0), missing)
  await t.throwsAsync(async () => {
    for await (const _ of hasty.read({ topic, partition: lost, from: 0, to: 1 })) t.fail()
  }, missing)
})

test.serial('a target goes on with all other partitions', async t => {
  // It may not have heard yet that nobody leads it.
  t.like(await deliver(topic, lost), { kind: 'unsent', scope: 'device' })
  const outcomes = await Promise.all([
    ...partitions.map(partition => deliver(topic, partition)),
    ...partitions.map(partition => deliver(copied, partition))
  ])
  t.deepEqual(
    outcomes.map(outcome => outcome?.kind),
    ['delivered', 'unsent', 'delivered', 'delivered', 'delivered', 'delivered']
  )
  t.like(outcomes[lost], { code: 'kafka_target_no_leader', scope: 'device' })
  await t.notThrowsAsync(target.open(open))
})

test.serial('once somebody leads it again, all of them go on', async t => {
  await Promise.all(kafka.nodes.map(node => node.start()))
  await until('it is delivered', async () => (await deliver(topic, lost))?.kind === 'delivered')
  await append(lost)
  await until('it is read', () => reader.records.includes(`${lost}/2`))
  await until('that is told', () => reader.recoveries > 0)
  t.is((await admin.ranges(topic)).length, partitions.length)
})
