import test from 'ava'
import type { CommitEntry } from '../../../../connectors/kafka/log/log.ts'
import { Committer, commitIntervalMs } from '../../../../processors/stream/settlement/committer.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { testContext } from '../context.ts'

/** As at a join gate that closes at once. */
const now = { endMs: 0, isRefusalFinal: true }

/** A committer over one partition whose commit point the test moves; `fail` orders what the next commit does. */
function setUp() {
  const context = testContext()
  const state = {
    base: 0,
    stored: 0,
    sent: [] as number[],
    fail: null as Error | null,
    hang: null as Promise<void> | null
  }
  const committer = new Committer(context, {
    due: () =>
      state.base > state.stored ? [{ topic: 'a', partition: 0, next: state.base, metadata: '' }] : [],
    async commit([entry]: readonly CommitEntry[]) {
      state.sent.push(entry?.next ?? -1)
      await state.hang
      if (state.fail !== null) throw state.fail
    },
    committed: ([entry]) => {
      state.stored = entry?.next ?? -1
    }
  })
  return { context, state, committer }
}

test('many settled offsets in one interval make one commit', async t => {
  const { context, state, committer } = setUp()
  for (state.base = 1; state.base < 50; state.base++) committer.touch()
  await context.clock.advance(commitIntervalMs - 1)
  t.deepEqual(state.sent, [])
  await context.clock.advance(1)
  t.deepEqual(state.sent, [50])
})

test('an idle stream has no timer once the last commit is done', async t => {
  const { context, state, committer } = setUp()
  state.base = 5
  committer.touch()
  await context.clock.advance(10 * commitIntervalMs)
  t.deepEqual(state.sent, [5])
  t.is(context.clock.waiting, 0)
})

test('only one commit is under way, and what settles meanwhile follows it', async t => {
  const { context, state, committer } = setUp()
  let release = () => {}
  state.hang = new Promise(resolve => {
    release = resolve
  })
  state.base = 5
  committer.touch()
  await context.clock.advance(commitIntervalMs)
  state.base = 9
  committer.touch()
  await context.clock.advance(5 * commitIntervalMs)
  t.deepEqual(state.sent, [5])
  release()
  await context.clock.advance(commitIntervalMs)
  t.deepEqual(state.sent, [5, 9])
})

test('a failed commit is tried again, and told once until one succeeds', async t => {
  const { context, state, committer } = setUp()
  state.fail = new FaultError('kafka_unreachable')
  state.base = 5
  committer.touch()
  await context.clock.advance(commitIntervalMs)
  await context.clock.advance(commitIntervalMs)
  t.deepEqual(context.logged, ['commit_failed'])
  state.fail = null
  await context.clock.advance(commitIntervalMs)
  t.deepEqual(state.sent, [5, 5, 5])
  t.is(state.stored, 5)
  t.deepEqual(context.meter.totals, { 'commit failed': 2, 'commit ok': 1 })
  state.fail = new FaultError('kafka_unreachable')
  state.base = 6
  await context.clock.advance(10 * commitIntervalMs)
  t.is(context.logged.length, 2)
  committer.stop()
})

test('a refused commit is no alarm: the next assignment decides', async t => {
  const { context, state, committer } = setUp()
  state.fail = new FaultError('commit_refused')
  state.base = 5
  await committer.flush(now)
  t.deepEqual(context.logged, [])
  t.deepEqual(context.meter.totals, { 'commit refused': 1 })
  committer.stop()
  t.is(context.clock.waiting, 0)
})

test('flush waits for the commit under way and then commits the rest', async t => {
  const { context, state, committer } = setUp()
  let release = () => {}
  state.hang = new Promise(resolve => {
    release = resolve
  })
  state.base = 5
  const first = committer.flush(now)
  await context.clock.advance(0)
  state.base = 8
  const second = committer.flush(now)
  release()
  await Promise.all([first, second])
  t.deepEqual(state.sent, [5, 8])
  committer.stop()
})

test('a last commit that fails is repeated with what is due by then, until Kafka has it', async t => {
  const { context, state, committer } = setUp()
  state.fail = new FaultError('kafka_unreachable')
  state.base = 5
  const flushed = committer.flush({ endMs: context.clock.now() + 5_000, isRefusalFinal: true })
  await context.clock.advance(1_000)
  state.base = 6
  await context.clock.advance(1_000)
  state.fail = null
  await context.clock.advance(1_000)
  await flushed
  t.is(state.stored, 6)
  t.deepEqual(context.logged, ['commit_failed'])
  committer.stop()
})

test('a last commit is given up at its end', async t => {
  const { context, state, committer } = setUp()
  state.fail = new FaultError('kafka_unreachable')
  state.base = 5
  const flushed = committer.flush({ endMs: context.clock.now() + 5_000, isRefusalFinal: true })
  await context.clock.advance(5_000)
  await flushed
  committer.stop()
  t.is(context.clock.waiting, 0)
})

test('a last commit that is refused while the group joins anew is repeated, unless no join comes first', async t => {
  const { context, state, committer } = setUp()
  const endMs = context.clock.now() + 5_000
  state.fail = new FaultError('commit_refused')
  state.base = 5
  await committer.flush({ endMs, isRefusalFinal: true })
  t.deepEqual(state.sent, [5])
  const flushed = committer.flush({ endMs, isRefusalFinal: false })
  await context.clock.advance(1_000)
  state.fail = null
  await context.clock.advance(1_000)
  await flushed
  t.is(state.stored, 5)
  committer.stop()
})
