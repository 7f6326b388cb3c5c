// The log contract, fourth part: what is done without being in a group: reading a range, seeing who is in a group, and
// moving the positions of a group in which nobody is.

import type { LogAdmin, LogRecord, ReadRange } from '../../connectors/kafka/log/log.ts'
import { type Cases, numbered } from './log.ts'

export const outsideCases: Cases = {
  'a range is read with keys, values and headers, from inside of a batch to inside of the next':
    async context => {
      const { t, create, append, admin, producer, topic } = context
      await create(2)
      await append(numbered(5), { key: 'device', partition: 1 })
      const headers = { 'tailrace.code': 'http_rejected', raw: Buffer.from([0, 255]) }
      await producer.append(topic, [{ key: null, value: null, headers, partition: 1 }])
      await append(['after', 'beyond'], { partition: 1 })
      const records = await readAll(admin, { topic, partition: 1, from: 3, to: 7 })
      t.deepEqual(
        records.map(({ offset, key, value }) => [offset, key?.toString(), value?.toString()]),
        [
          [3, 'device', 'v3'],
          [4, 'device', 'v4'],
          [5, undefined, undefined],
          [6, undefined, 'after']
        ]
      )
      t.deepEqual(records[2]?.headers, [
        { key: 'tailrace.code', value: Buffer.from('http_rejected') },
        { key: 'raw', value: Buffer.from([0, 255]) }
      ])
      t.true(records.every(({ timestampMs }) => Math.abs(timestampMs - Date.now()) < 60_000))
    },

  'reading ends with the partition, and an empty range brings nothing': async context => {
    const { t, create, append, admin, topic } = context
    await create(1)
    await append(numbered(3))
    t.is((await readAll(admin, { topic, partition: 0, from: 1, to: 1_000 })).length, 2)
    t.deepEqual(await readAll(admin, { topic, partition: 0, from: 2, to: 2 }), [])
    t.deepEqual(await readAll(admin, { topic, partition: 0, from: 3, to: 9 }), [])
  },

  'reading over many fetches brings every record once, and may be left at any time': async context => {
    const { t, create, producer, admin, topic } = context
    await create(1)
    const value = Buffer.alloc(100_000, 1)
    for (let at = 0; at < 30; at++) await producer.append(topic, [{ key: null, value, partition: 0 }])
    const records = await readAll(admin, { topic, partition: 0, from: 0, to: 30 })
    t.deepEqual(
      records.map(({ offset }) => offset),
      Array.from({ length: 30 }, (_, at) => at)
    )
    for await (const { offset } of admin.read({ topic, partition: 0, from: 7, to: 30 })) {
      t.is(offset, 7)
      break
    }
  },

  'reading what retention has deleted, and a topic that is missing, is refused': async context => {
    const { t, under, create, append, admin, topic } = context
    await t.throwsAsync(readAll(admin, { topic, partition: 0, from: 0, to: 1 }), { code: 'topic_missing' })
    await create(1)
    await append(numbered(5))
    await under.deleteBefore(topic, 0, 3)
    await t.throwsAsync(readAll(admin, { topic, partition: 0, from: 2, to: 5 }), { code: 'position_lost' })
    t.is((await readAll(admin, { topic, partition: 0, from: 3, to: 5 })).length, 2)
  },

  'the members of a group are seen as long as they are in it': async context => {
    const { t, create, admin, member, group } = context
    await create(2)
    t.deepEqual(await admin.members(group), [])
    const first = await member().joined()
    await member().joined()
    const members = await admin.members(group)
    t.is(members.length, 2)
    t.true(members.every(({ id, clientId, host }) => id !== '' && clientId !== '' && host !== ''))
    await first.consumer.stop()
    t.is((await admin.members(group)).length, 1)
  },

  'positions are moved, with their metadata, only while nobody is in the group': async context => {
    const { t, create, append, admin, member, topic, group } = context
    await create(2)
    await append(numbered(5), { partition: 0 })
    await append(numbered(5, 'w'), { partition: 1 })
    const entries = [0, 1].map(partition => ({ topic, partition, next: 4, metadata: `moved ${partition}` }))
    const reader = await member().joined()
    await t.throwsAsync(admin.moveOffsets(group, entries), { code: 'group_busy' })
    t.deepEqual(
      (await admin.committed(group, [topic])).map(({ next }) => next),
      [null, null]
    )
    await reader.consumer.stop()
    await admin.moveOffsets(group, entries)
    t.deepEqual(await admin.committed(group, [topic]), entries)
    const next = await member().joined()
    await next.when(() => next.records.length === 2)
    t.deepEqual(next.values.sort(), ['v4', 'w4'])
  },

  'a group that never was gets positions too': async ({ t, create, admin, topic, group }) => {
    await create(1)
    await admin.moveOffsets(group, [{ topic, partition: 0, next: 0, metadata: 'first' }])
    t.deepEqual(await admin.committed(group, [topic]), [{ topic, partition: 0, next: 0, metadata: 'first' }])
  }
}

async function readAll(admin: LogAdmin, range: ReadRange): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of admin.read(range)) records.push(record)
  return records
}
