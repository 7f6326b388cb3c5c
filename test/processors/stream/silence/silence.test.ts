// Devices that fall silent: who is told of, when, and what a restart, a stop of the stream and a channel that is behind
// change of it.

import test from 'ava'
import { readHeard } from '../../../../processors/commands/silent/heard.ts'
import { silentAmong } from '../../../../processors/commands/silent/silent.ts'
import type { SilenceOptions } from '../../../../processors/stream/silence/silence.ts'
import { type Member, Rig } from '../rig.ts'
import { put, type Shaping, shaping, stateTopic, Table } from '../steps/shaping.ts'

const hourMs = 3_600_000

/** Devices of `expected` are known of attributes; all that a stream hears it wants, but those of `unwanted`. */
function silence(
  expected: readonly string[] = [],
  unwanted: ReadonlySet<string> = new Set()
): SilenceOptions {
  return {
    afterMs: hourMs,
    expected: () => expected.map(device => ({ device, topic: 'fleet' })),
    wants: device => !unwanted.has(device)
  }
}

const silentIn = ({ stream }: Member) =>
  (stream.status().silent?.longest ?? []).map(({ device }) => device).toSorted()

const told = ({ lines }: Member, event: string) =>
  lines.filter(line => line.event === event).map(({ devices, first }) => [devices, first])

async function opened(shaped: Shaping = {}, rig = new Rig(2)): Promise<{ rig: Rig; member: Member }> {
  return { rig, member: await rig.started(shaping({ silence: silence(), ...shaped })) }
}

/** A message of each of the devices. */
const speak = (rig: Rig, ...devices: readonly string[]) =>
  put(rig, ...devices.map(ident => ({ ident, timestamp: 1 })))

test('devices of which nothing came for too long are told once and together, and again when they speak', async t => {
  const { rig, member } = await opened()
  await speak(rig, 'a', 'b', 'c')
  await rig.clock.advance(hourMs / 2)
  await speak(rig, 'b')
  t.deepEqual(silentIn(member), [])
  await rig.clock.advance(hourMs / 2 + 120_000)
  t.deepEqual(silentIn(member), ['a', 'c'])
  await rig.clock.advance(hourMs / 3)
  t.deepEqual(told(member, 'device_silent'), [[2, 'a, c']])
  await speak(rig, 'a')
  await rig.clock.advance(120_000)
  t.deepEqual(told(member, 'device_heard'), [[1, 'a']])
  t.deepEqual(silentIn(member), ['c'])
  await member.stream.stop(1_000)
})

test('status tells when a silent device was heard, and of a stream that does not ask, nothing', async t => {
  const { rig, member } = await opened({ silence: silence(['z']) })
  const atMs = rig.clock.now()
  await speak(rig, 'a')
  await rig.clock.advance(hourMs + 120_000)
  const { devices, longest } = member.stream.status().silent ?? {}
  t.is(devices, 2)
  t.deepEqual(longest, [
    { device: 'z', heard: null },
    { device: 'a', heard: new Date(atMs).toISOString() }
  ])
  await member.stream.stop(1_000)
  const other = new Rig(1).member(shaping({ steps: [{ filter: 'true' }] }))
  t.false('silent' in other.stream.status())
})

test('what was heard counts whatever became of it: filtered, expired, rejected or held', async t => {
  const steps = [{ filter: 'false' }]
  const { rig, member } = await opened({ steps, requires: ['plate'], attributes: new Table() })
  await speak(rig, 'a')
  await rig.clock.advance(hourMs - 120_000)
  await speak(rig, 'a')
  await put(rig, 'no json')
  await rig.clock.advance(240_000)
  t.deepEqual(silentIn(member), [])
  await rig.clock.advance(hourMs)
  t.deepEqual(silentIn(member), ['a', 'x'])
  await member.stream.stop(1_000)
})

test('without steps messages go on as the bytes they came in, also those that are no JSON', async t => {
  const { rig, member } = await opened()
  await put(rig, 'no json', '{ "ident":"x" }')
  await rig.clock.advance(1_000)
  t.deepEqual(member.target.confirmed, ['no json', '{ "ident":"x" }'])
  await member.stream.stop(1_000)
})

test('devices of which attributes are known are silent though they never spoke, once it was listened for long enough', async t => {
  const { rig, member } = await opened({ silence: silence(['a', 'b']) })
  await speak(rig, 'a')
  await rig.clock.advance(hourMs - 120_000)
  await speak(rig, 'a')
  t.deepEqual(silentIn(member), [])
  await rig.clock.advance(240_000)
  t.deepEqual(silentIn(member), ['b'])
  await speak(rig, 'b')
  await rig.clock.advance(120_000)
  t.deepEqual([silentIn(member), told(member, 'device_heard')], [[], [[1, 'b']]])
  await member.stream.stop(1_000)
})

test('a device that the stream does not want any more is not missed', async t => {
  const unwanted = new Set<string>()
  const { rig, member } = await opened({ silence: silence([], unwanted) })
  await speak(rig, 'a', 'b')
  unwanted.add('a')
  await rig.clock.advance(hourMs + 120_000)
  t.deepEqual(silentIn(member), ['b'])
  await member.stream.stop(1_000)
})

for (const how of ['in order', 'amid everything'] as const)
  test(`a restart ${how} forgets neither who was silent nor since when`, async t => {
    const { rig, member } = await opened({ silence: silence(['never']) })
    await speak(rig, 'a', 'b')
    await rig.clock.advance(hourMs / 2)
    await speak(rig, 'b')
    await rig.clock.advance(hourMs / 4)
    await member.stream.stop(how === 'in order' ? 1_000 : 0)
    await rig.clock.advance(hourMs / 4)
    const { member: next } = await opened({ silence: silence(['never']) }, rig)
    await rig.clock.advance(120_000)
    t.deepEqual(silentIn(next), ['a', 'never'])
    await rig.clock.advance(hourMs / 2)
    t.deepEqual(silentIn(next), ['a', 'b', 'never'])
    await next.stream.stop(1_000)
  })

