// The log contract, second part: where a consumer reads, pauses and commits.

import { type Cases, numbered } from './log.ts'

export const positionCases: Cases = {
  'added partitions are paused until they are resumed': async ({ t, create, append, member, topic }) => {
    await create(2)
    await append(['a'], { partition: 0 })
    await append(['b'], { partition: 1 })
    const reader = await member({ open: () => {} }).joined()
    reader.consumer.resume([{ topic, partition: 1 }])
    await reader.when(() => reader.records.length > 0)
    t.deepEqual(reader.values, ['b'])
    reader.consumer.resume([{ topic, partition: 0 }])
    await reader.when(() => reader.records.length === 2)
    t.deepEqual(reader.values, ['b', 'a'])
  },

  'a paused partition delivers at most one more fetch and goes on without a gap': async context => {
    const { t, create, append, member, topic } = context
    await create(2)
    const reader = await member().joined()
    await append(['a'], { partition: 0 })
    await reader.when(() => reader.values.includes('a'))
    reader.consumer.pause([{ topic, partition: 0 }])
    // Whoever reads the other partition has fetched since.
    for (const value of ['x', 'y']) {
      await append([value], { partition: 1 })
      await reader.when(() => reader.values.includes(value))
    }
    await append(['b', 'c'], { partition: 0 })
    await append(['z'], { partition: 1 })
    await reader.when(() => reader.values.includes('z'))
    t.false(reader.values.includes('b'))
    reader.consumer.resume([{ topic, partition: 0 }])
    await reader.when(() => reader.values.includes('c'))
    t.deepEqual(
      reader.records.filter(record => record.partition === 0).map(record => record.offset),
      [0, 1, 2]
    )
  },

  'a seek moves the next record to the offset, also inside of a batch': async context => {
    const { t, create, append, member, topic } = context
    await create(1)
    await append(numbered(10))
    const reader = await member({
      open: ({ consumer }, added) => {
        consumer.seek({ topic, partition: 0 }, 7)
        consumer.resume(added)
      }
    }).joined()
    await reader.when(() => reader.values.includes('v9'))
    t.deepEqual(reader.values, ['v7', 'v8', 'v9'])
    reader.consumer.seek({ topic, partition: 0 }, 8)
    await reader.when(() => reader.records.length === 5)
    t.deepEqual(reader.values.slice(3), ['v8', 'v9'])
  },

  'a commit and its metadata are kept, and the next member starts there': async context => {
    const { t, create, append, admin, member, topic, group } = context
    await create(2)
    const none = { next: null, metadata: '', topic }
    t.deepEqual(await admin.committed(group, [topic]), [
      { ...none, partition: 0 },
      { ...none, partition: 1 }
    ])
    await append(numbered(5), { partition: 0 })
    const first = await member().joined()
    await first.consumer.commit([{ topic, partition: 0, next: 3, metadata: 'since 12, é' }])
    await first.consumer.stop()
    t.deepEqual(await admin.committed(group, [topic]), [
      { topic, partition: 0, next: 3, metadata: 'since 12, é' },
      { ...none, partition: 1 }
    ])
    const second = await member().joined()
    await second.when(() => second.values.includes('v4'))
    t.deepEqual(second.values, ['v3', 'v4'])
  },

  'metadata of 4096 bytes is kept whole': async ({ t, create, admin, member, topic, group }) => {
    await create(1)
    const reader = await member().joined()
    const metadata = 'm'.repeat(4096)
    await reader.consumer.commit([{ topic, partition: 0, next: 0, metadata }])
    t.is((await admin.committed(group, [topic]))[0]?.metadata, metadata)
  },

  'a commit for a partition that is not assigned is refused': async ({ t, create, member, topic }) => {
    await create(1)
    const reader = await member().joined()
    const foreign = reader.consumer.commit([{ topic, partition: 1, next: 1, metadata: '' }])
    await t.throwsAsync(foreign, { code: 'commit_refused' })
  },

  'a position that retention has overtaken is reported, nothing is skipped, and a seek goes on':
    async context => {
      const { t, under, create, append, member, topic } = context
      await create(1)
      await append(numbered(6))
      await under.deleteBefore(topic, 0, 4)
      const reader = await member({
        open: ({ consumer }, added) => {
          consumer.seek({ topic, partition: 0 }, 2)
          consumer.resume(added)
        }
      }).joined()
      await reader.when(() => reader.lostPositions.length > 0)
      t.deepEqual(reader.lostPositions, [{ partition: 0, position: 2 }])
      t.deepEqual(reader.values, [])
      reader.consumer.seek({ topic, partition: 0 }, 4)
      reader.consumer.resume([{ topic, partition: 0 }])
      await reader.when(() => reader.values.includes('v5'))
      t.deepEqual(reader.values, ['v4', 'v5'])
    }
}
