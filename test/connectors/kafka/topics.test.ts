import test from 'ava'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { differences, ensureTopic } from '../../../connectors/kafka/topics.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'

const wanted = { name: 'fleet', partitions: 4, retentionHours: 2 }
const asWanted = { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '7200000' }

function open() {
  const log = new MemoryLog({ clock: new VirtualClock() })
  const logged: [string, unknown][] = []
  return {
    log,
    logged,
    admin: log.admin(),
    note: (name: string, fields?: unknown) => void logged.push([name, fields])
  }
}

test('a missing topic is created as wanted, with as many replicas as there are brokers, at most three', async t => {
  const { admin, logged, note } = open()
  const topic = await ensureTopic(admin, wanted, note)
  t.deepEqual(topic, { name: 'fleet', partitions: 4, replication: 1, settings: asWanted })
  t.deepEqual(logged, [['topic_created', { topic: 'fleet', partitions: 4, replication: 1 }]])
  await ensureTopic(admin, wanted, note)
  t.is(logged.length, 1)
})

test('a topic that differs is reported and left as it is', async t => {
  const { log, admin, logged, note } = open()
  log.create('fleet', 6, { ...asWanted, 'retention.ms': '1000' })
  const topic = await ensureTopic(admin, { ...wanted, replication: 3 }, note)
  t.is(topic.partitions, 6)
  t.deepEqual(logged, [
    ['topic_differs', { topic: 'fleet', setting: 'partitions', expected: '4', found: '6' }],
    ['topic_differs', { topic: 'fleet', setting: 'replication', expected: '3', found: '1' }],
    ['topic_differs', { topic: 'fleet', setting: 'retention.ms', expected: '7200000', found: '1000' }]
  ])
})

test('replication that the configuration leaves open is no difference', t => {
  t.deepEqual(differences(wanted, { name: 'fleet', partitions: 4, replication: 2, settings: asWanted }), [])
})