test('what came while the stream was stopped is heard when it starts', async t => {
  const { rig, member } = await opened()
  await speak(rig, 'a', 'b')
  await rig.clock.advance(10_000)
  await member.stream.stop(1_000)
  await rig.clock.advance(hourMs)
  await speak(rig, 'a')
  await rig.clock.advance(120_000)
  const { member: next } = await opened({}, rig)
  await rig.clock.advance(120_000)
  t.deepEqual(told(next, 'device_silent'), [[1, 'b']])
  await next.stream.stop(1_000)
})

test('nobody counts as silent of whom messages may lie in Kafka unread', async t => {
  const rig = new Rig(1)
  const member = rig.member({ ...shaping({ silence: silence() }), maxSpan: 2 })
  await member.stream.start()
  await rig.clock.advance(1_000)
  await speak(rig, 'a', 'b')
  await rig.clock.advance(10_000)
  member.target.script = () => new Promise(() => {})
  await speak(rig, 'a', 'a', 'b', 'b')
  await rig.clock.advance(2 * hourMs)
  t.deepEqual(silentIn(member), [])
  member.target.script = async () => undefined
  await rig.clock.advance(hourMs)
  t.deepEqual(silentIn(member), ['a', 'b'])
  await member.stream.stop(1_000)
})

test('while Kafka cannot be asked nobody falls silent', async t => {
  const { rig, member } = await opened()
  await speak(rig, 'a')
  rig.log.faults.failAdminCalls(1_000)
  await rig.clock.advance(2 * hourMs)
  t.deepEqual(silentIn(member), [])
  await member.stream.stop(1_000)
})

test('after a time in which nobody listened, all begin anew', async t => {
  const { rig, member } = await opened()
  await speak(rig, 'a')
  await rig.clock.advance(60_000)
  await member.stream.stop(1_000)
  const deaf = await rig.started()
  await speak(rig, 'a')
  await rig.clock.advance(2 * hourMs)
  await deaf.stream.stop(1_000)
  const { member: next } = await opened({}, rig)
  await rig.clock.advance(hourMs - 120_000)
  t.deepEqual(silentIn(next), [])
  await rig.clock.advance(240_000)
  t.deepEqual(silentIn(next), ['a'])
  await next.stream.stop(1_000)
})

test('a device that is heard all the time is written once a minute and not with every cut', async t => {
  const { rig, member } = await opened({}, new Rig(1))
  for (let second = 0; second < 600; second += 5) {
    await speak(rig, 'a')
    await rig.clock.advance(4_950)
  }
  const [range] = await rig.admin.ranges(stateTopic)
  t.true(range !== undefined && range.end > 5 && range.end <= 12, `${range?.end} records`)
  await member.stream.stop(1_000)
})

test('of more devices than are remembered the ones silent longest are forgotten, which is told', async t => {
  const { rig, member } = await opened({ maxDevices: 2 }, new Rig(1))
  await speak(rig, 'a', 'b', 'c')
  await rig.clock.advance(hourMs + 120_000)
  t.deepEqual(silentIn(member), ['b', 'c'])
  t.deepEqual(
    member.lines.filter(({ event }) => event === 'silence_full'),
    [{ event: 'silence_full', stream: 'acme', maxDevices: 2 }]
  )
  await member.stream.stop(1_000)
})

test('each of two processes tells of the devices of its partitions, and a move forgets nobody', async t => {
  const rig = new Rig(2)
  const { member } = await opened({ silence: silence(['z', 'y', 'x', 'w']) }, rig)
  await speak(rig, 'a', 'b', 'c', 'd')
  await rig.clock.advance(60_000)
  const { member: other } = await opened({ silence: silence(['z', 'y', 'x', 'w']) }, rig)
  await rig.clock.advance(hourMs + 120_000)
  const [here, there] = [silentIn(member), silentIn(other)]
  t.deepEqual([...here, ...there].toSorted(), ['a', 'b', 'c', 'd', 'w', 'x', 'y', 'z'])
  t.true(here.length > 0 && there.length > 0)
  await member.stream.stop(1_000)
  await rig.clock.advance(120_000)
  t.deepEqual(silentIn(other), ['a', 'b', 'c', 'd', 'w', 'x', 'y', 'z'])
  await other.stream.stop(1_000)
})

test('from Kafka alone the same can be told, whether the stream runs or not', async t => {
  const wanted = silence(['never'])
  const { rig, member } = await opened({ silence: wanted })
  await speak(rig, 'a', 'b')
  await rig.clock.advance(hourMs / 2)
  await speak(rig, 'b')
  await rig.clock.advance(hourMs / 2 + 120_000)
  const told = async () => {
    const config = { group: 'tailrace.acme', state: { topic: stateTopic, maxDevices: 1 } }
    const partitions = await readHeard({ admin: rig.admin, config, topics: ['fleet'] })
    return silentAmong(partitions, wanted, rig.clock.now()).map(([device]) => device)
  }
  t.deepEqual(await told(), ['never', 'a'])
  await member.stream.stop(1_000)
  await speak(rig, 'a')
  t.deepEqual(await told(), ['never'])
  await rig.clock.advance(hourMs - 60_000)
  t.deepEqual(await told(), ['never', 'b'])
})
