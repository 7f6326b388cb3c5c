// Numbers where topics are not what they were: exchanged, made anew, gone, with other partitions, or with devices in the wrong ones.

import test, { type ExecutionContext } from 'ava'
import type { StreamOptions } from '../../../../processors/stream/options.ts'
import type { ErrorCode } from '../../../../schemas/errors.ts'
import { failure, Rig } from '../rig.ts'
import { numbered, numbersTopic, recordsOf, requests, send, sequence } from './numbered.ts'

/**
 * Numbers a message of the channel `fleet`, which gets another topic then: `fleet` made anew, or one of another name. Resolves
 * with the time of the message.
 */
async function exchanged(rig: Rig, channel: string): Promise<number> {
  const member = await rig.started(numbered)
  const timeMs = rig.clock.now()
  await send(rig, 'a1')
  await member.stream.stop(1_000)
  if (channel === 'fleet') rig.log.delete('fleet')
  rig.log.create(channel, 1)
  await rig.admin.moveOffsets('tailrace.acme', [{ topic: channel, partition: 0, next: 0, metadata: '' }])
  return timeMs
}

function put(rig: Rig, topic: string, { id, ...at }: { id: string; offset: number; timestampMs: number }) {
  const record = { key: Buffer.from(id.charAt(0)), value: Buffer.from(JSON.stringify({ id })), headers: [] }
  rig.log.put({ topic, partition: 0 }, [{ ...record, ...at }])
}

/** A stream that starts now halts for that reason, and sends none of these messages. */
async function halts(
  t: ExecutionContext,
  rig: Rig,
  { code, ids, options = numbered }: { code: ErrorCode; ids: string[]; options?: Partial<StreamOptions> }
): Promise<void> {
  const { stream, target } = await rig.started(options)
  await send(rig, ...ids)
  t.like(stream.status(), { state: 'halted', trouble: { code } })
  t.deepEqual(requests({ target }), [])
  await stream.stop(1_000)
}

for (const [how, channel] of [
  ['is exchanged for another', 'fleet-2'],
  ['is deleted and made anew', 'fleet']
] as const)
  test(`when the topic of a channel ${how}, its messages are sent as they are, and numbers go on`, async t => {
    const rig = new Rig(1)
    await exchanged(rig, channel)
    const next = await rig.started({ ...numbered, topics: [channel] })
    const timestampMs = rig.clock.now()
    for (const [offset, id] of ['b1', 'a2'].entries()) put(rig, channel, { id, offset, timestampMs })
    await rig.clock.advance(500)
    t.deepEqual(requests(next).sort(), ['a2 2', 'b1 1'])
    await next.stream.stop(1_000)
    const last = await rig.started({ ...numbered, topics: [channel] })
    put(rig, channel, { id: 'a3', offset: 2, timestampMs: 0 })
    await rig.clock.advance(500)
    t.deepEqual(requests(last), ['a3 3'])
    await last.stream.stop(1_000)
  })

test('a channel that got more partitions halts the stream rather than number a device anew', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  await send(rig, 'a1')
  rig.log.raisePartitions('fleet', 3)
  await rig.clock.advance(10_000)
  t.like(member.stream.status(), { state: 'halted', trouble: { code: 'sequence_moved' } })
  t.deepEqual(requests(member), ['a1 1'])
  await member.stream.stop(1_000)
})

test('partitions that were added to the topic of numbers, too, halt the stream rather than number a device anew', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  await send(rig, 'a1', 'b1', 'c1')
  await member.stream.stop(1_000)
  rig.log.raisePartitions('fleet', 3)
  rig.log.raisePartitions(numbersTopic, 3)
  await halts(t, rig, { code: 'sequence_moved', ids: ['a2', 'b2', 'c2'] })
  const topic = `${numbersTopic}-2`
  const other = await rig.started({ sequence: { ...sequence, topic, startAt: 100 } })
  t.deepEqual(requests(other).sort(), ['a2 100', 'b2 100', 'c2 100'])
  await other.stream.stop(1_000)
})

for (const [what, topic] of [
  ['is gone', numbersTopic],
  ['is named otherwise', `${numbersTopic}-2`]
] as const)
  test(`when the topic of numbers ${what}, the stream halts until numbers may go on above`, async t => {
    const rig = new Rig(1)
    const member = await rig.started(numbered)
    await send(rig, 'a1', 'a2')
    await member.stream.stop(1_000)
    rig.log.delete(topic)
    await halts(t, rig, {
      code: 'sequences_lost',
      ids: ['a3'],
      options: { sequence: { ...sequence, topic } }
    })
    const higher = await rig.started({ sequence: { ...sequence, topic, startAt: 10 } })
    t.deepEqual(requests(higher), ['a3 10'])
    await higher.stream.stop(1_000)
    const last = await rig.started({ sequence: { ...sequence, topic, startAt: 10 } })
    await send(rig, 'a4')
    t.deepEqual(requests(last), ['a4 11'])
    await last.stream.stop(1_000)
  })

