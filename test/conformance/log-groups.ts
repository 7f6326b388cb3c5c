// The log contract, third part: members that come, go and are thrown out.

import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import { type Cases, numbered } from './log.ts'
import type { Member } from './log-member.ts'

/** Where a member stands: one past the last record it read of each partition. */
function positionsOf(member: Member): (TopicPartition & { next: number; metadata: string })[] {
  return member.owned.map(origin => {
    const last = member.records.filter(record => record.partition === origin.partition).at(-1)
    return { ...origin, next: last === undefined ? 0 : last.offset + 1, metadata: '' }
  })
}

const numbersOf = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ partition }) => partition).sort((a, b) => a - b)

export const groupCases: Cases = {
  'two members share the partitions, and one gets all when the other leaves': async context => {
    const { t, create, member } = context
    await create(4)
    const first = await member().joined()
    t.deepEqual(numbersOf(first.owned), [0, 1, 2, 3])
    const second = await member().joined()
    await first.when(() => first.owned.length === 2)
    t.is(second.owned.length, 2)
    t.deepEqual(numbersOf([...first.owned, ...second.owned]), [0, 1, 2, 3])
    await second.consumer.stop()
    await first.when(() => first.owned.length === 4)
    t.is(first.assignments.at(-1)?.added.length, 2)
  },

  'an orderly move drains and commits before the other member gets the partition': async context => {
    const { t, create, append, member, admin, topic, group } = context
    await create(2)
    for (const partition of [0, 1]) await append(numbered(3, `p${partition}-`), { partition })
    const happened: string[] = []
    const first = await member({
      revoking: async self => {
        happened.push('revoking')
        await self.consumer.commit(positionsOf(self))
        await admin.ranges(topic) // any work that takes a while
        happened.push('drained')
      }
    }).joined()
    await first.when(() => first.records.length === 6)
    const second = await member({
      open: ({ consumer }, added) => {
        happened.push('moved')
        consumer.resume(added)
      }
    }).joined()
    await first.when(() => first.owned.length === 1)
    t.deepEqual(happened.slice(0, 3), ['revoking', 'drained', 'moved'])
    t.is(second.owned.length, 1)
    t.true((await admin.committed(group, [topic])).every(({ next }) => next === 3))
    for (const partition of [0, 1]) await append([`later-${partition}`], { partition })
    await first.when(() => first.records.length === 7)
    await second.when(() => second.records.length === 1)
    t.deepEqual([first.values.at(-1), second.values[0]].sort(), ['later-0', 'later-1'])
  },

  'a partition that is kept goes on where it was, whatever was committed': async context => {
    const { t, create, append, member, topic } = context
    await create(2)
    await append(numbered(5), { partition: 0 })
    await append(numbered(5), { partition: 1 })
    const first = await member().joined()
    await first.when(() => first.records.length === 10)
    await first.consumer.commit([{ topic, partition: 0, next: 1, metadata: '' }])
    await member({ open: () => {} }).joined()
    await first.when(() => first.owned.length === 1)
    const [kept] = first.owned
    t.deepEqual(first.assignments.at(-1)?.kept, [kept])
    t.is(first.assignments.at(-1)?.lost.length, 1)
    await append(['next'], { partition: kept?.partition ?? 0 })
    await first.when(() => first.values.includes('next'))
    t.is(first.records.length, 11)
    t.is(first.records.at(-1)?.offset, 5)
  },

  'the smallest birth in the group wins': async ({ t, create, member }) => {
    await create(2)
    const young = await member({ birthMs: 2_000 }).joined()
    t.is(young.assignments[0]?.birthMs, 2_000)
    const old = await member({ birthMs: 1_000 }).joined()
    t.is(old.assignments[0]?.birthMs, 1_000)
    await young.when(() => young.assignments.length > 1)
    t.is(young.assignments.at(-1)?.birthMs, 1_000)
  },

  'every member hears which part of the partitions it has': async ({ t, create, member }) => {
    await create(3)
    const first = await member({}).joined()
    t.is(first.assignments[0]?.share, 1)
    const second = await member({}).joined()
    await first.when(() => first.assignments.length > 1)
    const shares = [first, second].map(one => one.assignments.at(-1)?.share ?? 0)
    t.deepEqual(shares.toSorted(), [1 / 3, 2 / 3])
    t.deepEqual(shares, [first.owned.length / 3, second.owned.length / 3])
  },

  'a member that Kafka has forgotten cannot commit, loses everything, and joins anew': async context => {
    const { t, under, create, member, admin, topic, group } = context
    await create(2)
    const entry = { topic, partition: 0, next: 1, metadata: '' }
    let refused: unknown
    const reader = await member({
      revoking: async self => {
        refused ??= await self.consumer.commit([entry]).catch(error => error.code)
      }
    }).joined()
    await under.expireMembers(group)
    await t.throwsAsync(reader.consumer.commit([entry]), { code: 'commit_refused' })
    await reader.when(() => reader.assignments.length > 1)
    const { added, kept, lost } = reader.assignments.at(-1) ?? { added: [], kept: [], lost: [] }
    t.is(refused, 'commit_refused')
    t.deepEqual([numbersOf(added), kept, numbersOf(lost)], [[0, 1], [], [0, 1]])
    await reader.consumer.commit([{ ...entry, metadata: 'again' }])
    t.is((await admin.committed(group, [topic]))[0]?.metadata, 'again')
  },

  'a member that joins anew cannot commit what it had before': async context => {
    const { t, under, create, member, topic, group } = context
    await create(2)
    const entry = { topic, partition: 0, next: 1, metadata: '' }
    let answer: unknown
    const second = member({
      // Asked because the first one joins anew, which has to wait for this one.
      revoking: async () => {
        answer ??= await first.consumer.commit([entry]).then(
          () => 'stored',
          error => error.code
        )
      }
    })
    const first = await member({
      revoking: async () => {
        if (second.assignments.length === 0) await second.joined()
      }
    }).joined()
    await under.expireMembers(group)
    await first.when(() => first.assignments.length > 1)
    t.is(answer, 'commit_refused')
  },

  'a consumer that is built anew drains and commits before it leaves, and gets everything as new':
    async context => {
      const { t, create, member, admin, topic, group } = context
      await create(2)
      const reader = await member({
        revoking: self => self.consumer.commit([{ topic, partition: 0, next: 1, metadata: 'drained' }])
      }).joined()
      reader.consumer.rebuild()
      await reader.when(
        () => reader.assignments.some(({ lost }) => lost.length > 0) && reader.owned.length > 0
      )
      t.is((await admin.committed(group, [topic]))[0]?.metadata, 'drained')
      t.is(reader.revocations, 1)
      t.deepEqual(numbersOf(reader.assignments.at(-1)?.added ?? []), [0, 1])
    },

  'a stopped consumer calls nothing any more, and cannot commit': async context => {
    const { t, create, append, member, topic } = context
    await create(1)
    await append(['a'])
    const first = await member().joined()
    await first.when(() => first.records.length === 1)
    const stopped = first.consumer.stop()
    const { calls } = first
    await stopped
    await append(['b'])
    const second = await member().joined()
    await second.when(() => second.records.length === 2)
    t.is(first.calls, calls)
    const late = first.consumer.commit([{ topic, partition: 0, next: 1, metadata: '' }])
    await t.throwsAsync(late, { code: 'commit_refused' })
  },

  'a consumer of a missing topic says so and starts by itself once it is there': async context => {
    const { t, create, append, member } = context
    const reader = member()
    const joined = reader.joined()
    await reader.when(() => reader.faults.length > 0)
    t.is(reader.faults[0]?.code, 'topic_missing')
    await create(1)
    await joined
    await append(['a'])
    await reader.when(() => reader.records.length === 1)
    t.deepEqual(reader.values, ['a'])
  }
}
