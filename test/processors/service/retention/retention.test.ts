// Until when what streams owe is kept, over the in-memory log: of streams that read, and of those that do not.

import test from 'ava'
import type { LogAdmin } from '../../../../connectors/kafka/log/log.ts'
import { Retention } from '../../../../processors/service/retention/retention.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { failure, heldTopic, type Member, Rig, ScriptedTarget } from '../../stream/rig.ts'

const hour = 3_600_000

/** What is known of the streams of a rig, whose topics have these settings unless a fault is set. */
function watch(rig: Rig, members: readonly Member[]) {
  const settings: Record<string, Record<string, string>> = { fleet: { 'retention.ms': String(hour) } }
  const told = {
    settings,
    fault: null as FaultError | null,
    mistake: null as Error | null,
    asked: [] as string[],
    logged: [] as unknown[][]
  }
  const admin: Pick<LogAdmin, 'topic' | 'rangesWithLeader' | 'read'> = {
    async topic(name) {
      told.asked.push(name)
      if (told.fault !== null) throw told.fault
      const spec = await rig.admin.topic(name)
      return spec && { ...spec, settings: settings[name] ?? {} }
    },
    rangesWithLeader: topic => rig.admin.rangesWithLeader(topic),
    read: range => rig.admin.read(range)
  }
  const owing = () => {
    if (told.mistake !== null) throw told.mistake
    return members.map(({ stream }) => stream.status())
  }
  const retention = new Retention({
    clock: rig.clock,
    log: (...line) => void told.logged.push(line),
    admin,
    owing
  })
  retention.start()
  const lossOf = ({ stream }: Member) => retention.lossOf(stream.status())
  return { told, retention, lossOf }
}

test('of a stream that reads nothing Kafka is asked when it got what is owed, and where nothing is owed nothing is lost', async t => {
  const rig = new Rig(2)
  const sentMs = rig.clock.now()
  await rig.append(0, 'a')
  await rig.clock.advance(600_000)
  const paused = await rig.started({ paused: true })
  const { lossOf, retention } = watch(rig, [paused])
  t.like(lossOf(paused), { leftMs: null, unknown: 'fleet was not asked for yet', unknownCode: null })
  await rig.clock.advance(4_000)
  t.deepEqual(lossOf(paused), {
    leftMs: hour - (rig.clock.now() - sentMs),
    unknown: null,
    unknownCode: null,
    oldestMs: sentMs,
    oldestUnheldMs: sentMs
  })
  await rig.clock.advance(2 * hour)
  t.is(lossOf(paused).leftMs, 0)
  await paused.stream.stop(1_000)
  const running = await rig.started()
  await rig.clock.advance(1_000)
  t.like(lossOf(running), { leftMs: Number.POSITIVE_INFINITY, unknown: null, oldestMs: null })
  void retention.stop()
})

test('what an operator changes in a topic is known within a minute or so', async t => {
  const rig = new Rig(1)
  await rig.append(0, 'a')
  const paused = await rig.started({ paused: true })
  const { lossOf, told } = watch(rig, [paused])
  await rig.clock.advance(20_000)
  t.true((lossOf(paused).leftMs ?? 0) > 0.9 * hour)
  told.settings.fleet = { 'retention.ms': String(10 * 60_000) }
  await rig.clock.advance(75_000)
  const { leftMs } = lossOf(paused)
  t.true(leftMs !== null && leftMs > 8 * 60_000 && leftMs < 10 * 60_000, `${leftMs}`)
  t.true(told.asked.length <= 4)
})

test('where the settings may not be read it is not known, and said why; an outage does not make forget what was', async t => {
  const rig = new Rig(1)
  await rig.append(0, 'a')
  const paused = await rig.started({ paused: true })
  const { lossOf, told } = watch(rig, [paused])
  told.fault = new FaultError('kafka_unauthorized', { detail: 'DescribeConfigs' })
  await rig.clock.advance(20_000)
  const refused = lossOf(paused)
  t.is(refused.leftMs, null)
  t.is(refused.unknownCode, 'kafka_unauthorized')
  t.regex(refused.unknown ?? '', /^fleet: Kafka refused .*DescribeConfigs/)
  told.fault = null
  await rig.clock.advance(20_000)
  t.not(lossOf(paused).leftMs, null)
  told.fault = new FaultError('kafka_unreachable')
  await rig.clock.advance(300_000)
  t.not(lossOf(paused).leftMs, null)
  told.fault = new FaultError('kafka_unauthorized')
  await rig.clock.advance(100_000)
  t.is(lossOf(paused).leftMs, null)
})

