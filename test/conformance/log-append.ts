// The log contract, first part: what is appended, where it lies, and what an admin sees of it.

import { setImmediate } from 'node:timers/promises'
import type { AppendRecord, LogAdmin } from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import { partitionOf } from '../../connectors/kafka/log/partitioner.ts'
import { type Cases, numbered } from './log.ts'

export const appendCases: Cases = {
  'records come back with the very bytes, in order': async ({ t, create, producer, member, topic }) => {
    await create(1)
    const records: AppendRecord[] = [
      { key: Buffer.from('862552046671133'), value: Buffer.from('{"a.b":1.0}') },
      { key: Buffer.from([0, 0xff, 0x80]), value: Buffer.alloc(200_000, 7) },
      { key: null, value: Buffer.from([0xc3, 0x28]) },
      { key: Buffer.alloc(0), value: Buffer.alloc(0) },
      { key: Buffer.from('gone'), value: null },
      { key: null, value: Buffer.from('x'), headers: { origin: 'fleet', raw: Buffer.from([1, 0, 2]) } }
    ]
    await producer.append(topic, records.slice(0, 4))
    await producer.append(topic, records.slice(4))
    const reader = await member().joined()
    await reader.when(() => reader.records.length === records.length)
    const expected = records.map(({ key, value, headers = {} }, offset) => ({
      partition: 0,
      offset,
      key,
      value,
      headers: Object.entries(headers).map(([name, header]) => ({ key: name, value: Buffer.from(header) }))
    }))
    t.deepEqual(
      reader.records.map(({ timestampMs, ...record }) => record),
      expected
    )
    t.true(reader.records.every(record => Math.abs(record.timestampMs - Date.now()) < 60_000))
  },

  'a key decides the partition as with other Kafka clients': async ({
    t,
    create,
    producer,
    member,
    topic
  }) => {
    await create(7)
    const keys = numbered(200, 'device-').map(key => Buffer.from(key))
    await producer.append(
      topic,
      keys.map(key => ({ key, value: key }))
    )
    const reader = await member().joined()
    await reader.when(() => reader.records.length === keys.length)
    for (const { key, partition } of reader.records) {
      t.is(partition, partitionOf(key ?? Buffer.alloc(0), 7))
    }
  },

  'a record may name its partition, which must exist': async ({ t, create, append, admin, topic }) => {
    await create(3)
    await append(['a', 'b'], { key: 'same', partition: 2 })
    t.deepEqual(
      (await admin.ranges(topic)).map(range => range.end),
      [0, 0, 2]
    )
    await t.throwsAsync(append(['c'], { partition: 3 }), { code: 'kafka_unavailable' })
  },

  'records without key are all stored': async ({ t, create, append, admin, topic }) => {
    await create(3)
    await Promise.all(numbered(20).map(value => append([value])))
    const ranges = await admin.ranges(topic)
    t.is(
      ranges.reduce((sum, range) => sum + range.end, 0),
      20
    )
  },

  'concurrent appends of one device keep their order': async ({ t, create, append, member }) => {
    await create(4)
    const values = numbered(500)
    await Promise.all(values.map(value => append([value], { key: 'device' })))
    const reader = await member().joined()
    await reader.when(() => reader.records.length === values.length)
    t.deepEqual(reader.values, values)
  },

  'an append with a record that the topic does not take is refused as a whole, to the byte':
    async context => {
      const { t, create, producer, append, admin, topic } = context
      await create(4, { 'max.message.bytes': '1000' })
      const sized = (bytes: number) => ({ key: null, value: Buffer.alloc(bytes), partition: 3 })
      // A batch has a header of 61 bytes, and this record needs 9 beside its value.
      await producer.append(topic, [sized(930)])
      await append(numbered(100, 'a'.repeat(50)), { partition: 2 })
      const small = numbered(3).map(value => ({ key: Buffer.from(value), value: Buffer.from(value) }))
      await t.throwsAsync(producer.append(topic, [...small, sized(931), ...small]), {
        code: 'body_too_large',
        message: /entry 3 takes 1001 bytes in Kafka, and max\.message\.bytes of the topic is 1000/
      })
      t.deepEqual(
        (await admin.ranges(topic)).map(range => range.end),
        [0, 0, 100, 1]
      )
    },

  'an append that is not repeated tells where its records lie, also between those of others':
    async context => {
      const { t, create, producer, append, admin, topic } = context
      await create(2, { 'max.message.bytes': '1000' })
      const place = { topic, partition: 1 }
      const records = numbered(3).map(value => ({ key: Buffer.from(value), value: Buffer.from(value) }))
      t.is(await producer.appendOnce(place, records), 0)
      await append(['of another'], { partition: 1 })
      t.is(await producer.appendOnce(place, records), 4)
      t.deepEqual(await offsetsIn(admin, place, 7), [
        'v0 0',
        'v1 1',
        'v2 2',
        'of another 3',
        'v0 4',
        'v1 5',
        'v2 6'
      ])
      const large = [{ key: null, value: Buffer.alloc(1_000) }]
      await t.throwsAsync(producer.appendOnce(place, large), { code: 'body_too_large' })
      await t.throwsAsync(producer.appendOnce({ topic, partition: 2 }, records), {
        code: 'kafka_unavailable'
      })
      const nowhere = { topic: `${topic}-missing`, partition: 0 }
      await t.throwsAsync(producer.appendOnce(nowhere, records), { code: 'kafka_unavailable' })
      t.deepEqual(
        (await admin.ranges(topic)).map(range => range.end),
        [0, 7]
      )
    },

  'appending to a topic that does not exist is refused': async ({ t, append }) => {
    await t.throwsAsync(append(['x']), { code: 'kafka_unavailable' })
  },

  'an admin sees a topic as it is, and null where there is none': async ({ t, create, admin, topic }) => {
    t.is(await admin.topic(topic), null)
    await create(5, { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '3600000' })
    const found = await admin.topic(topic)
    t.is(found?.partitions, 5)
    t.is(found?.replication, 1)
    t.is(found?.settings['message.timestamp.type'], 'LogAppendTime')
    t.is(found?.settings['retention.ms'], '3600000')
    t.true((await admin.brokers()) >= 1)
  },

  'creating a topic that exists changes nothing': async ({ t, create, admin, topic }) => {
    await Promise.all([create(2), create(2), create(2)])
    await create(9)
    t.is((await admin.topic(topic))?.partitions, 2)
  },

  'what is asked about a missing topic is answered by topic_missing': async ({ t, admin, topic, group }) => {
    await t.throwsAsync(admin.ranges(topic), { code: 'topic_missing' })
    await t.throwsAsync(admin.offsetsAt(topic, 0), { code: 'topic_missing' })
    await t.throwsAsync(admin.committed(group, [topic]), { code: 'topic_missing' })
  },

  'a time finds the first record at or after it, or the end': async ({ t, create, append, admin, topic }) => {
    await create(2)
    await append(numbered(3), { partition: 0 })
    const betweenMs = await laterMs()
    await append(numbered(4), { partition: 0 })
    t.deepEqual(await admin.offsetsAt(topic, 0), [0, 0])
    t.deepEqual(await admin.offsetsAt(topic, betweenMs), [3, 0])
    t.deepEqual(await admin.offsetsAt(topic, Date.now() + 3_600_000), [7, 0])
  },

  'ranges follow what is appended and what retention deletes': async context => {
    const { t, under, create, append, admin, topic } = context
    await create(2)
    await append(numbered(5), { partition: 1 })
    await under.deleteBefore(topic, 1, 3)
    t.deepEqual(await admin.ranges(topic), [
      { partition: 0, start: 0, end: 0 },
      { partition: 1, start: 3, end: 5 }
    ])
  }
}

