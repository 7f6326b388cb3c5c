import test from 'ava'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { Canary, type Outage } from './canary.ts'
import type { Commits } from './commit-watch.ts'

const commitsUpTo = (next: number): Commits => [{ next, settled: [] }]

/** A canary on a Kafka that does with a commit what `answer` says. */
function startCanary(answer: (clock: VirtualClock) => Promise<void>) {
  const clock = new VirtualClock()
  const outages: Outage[] = []
  let committed = 0
  const canary = new Canary({
    clock,
    commit: () => answer(clock),
    known: () => commitsUpTo(committed++),
    onOutage: outage => outages.push(outage)
  })
  return { clock, outages, canary, running: canary.run() }
}

/** Kafka answers after `ms`. */
const after = (clock: VirtualClock, ms: number) => new Promise<void>(resolve => clock.after(ms, resolve))

test('commits that are taken within a second are no outage', async t => {
  const { clock, outages, canary, running } = startCanary(one => after(one, 900))
  await clock.advance(20_000)
  canary.end()
  await clock.advance(1_000)
  await running
  t.deepEqual(outages, [])
})

test('refused commits are one outage, told once one is taken, with what was committed before it', async t => {
  let isDown = false
  const { clock, outages, canary, running } = startCanary(async () => {
    if (isDown) throw new Error('there is no coordinator')
  })
  await clock.advance(400) // the second commit is due at 500
  isDown = true
  await clock.advance(3_050)
  t.deepEqual(outages, [])
  isDown = false
  await clock.advance(10_000)
  t.deepEqual(outages, [{ lastedMs: 3_000, before: commitsUpTo(1) }])
  canary.end()
  await running
})

test('a commit that waits for more than a second is an outage', async t => {
  let answerMs = 10
  const { clock, outages, canary, running } = startCanary(one => after(one, answerMs))
  await clock.advance(100)
  answerMs = 2_500
  await clock.advance(600)
  answerMs = 10
  await clock.advance(10_000)
  t.deepEqual(outages, [{ lastedMs: 2_500, before: commitsUpTo(1) }])
  canary.end()
  await running
})
