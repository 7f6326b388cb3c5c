// Dead letters on a real Kafka: what other tools see of them, and what happens with one that is too large.

import test, { type ExecutionContext } from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../connectors/kafka/log/kafkajs/log.ts'
import type { LogRecord } from '../../../../connectors/kafka/log/log.ts'
import { Health } from '../../../../processors/stream/health/health.ts'
import { decodeFacts } from '../../../../processors/stream/settlement/dead-letter.ts'
import { DeadLetters } from '../../../../processors/stream/settlement/dead-letters.ts'
import { testBrokers, uniqueName } from '../../../kafka.ts'
import { testContext } from '../context.ts'
import { messagesOf } from './messages.ts'

const brokers = testBrokers()
const topicResource = 2

/** A stream's health that a test can wait for. */
function watchedHealth() {
  const changed = new Set<() => void>()
  const context = {
    ...testContext(),
    clock: systemClock,
    retry: { minDelayMs: 10, maxDelayMs: 100, haltedDelayMs: 100 },
    log: () => {
      for (const look of changed) look()
    }
  }
  const health = new Health(context, [], () => null)
  health.enter('running')
  const stateIs = (kind: string) =>
    new Promise<void>(resolve => {
      const look = () => {
        if (health.state.kind === kind && changed.delete(look)) resolve()
      }
      changed.add(look)
      look()
    })
  return { context, health, stateIs }
}

async function setUp(t: ExecutionContext) {
  const fleet = uniqueName('fleet')
  const topic = `${fleet}.dead-letters`
  const log = kafkaLog({ brokers, clientId: 'dead-letters' }, { clock: systemClock, log: () => {} })
  const admin = log.admin()
  const producer = log.producer()
  await admin.createTopic({ name: fleet, partitions: 1, replication: 1, settings: {} })
  const { context, health, stateIs } = watchedHealth()
  const wanted = { name: topic, partitions: 1, retentionHours: 720 }
  const letters = new DeadLetters(context, { topic: wanted, origins: [fleet], admin, producer, health })
  t.teardown(async () => {
    letters.close()
    await Promise.all([producer.close(1_000), admin.close()])
  })
  const put = (value: Buffer) =>
    new Promise<void>(done => {
      const [message] = messagesOf({ topic: fleet, partition: 0 }, [{ key: 'device', value }])
      if (message === undefined) return t.fail()
      const failure = { code: 'http_rejected', detail: 'ordered by a test' } as const
      letters.put(message, { failure, attempts: 1 }, done)
    })
  const stored = async () => {
    const records: LogRecord[] = []
    for await (const record of admin.read({ topic, partition: 0, from: 0, to: 100 })) records.push(record)
    return records
  }
  return { admin, topic, fleet, health, letters, put, stored, stateIs }
}

test('Kafka keeps the bytes and the facts, in a topic that holds them long', async t => {
  const { admin, topic, fleet, letters, put, stored } = await setUp(t)
  letters.ensure()
  const value = Buffer.from([0x7b, 0xc3, 0x28, 0x7d])
  await Promise.all([put(value), put(Buffer.alloc(900_000, 1))])
  const [first, second] = await stored()
  t.deepEqual(first?.value, value)
  t.is(String(first?.key), 'device')
  t.is(second?.value?.length, 900_000)
  t.like(decodeFacts(first?.headers ?? []), { code: 'http_rejected', originTopic: fleet, originOffset: 0 })
  const spec = await admin.topic(topic)
  t.is(spec?.settings['retention.ms'], String(30 * 24 * 3_600_000))
  t.is(Number(spec?.settings['max.message.bytes']), 2 * 1_048_588)
})

test('one too large for the topic halts until somebody raises the limit', async t => {
  const { admin, topic, letters, put, stored, stateIs, health } = await setUp(t)
  const settings = { 'max.message.bytes': '10000' }
  await admin.createTopic({ name: topic, partitions: 1, replication: 1, settings })
  const large = put(Buffer.alloc(20_000, 1))
  const small = put(Buffer.from('{}'))
  await Promise.all([small, stateIs('halted')])
  t.is(health.state.trouble?.code, 'dead_letter_too_large')
  await raiseLimit(topic)
  await Promise.all([large, stateIs('running')])
  t.is(letters.pendingBytes, 0)
  t.deepEqual(
    (await stored()).map(record => record.value?.length),
    [2, 20_000]
  )
})

async function raiseLimit(name: string): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const configEntries = [{ name: 'max.message.bytes', value: '100000' }]
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: topicResource, name, configEntries }] })
  await admin.disconnect()
}
