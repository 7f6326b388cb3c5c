import { testProp } from '@fast-check/ava'
import test from 'ava'
import fc from 'fast-check'
import { type Member, share } from '../../../../../../connectors/kafka/log/kafkajs/consumer/share.ts'
import type { TopicPartition } from '../../../../../../connectors/kafka/log/message.ts'

type Shares = Map<string, TopicPartition[]>
const runs = { numRuns: 5_000 }
const topicNames = ['alpha', 'beta', 'gamma']

const counts = fc
  .tuple(...topicNames.map(() => fc.nat({ max: 12 })))
  .map(numbers => new Map(topicNames.map((topic, index) => [topic, numbers[index] ?? 0])))
const ownedPartition = fc.record({ topic: fc.constantFrom(...topicNames), partition: fc.nat({ max: 15 }) })
/** A member with any topics and any claims, true or not. */
const anyMember = fc.record({
  topics: fc.subarray(topicNames, { minLength: 1 }),
  owned: fc.array(ownedPartition, { maxLength: 20 }),
  generation: fc.integer({ min: -1, max: 5 })
})
const anyMembers = fc.array(anyMember, { minLength: 1, maxLength: 6 }).map(named)

function named(members: readonly Omit<Member, 'id'>[]): Member[] {
  return members.map((member, index) => ({ ...member, id: `member-${index}` }))
}

function all(shares: Shares): string[] {
  return [...shares.values()].flat().map(({ topic, partition }) => `${topic}/${partition}`)
}

/** The sizes of the members' shares in units: partitions with one number count once. */
function unitsOf(shares: Shares): number[] {
  return [...shares.values()].map(partitions => new Set(partitions.map(({ partition }) => partition)).size)
}

testProp(
  'every partition of a subscribed topic goes to exactly one member',
  [anyMembers, counts],
  (t, members, partitions) => {
    const expected = topicNames
      .filter(topic => members.some(member => member.topics.includes(topic)))
      .flatMap(topic => Array.from({ length: partitions.get(topic) ?? 0 }, (_, n) => `${topic}/${n}`))
    t.deepEqual(all(share(members, partitions)).toSorted(), expected.toSorted())
  },
  runs
)

testProp(
  'nobody gets a topic that it did not ask for, and everybody gets an answer',
  [anyMembers, counts],
  (t, members, partitions) => {
    const shares = share(members, partitions)
    t.is(shares.size, members.length)
    for (const { id, topics } of members) {
      t.true(shares.get(id)?.every(({ topic }) => topics.includes(topic)))
    }
  },
  runs
)

testProp(
  'members with the same topics are balanced within one and hold the same number of every topic',
  [fc.array(anyMember, { minLength: 1, maxLength: 6 }), counts],
  (t, some, partitions) => {
    const members = named(some.map(member => ({ ...member, topics: topicNames })))
    const shares = share(members, partitions)
    const units = unitsOf(shares)
    t.true(Math.max(...units) - Math.min(...units) <= 1)
    for (const mine of shares.values()) {
      for (const { partition } of mine) {
        const together = mine.filter(other => other.partition === partition).length
        t.is(together, topicNames.filter(topic => partition < (partitions.get(topic) ?? 0)).length)
      }
    }
  },
  runs
)

testProp(
  'as few partitions move as the balance allows when members come and go',
  [
    fc.record({
      count: fc.nat({ max: 24 }),
      before: fc.integer({ min: 1, max: 6 }),
      leavers: fc.nat({ max: 5 }),
      joiners: fc.nat({ max: 3 })
    })
  ],
  (t, { count, before, leavers, joiners }) => {
    const partitions = new Map([['alpha', count]])
    const none = { topics: ['alpha'], owned: [], generation: -1 }
    const first = named(Array.from({ length: before }, () => none))
    const owned = share(first, partitions)
    const stayed = first.slice(Math.min(leavers, before - 1))
    const then = [
      ...stayed.map(member => ({ ...member, owned: owned.get(member.id) ?? [], generation: 1 })),
      ...Array.from({ length: joiners }, (_, index) => ({ ...none, id: `new-${index}` }))
    ]
    const after = share(then, partitions)
    const kept = then.map(member => {
      const had = new Set(member.owned.map(({ partition }) => partition))
      return after.get(member.id)?.filter(({ partition }) => had.has(partition)).length ?? 0
    })
    // A balanced deal that moved less would have to let somebody keep more than it may hold.
    const even = Math.floor(count / then.length)
    const wantMore = then.filter(member => member.owned.length > even).length
    const most = then.reduce((sum, member) => sum + Math.min(member.owned.length, even), 0)
    t.is(
      kept.reduce((sum, number) => sum + number, 0),
      most + Math.min(wantMore, count % then.length)
    )
  },
  runs
)

test('where two claim a partition, the one of the younger generation keeps it', t => {
  const owned = [{ topic: 'alpha', partition: 0 }]
  const members = named([
    { topics: ['alpha'], owned, generation: 3 },
    { topics: ['alpha'], owned, generation: 4 }
  ])
  t.deepEqual(share(members, new Map([['alpha', 2]])).get('member-1'), owned)
})

test('a topic that is new to a stream joins the partitions that its members have', t => {
  const topics = ['alpha', 'beta']
  const has = (partition: number) => ({ topics, owned: [{ topic: 'beta', partition }], generation: 1 })
  const members = named([has(1), has(0)])
  const shares = share(members, new Map(topics.map(topic => [topic, 2])))
  t.deepEqual(
    shares.get('member-0'),
    topics.map(topic => ({ topic, partition: 1 }))
  )
})