/** For a log of which Kafka can be stopped without harm to others. */
export const outageCases: Cases = {
  'an append that Kafka does not take is refused, and the next is taken once it can': async context => {
    const { t, under, create, append, member } = context
    await create(2)
    await append(['before'], { key: 'k' })
    const start = await under.stop?.()
    await t.throwsAsync(append(['lost'], { key: 'k' }), { code: 'kafka_unavailable' })
    await start?.()
    await append(['after'], { key: 'k' })
    const reader = await member().joined()
    await reader.when(() => reader.values.includes('after'))
    t.deepEqual(
      reader.values.filter(value => value !== 'lost'),
      ['before', 'after']
    )
  }
}

/** A time after everything that was appended so far, and before everything still to come. */
async function laterMs(): Promise<number> {
  const sinceMs = Date.now()
  while (Date.now() < sinceMs + 5) await setImmediate()
  const betweenMs = Date.now()
  while (Date.now() < betweenMs + 5) await setImmediate()
  return betweenMs
}

/** The values of a partition and where they lie. */
async function offsetsIn(admin: LogAdmin, place: TopicPartition, to: number): Promise<string[]> {
  const found: string[] = []
  for await (const { value, offset } of admin.read({ ...place, from: 0, to }))
    found.push(`${value} ${offset}`)
  return found
}
