import test from 'ava'
import type { CommittedPosition, LogAdmin, PartitionRange } from '../../../../connectors/kafka/log/log.ts'
import { readOpening } from '../../../../processors/stream/assignment/opening.ts'
import { FaultError } from '../../../../schemas/errors.ts'

interface Facts {
  readonly hasDeadLetters?: boolean
  readonly committed: readonly CommittedPosition[]
  readonly ranges: readonly PartitionRange[]
  readonly leaderless?: readonly number[]
  readonly offsetsAt?: (timeMs: number) => number[]
}

/** Answers for one topic `fleet`; the calls that must not happen are missing. */
function adminOf({ leaderless = [], ...facts }: Facts): LogAdmin {
  const partial: Partial<LogAdmin> = {
    committed: async () => [...facts.committed],
    topic: async name =>
      facts.hasDeadLetters ? { name, partitions: 1, replication: 1, settings: {} } : null,
    rangesWithLeader: async () => ({
      partitions: facts.ranges.length + leaderless.length,
      ranges: facts.ranges,
      leaderless
    }),
    offsetsAt: async (_, timeMs) => facts.offsetsAt?.(timeMs) ?? Promise.reject(new Error('not expected'))
  }
  return partial as LogAdmin // only these four are called
}

const at = (partition: number, next: number | null, metadata = '') => ({
  topic: 'fleet',
  partition,
  next,
  metadata
})
const range = (partition: number, start: number, end: number) => ({ partition, start, end })
const request = (partitions: number[], birthMs: number) => ({
  group: 'g',
  topics: ['fleet'],
  deadLetters: 'g.dead-letters',
  held: 'g.held',
  partitions: partitions.map(partition => ({ topic: 'fleet', partition })),
  birthMs
})

test('a new stream begins at its birth', async t => {
  const admin = adminOf({
    committed: [at(0, null), at(1, null)],
    ranges: [range(0, 0, 900), range(1, 10, 800)],
    offsetsAt: timeMs => (timeMs === 5_000 ? [700, 800] : [])
  })
  const { positions } = await readOpening(admin, request([0, 1], 5_000))
  t.deepEqual(
    positions.map(({ next, isNew, end }) => ({ next, isNew, end })),
    [
      { next: 700, isNew: true, end: 900 },
      { next: 800, isNew: true, end: 800 }
    ]
  )
})

test('a stream that starts at the earliest begins at the log start', async t => {
  const admin = adminOf({ committed: [at(0, null)], ranges: [range(0, 42, 900)] })
  const { positions } = await readOpening(admin, request([0], 0))
  t.is(positions[0]?.next, 42)
})

test('a partition with a commit goes on there, whatever the birth', async t => {
  const admin = adminOf({ committed: [at(0, 300, '1;birth=5000')], ranges: [range(0, 0, 900)] })
  const { positions } = await readOpening(admin, request([0], 9_000))
  t.like(positions[0], { next: 300, isNew: false, birthMs: 5_000 })
})

test('a partition that was added later begins at the birth that the other commits carry', async t => {
  const admin = adminOf({
    committed: [at(0, 300, '1;birth=5000'), at(1, null)],
    ranges: [range(0, 0, 900), range(1, 0, 50)],
    offsetsAt: timeMs => (timeMs === 5_000 ? [100, 0] : [])
  })
  const { positions, birthMs } = await readOpening(admin, request([1], 9_000))
  t.like(positions[0], { next: 0, isNew: true })
  t.is(birthMs, 5_000)
})

test('a smaller birth that another member told wins over the commits', async t => {
  const admin = adminOf({
    committed: [at(0, 300, '1;birth=5000'), at(1, null)],
    ranges: [range(0, 0, 900), range(1, 0, 50)],
    offsetsAt: timeMs => (timeMs === 4_000 ? [90, 7] : [])
  })
  const { positions } = await readOpening(admin, request([1], 4_000))
  t.like(positions[0], { next: 7, birthMs: 4_000 })
})

for (const [title, next] of [
  ['a commit that retention has overtaken', 99],
  ['a commit beyond the end of a topic that was created anew', 901]
] as const) {
  test(`${title} is never jumped over`, async t => {
    const admin = adminOf({ committed: [at(0, next)], ranges: [range(0, 100, 900)] })
    const fault = await t.throwsAsync(readOpening(admin, request([0], 0)), { instanceOf: FaultError })
    t.is(fault?.code, 'position_lost')
    t.regex(fault?.message ?? '', /fleet\/0: .*committed \d+, Kafka holds 100 to 900/)
  })
}

test('commit points at either edge of what Kafka holds are fine', async t => {
  const admin = adminOf({
    committed: [at(0, 100), at(1, 900)],
    ranges: [range(0, 100, 900), range(1, 100, 900)]
  })
  const { positions } = await readOpening(admin, request([0, 1], 0))
  t.deepEqual(
    positions.map(position => position.next),
    [100, 900]
  )
})

test('a stream that has run before and has no commits left is not begun anew', async t => {
  const admin = adminOf({
    committed: [at(0, null), at(1, null)],
    ranges: [range(0, 0, 900), range(1, 0, 900)],
    hasDeadLetters: true
  })
  const error = await t.throwsAsync(readOpening(admin, request([0], 5_000)), { instanceOf: FaultError })
  t.is(error.code, 'commits_lost')
  t.regex(error.message, /there are none, but g.dead-letters exists/)
})

test('a member that starts while another commits for the first time takes its commits', async t => {
  const commits = [at(0, 700, '1;birth=5000')]
  let asked = 0
  const admin: LogAdmin = {
    ...adminOf({ committed: [], ranges: [range(0, 0, 900)], hasDeadLetters: true }),
    committed: async () => (++asked === 1 ? [at(0, null)] : commits)
  }
  const { positions } = await readOpening(admin, request([0], 9_000))
  t.is(positions[0]?.next, 700)
})
