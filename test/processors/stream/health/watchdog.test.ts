import test from 'ava'
import { Partition } from '../../../../processors/stream/assignment/partition.ts'
import { Watchdog } from '../../../../processors/stream/health/watchdog.ts'
import { testContext } from '../context.ts'

/** A watchdog over what the test says. */
function setUp() {
  const context = testContext()
  const state = { owed: 0, pending: 0, behind: [] as Partition[], rebuilt: 0 }
  const watchdog = new Watchdog(context, {
    books: () => state,
    behind: () => state.behind,
    rebuild: () => state.rebuilt++
  })
  watchdog.start()
  return { context, state, watchdog }
}

function openPartition(number: number): Partition {
  const partition = new Partition({ topic: 'fleet', partition: number }, 'device')
  partition.open({
    next: 0,
    settled: [],
    owner: null,
    readFrom: null,
    numbers: null,
    committed: 0,
    birthMs: 0,
    end: 100
  })
  return partition
}

test('books that do not balance are counted and logged once, and again when they are off by another number', async t => {
  const { context, state } = setUp()
  state.owed = 5
  state.pending = 5
  await context.clock.advance(60_000)
  t.deepEqual(context.logged, [])
  state.pending = 4
  await context.clock.advance(60_000)
  t.deepEqual(context.logged, ['accounts_imbalanced'])
  t.is(context.meter.totals.imbalanced, 1)
  state.pending = 3
  await context.clock.advance(10_000)
  t.is(context.meter.totals.imbalanced, 2)
})

test('books that balance again are not told, and are told when they are off once more', async t => {
  const { context, state } = setUp()
  for (const owed of [1, 0, 1]) {
    state.owed = owed
    await context.clock.advance(10_000)
  }
  t.is(context.meter.totals.imbalanced, 2)
})

test('a partition that stands still for a minute has the consumer built anew, each minute once', async t => {
  const { context, state } = setUp()
  state.behind = [openPartition(0)]
  await context.clock.advance(60_000)
  t.is(state.rebuilt, 0)
  await context.clock.advance(10_000)
  t.is(state.rebuilt, 1)
  t.deepEqual(context.logged, ['stream_stuck'])
  await context.clock.advance(60_000)
  t.is(state.rebuilt, 1)
  await context.clock.advance(10_000)
  t.is(state.rebuilt, 2)
})

test('a partition that moves, or catches up now and then, is left alone', async t => {
  const { context, state } = setUp()
  const [moving, resting] = [openPartition(0), openPartition(1)]
  for (let round = 0; round < 60; round++) {
    if (round % 5 === 0) moving.unread.next = round
    state.behind = round % 6 === 0 ? [moving] : [moving, resting]
    await context.clock.advance(10_000)
  }
  t.is(state.rebuilt, 0)
})

test('the time in which it is known what holds a stream up does not count', async t => {
  const { context, state } = setUp()
  state.behind = [openPartition(0)]
  await context.clock.advance(50_000)
  const behind = state.behind.splice(0)
  await context.clock.advance(600_000)
  state.behind = behind
  await context.clock.advance(60_000)
  t.is(state.rebuilt, 0)
})

test('a partition that was assigned anew has its whole time before it', async t => {
  const { context, state } = setUp()
  state.behind = [openPartition(0)]
  await context.clock.advance(60_000)
  state.behind = [openPartition(0)]
  await context.clock.advance(60_000)
  t.is(state.rebuilt, 0)
})

test('it leaves no timer when it is stopped', t => {
  const { context, watchdog } = setUp()
  watchdog.stop()
  t.is(context.clock.waiting, 0)
})