test('a stream that reads tells the age itself, the first of all partitions counts, and what is gone is lost', async t => {
  const rig = new Rig(2)
  const target = new ScriptedTarget()
  target.script = async () => failure('retry')
  const member = await rig.started({}, target)
  const { lossOf } = watch(rig, [member])
  const firstMs = rig.clock.now()
  await rig.append(1, 'a')
  await rig.clock.advance(60_000)
  await rig.append(0, 'b')
  await rig.clock.advance(20_000)
  t.like(lossOf(member), { leftMs: hour - (rig.clock.now() - firstMs), oldestMs: firstMs })
  rig.log.deleteBefore('fleet', 1, 1)
  await rig.clock.advance(75_000)
  t.is(lossOf(member).leftMs, 0)
})

test('what waits in the held topic may be lost there, by the settings of that', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async () => failure('reject', { scope: 'device' })
  const member = await rig.started({}, target)
  const { lossOf, told } = watch(rig, [member])
  told.settings[heldTopic] = { 'retention.ms': String(2 * hour) }
  await rig.send('bad')
  await rig.clock.advance(30_000)
  t.is(member.stream.status().held.messages, 1)
  const { leftMs } = lossOf(member)
  t.true(leftMs !== null && leftMs > hour && leftMs < 2 * hour, `${leftMs}`)
})

test('what is held makes a stream old, and one that flows beside it is as young as what flows', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async () => failure('reject', { scope: 'device' })
  const member = await rig.started({}, target)
  const { lossOf } = watch(rig, [member])
  await rig.send('bad')
  await rig.clock.advance(600_000)
  t.is(member.stream.status().held.messages, 1)
  const isOld = (ms: number | null) => ms !== null && rig.clock.now() - ms > 500_000
  for (const told of [lossOf(member), member.stream.status()]) {
    t.true(isOld(told.oldestMs))
    t.is(told.oldestUnheldMs, null)
  }
})

test('of a stream that has never run, or whose partitions are not open, nothing is known', t => {
  const { retention } = watch(new Rig(1), [])
  t.like(retention.lossOf({ name: 'acme', firstsOwed: null }), {
    leftMs: null,
    unknown: 'the stream has not run'
  })
  const firstsOwed = [{ topic: 'fleet', partition: 3, offset: null, timeMs: null, isHeld: false }]
  t.like(retention.lossOf({ name: 'acme', firstsOwed }), { leftMs: null, unknown: 'fleet/3 is not open' })
})

test('once stopped it asks nothing more and leaves no timer', async t => {
  const rig = new Rig(1)
  await rig.append(0, 'a')
  const paused = await rig.started({ paused: true })
  const { retention, told } = watch(rig, [paused])
  await rig.clock.advance(60_000)
  const asked = told.asked.length
  t.true(asked > 0)
  void retention.stop()
  await paused.stream.stop(1_000)
  await rig.clock.advance(600_000)
  t.is(told.asked.length, asked)
  t.is(rig.clock.waiting, 0)
})

test('a mistake in a round is told and the next round comes, where it would have ended the process', async t => {
  const rig = new Rig(1)
  await rig.append(0, 'a')
  const paused = await rig.started({ paused: true })
  const { lossOf, told, retention } = watch(rig, [paused])
  told.mistake = new TypeError('firstsOwed of undefined')
  await rig.clock.advance(60_000)
  t.deepEqual(
    told.logged.map(([name, fields]) => [name, (fields as { part: string }).part]), // as it is logged
    [['round_failed', 'retention']]
  )
  told.mistake = null
  await rig.clock.advance(75_000)
  t.not(lossOf(paused).leftMs, null)
  await retention.stop()
})
