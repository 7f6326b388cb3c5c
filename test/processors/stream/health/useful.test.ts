// How many replicas a stream has use for, in virtual time: what this process adds, and what the reason is that more of them
// would be of no use.

import test from 'ava'
import type { Outcome } from '../../../../connectors/connector.ts'
import { failure, type Member, Rig, ScriptedTarget } from '../rig.ts'

const devices = Array.from({ length: 200 }, (_, at) => `device-${at}`)

/** A target that answers after so many ms. */
function slow(rig: Rig, latencyMs: number, outcome?: () => Outcome | undefined): ScriptedTarget {
  const target = new ScriptedTarget()
  target.script = async () => {
    await new Promise<void>(resolve => rig.clock.after(latencyMs, resolve))
    return outcome?.()
  }
  return target
}

/** Appends `rounds` messages of each device at once. */
async function backlog(rig: Rig, rounds: number): Promise<void> {
  await rig.send(...Array.from({ length: rounds }, () => devices).flat())
}

/** What the stream said each second of `seconds`, from the smallest to the largest. */
async function said(rig: Rig, { stream }: Member, seconds: number): Promise<number[]> {
  const values: number[] = []
  for (let second = 0; second < seconds; second++) {
    await rig.clock.advance(1_000)
    values.push(stream.status().usefulReplicas)
  }
  return values.sort((a, b) => a - b)
}

test('a stream that is behind with all in flight that may be has use for twice as many, while that is so', async t => {
  const rig = new Rig(4)
  const member = await rig.started({}, slow(rig, 1_000))
  await backlog(rig, 80)
  t.is((await said(rig, member, 60)).at(-1), 1)
  await rig.clock.advance(60_000)
  t.deepEqual(new Set(await said(rig, member, 30)), new Set([2]))
  await rig.clock.until(() => member.target.confirmed.length === 16_000)
  await rig.clock.advance(1_000)
  t.is(member.stream.status().usefulReplicas, 0)
})

test('there is use for no more replicas than partitions with lag', async t => {
  const rig = new Rig(1)
  const member = await rig.started({}, slow(rig, 1_000))
  await backlog(rig, 60)
  await rig.clock.advance(110_000)
  t.true(member.stream.status().concurrency.inFlight === 8)
  t.is(member.stream.status().usefulReplicas, 1)
})

test('a stream that keeps up adds the part of what it can do that it does', async t => {
  const rig = new Rig(4)
  const member = await rig.started({}, slow(rig, 400))
  // 8 batches of 10 in 400 ms are 200 a second.
  const trickle = async (perSecond: number) => {
    const values: number[] = []
    for (let second = 0; second < 240; second++) {
      await rig.send(...devices.slice(0, perSecond))
      values.push(member.stream.status().usefulReplicas)
      await rig.clock.advance(950)
    }
    return values.slice(-60)
  }
  const little = await trickle(20)
  t.true(Math.max(...little) > 0.05 && Math.max(...little) < 0.25, `${little}`)
  const much = await trickle(100)
  t.true(Math.max(...much) > 0.45 && Math.max(...much) < 0.8, `${much}`)
})

test('a target that is down has use for none, however much waits', async t => {
  const rig = new Rig(4)
  const member = await rig.started(
    {},
    slow(rig, 20, () => failure('retry'))
  )
  await backlog(rig, 40)
  t.deepEqual(new Set(await said(rig, member, 300)), new Set([0]))
})

test('a target that hangs never has use for more, and for none once attempts have run out of time', async t => {
  const rig = new Rig(4)
  const member = await rig.started({ attemptTimeoutMs: 120_000 }, slow(rig, 500))
  await backlog(rig, 400)
  await rig.clock.advance(130_000)
  t.is(member.stream.status().usefulReplicas, 2)
  member.target.script = () => new Promise(() => {})
  await rig.clock.advance(11_000)
  t.deepEqual(new Set(await said(rig, member, 100)), new Set([1]))
  await rig.clock.advance(20_000)
  t.deepEqual(new Set(await said(rig, member, 300)), new Set([0]))
})

test('a target that refuses half of what it gets never has use for more', async t => {
  const rig = new Rig(4)
  const target = slow(rig, 500, () => (rig.clock.random() < 0.5 ? failure('retry') : undefined))
  const member = await rig.started({}, target)
  await backlog(rig, 80)
  const values = await said(rig, member, 300)
  t.true(member.stream.status().lag > 0)
  t.is(values.at(-1), 1)
})

test('where the rate limit sets the pace, more replicas are of no use', async t => {
  const rig = new Rig(4)
  const rateLimit = { messagesPerSecond: 50 }
  const member = await rig.started({ rateLimit }, slow(rig, 20))
  await backlog(rig, 80)
  t.true(((await said(rig, member, 100)).at(-1) ?? 0) <= 1)
  t.deepEqual(new Set(await said(rig, member, 60)), new Set([0]))
})

test('where it was found out that the target takes no more at once, another replica would not help', async t => {
  const rig = new Rig(4)
  let atWork = 0
  const target = new ScriptedTarget()
  target.script = async () => {
    if (atWork >= 3) return failure('retry', { code: 'http_throttled' })
    atWork++
    await new Promise<void>(resolve => rig.clock.after(300, resolve))
    atWork--
    return undefined
  }
  const member = await rig.started({ adaptiveConcurrency: true }, target)
  await backlog(rig, 200)
  const values = await said(rig, member, 200)
  t.true(member.stream.status().lag > 0)
  t.deepEqual([values.at(-1), values.includes(2)], [1, false])
})

test('devices that the target refuses do not make a stream look behind', async t => {
  const rig = new Rig(2)
  const target = new ScriptedTarget()
  const held = { topic: 'tailrace.acme.held', holdsDevices: false, maxDelayMs: 60_000, maxMs: 3_600_000 }
  target.script = async ({ messages }) =>
    messages.map(message =>
      message.key() === 'bad' ? failure('retry', { scope: 'device' }) : { kind: 'delivered' }
    )
  const member = await rig.started({ held }, target)
  await rig.send('bad', 'good')
  const values = await said(rig, member, 120)
  t.true(member.stream.status().lag > 0)
  t.true((values.at(-1) ?? 1) < 0.1, `${values.at(-1)}`)
})

test('a stream that is paused, halted, or has left has use for none', async t => {
  const rig = new Rig(2)
  await backlog(rig, 1)
  const paused = await rig.started({ paused: true })
  t.like(paused.stream.status(), { state: 'paused', usefulReplicas: 0 })
  t.true(paused.stream.status().lag > 0)
  await paused.stream.stop(1_000)
  const halted = await rig.started(
    {},
    slow(rig, 20, () => failure('halt'))
  )
  await rig.clock.advance(20_000)
  t.like(halted.stream.status(), { state: 'halted', usefulReplicas: 0 })
  await halted.stream.stop(1_000)
  t.is(halted.stream.status().usefulReplicas, 0)
})