test('a topic of numbers that is not compacted halts the stream', async t => {
  const rig = new Rig(1)
  rig.log.create(numbersTopic, 1, { 'cleanup.policy': 'delete' })
  await halts(t, rig, { code: 'topic_forgets', ids: ['a1'] })
})

test('a device in a partition where it does not belong halts the stream, as does one in two partitions always', async t => {
  for (const anyPartitioner of [false, true]) {
    const rig = new Rig(2)
    const member = await rig.started({ sequence: { ...sequence, anyPartitioner } })
    await rig.append(0, '{"id":"k1"}')
    await rig.clock.advance(500)
    await rig.append(1, '{"id":"k2"}')
    await rig.clock.advance(500)
    t.like(member.stream.status(), { state: 'halted', trouble: { code: 'sequence_stray' } })
    t.true(requests(member).length < 2)
    const stopped = member.stream.stop(1_000)
    await rig.clock.advance(2_000)
    await stopped
  }
})

test('what lies at the place of a numbered message, of the same device but from another time or topic, gets a number of its own', async t => {
  for (const channel of ['fleet', 'fleet-2']) {
    const rig = new Rig(1)
    const timeMs = await exchanged(rig, channel)
    const next = await rig.started({ ...numbered, topics: [channel] })
    const timestampMs = channel === 'fleet' ? timeMs + 1 : timeMs
    put(rig, channel, { id: 'a2', offset: 0, timestampMs })
    await rig.clock.advance(500)
    t.deepEqual(requests(next), ['a2 2'], channel)
    await next.stream.stop(1_000)
  }
})

test('a topic of numbers that lost its newest halts the stream, whatever it still holds', async t => {
  const rig = new Rig(1)
  const first = await rig.started(numbered)
  await send(rig, 'a1')
  await first.stream.stop(1_000)
  const before = await recordsOf(rig, numbersTopic)
  const second = await rig.started(numbered)
  await send(rig, 'a2', 'a3')
  await second.stream.stop(1_000)
  rig.log.delete(numbersTopic)
  rig.log.create(numbersTopic, 1)
  rig.log.put({ topic: numbersTopic, partition: 0 }, before)
  await halts(t, rig, {
    code: 'sequences_lost',
    ids: ['a4'],
    options: { sequence: { ...sequence, startAt: 100 } }
  })
})

test('a number that cannot be read halts the stream rather than be given again', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  await send(rig, 'a1')
  await member.stream.stop(1_000)
  const { key, value } = (await recordsOf(rig, numbersTopic)).find(record => record.value?.length) ?? {}
  t.truthy(value)
  const facts = JSON.stringify({ kind: 'number', at: 2, place: 'c0', device: 'a', number: 1 })
  const headers = [{ key: 'tailrace.number', value: Buffer.from(facts) }]
  const [{ end } = { end: 0 }] = await rig.admin.ranges(numbersTopic)
  const record = { key: key ?? null, value: value ?? null, headers, offset: end, timestampMs: 0 }
  rig.log.put({ topic: numbersTopic, partition: 0 }, [record])
  await halts(t, rig, { code: 'sequence_unreadable', ids: ['a2'] })
})

test('a message with a time that no clock has keeps its number', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  member.target.script = async () => failure('unsent')
  const record = { key: Buffer.from('a'), value: Buffer.from('{"id":"a1"}'), headers: [], offset: 0 }
  rig.log.put({ topic: 'fleet', partition: 0 }, [{ ...record, timestampMs: 1.7e18 }])
  await rig.clock.advance(500)
  t.true(requests(member).every(one => one === 'a1 1'))
  await member.stream.stop(0)
  const next = await rig.started(numbered)
  await send(rig, 'a2')
  t.deepEqual(requests(next), ['a1 1', 'a2 2'])
  await next.stream.stop(1_000)
})

test('a stream of another group with the same topic of numbers halts, and the one whose it is goes on', async t => {
  const rig = new Rig(1)
  const first = await rig.started(numbered)
  await send(rig, 'a1')
  const second = await rig.started({
    ...{ ...numbered, group: 'tailrace.other' },
    deadLetters: { name: 'other.dead-letters', partitions: 1, retentionHours: 1 },
    held: { topic: 'other.held', holdsDevices: true, maxDelayMs: 60_000, maxMs: 3_600_000 }
  })
  t.like(second.stream.status(), { state: 'halted', trouble: { code: 'topic_shared' } })
  await send(rig, 'a2')
  t.deepEqual(requests(first), ['a1 1', 'a2 2'])
  t.deepEqual(requests(second), [])
  const stopped = Promise.all([first.stream.stop(1_000), second.stream.stop(1_000)])
  await rig.clock.advance(2_000)
  await stopped
})
