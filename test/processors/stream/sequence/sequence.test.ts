// Numbers of messages at the whole engine: where they are kept, what goes out with them again, and what gets none.

import test from 'ava'
import type { Message } from '../../../../connectors/connector.ts'
import { delivered } from '../../../../connectors/connector.ts'
import type { LogRecord } from '../../../../connectors/kafka/log/log.ts'
import type { RecordChunk } from '../../../../connectors/kafka/log/record-chunk.ts'
import { resentMessage } from '../../../../processors/stream/held/held-record.ts'
import { decodeFacts } from '../../../../processors/stream/settlement/dead-letter.ts'
import { failure, heldTopic, Rig } from '../rig.ts'
import { numbered, numbersTopic, recordsOf, requests, send, sequence } from './numbered.ts'

const idIn = (message: Message) => String(JSON.parse(message.value().toString()).id)

test('the messages of each device are numbered from startAt on, and the field is all that changes', async t => {
  const rig = new Rig()
  const member = await rig.started({ sequence: { ...sequence, startAt: 100 } })
  await send(rig, 'a1', 'b1', 'a2', 'a3', 'b2')
  t.deepEqual(requests(member).sort(), ['a1 100', 'a2 101', 'a3 102', 'b1 100', 'b2 101'])
  t.true(member.target.batches.flat().includes('{"id":"a1","seq":100}'))
  await member.stream.stop(1_000)
  const next = await rig.started({ sequence: { ...sequence, startAt: 100 } })
  await send(rig, 'a4')
  t.deepEqual(requests(next), ['a4 103'])
  await next.stream.stop(1_000)
})

test('a number is in Kafka, with the bytes that are sent, before the first attempt begins', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  rig.log.faults.appends.shut()
  const record = { key: Buffer.from('a'), value: Buffer.from('{"id":"a1"}'), headers: [] }
  rig.log.put({ topic: 'fleet', partition: 0 }, [{ ...record, offset: 0, timestampMs: rig.clock.now() }])
  await rig.clock.advance(10_000)
  t.deepEqual(requests(member), [])
  rig.log.faults.appends.open()
  await rig.clock.advance(500)
  t.deepEqual(requests(member), ['a1 1'])
  const before: string[] = []
  member.target.script = async batch => {
    const kept = await recordsOf(rig, numbersTopic)
    before.push(...kept.map(({ value }) => value?.toString() ?? ''))
    t.true(before.includes(batch.messages[0]?.value().toString() ?? ''))
    return delivered
  }
  await send(rig, 'a2')
  t.true(before.includes('{"id":"a2","seq":2}'))
  await member.stream.stop(1_000)
})

test('nothing is sent while Kafka does not take numbers, and it says so', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  await send(rig, 'a1')
  rig.log.faults.failAppends(5, 'after')
  const values = [{ key: Buffer.from('a'), value: Buffer.from('{"id":"a2"}') }]
  rig.log.faults.takeFailedAppend()
  const other = rig.log.producer().append('fleet', values)
  await t.throwsAsync(other, { code: 'kafka_unavailable' }) // stored, and only the answer was lost
  await rig.clock.advance(20)
  t.deepEqual(requests(member), ['a1 1'])
  t.like(member.stream.status(), { state: 'waiting', trouble: { code: 'kafka_unavailable' } })
  await rig.clock.advance(60_000)
  t.deepEqual(requests(member), ['a1 1', 'a2 2'])
  t.is(member.stream.status().state, 'running')
  await member.stream.stop(1_000)
})

test('batches that are given up while Kafka takes no numbers leave no gap, and no number for nothing', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  rig.log.faults.appends.shut()
  for (const [offset, id] of ['a1', 'b1', 'c1'].entries()) {
    const record = { key: Buffer.from(id.charAt(0)), value: Buffer.from(JSON.stringify({ id })), headers: [] }
    rig.log.put({ topic: 'fleet', partition: 0 }, [{ ...record, offset, timestampMs: rig.clock.now() }])
    await rig.clock.advance(200) // each is a batch of its own
  }
  rig.log.rejoin('tailrace.acme')
  await rig.clock.advance(10_000) // past what a batch may take to end
  rig.log.faults.appends.open()
  await rig.clock.advance(5_000)
  await send(rig, 'a2', 'b2', 'c2')
  t.deepEqual(requests(member).sort(), ['a1 1', 'a2 2', 'b1 1', 'b2 2', 'c1 1', 'c2 2'])
  await member.stream.stop(1_000)
})

test('what was numbered is sent after a crash as it was, whatever the stream wants or does with it then', async t => {
  const rig = new Rig(1)
  const dying = await rig.started(numbered)
  dying.target.script = async () => failure('unknown')
  await send(rig, 'a1', 'a2', 'b1')
  t.deepEqual(new Set(requests(dying)), new Set(['a1 1', 'a2 2', 'b1 1']))
  rig.log.expireMembers('tailrace.acme')
  await dying.stream.stop(0)
  const next = await rig.started({ ...numbered, isWanted: () => false })
  await rig.clock.advance(30_000)
  await send(rig, 'a3')
  t.deepEqual(requests(next), ['a1 1', 'a2 2', 'b1 1'])
  t.is(next.stream.status().accounts.filtered, 1)
  await next.stream.stop(1_000)
})

test('a device that waits keeps its numbers in the held topic, and what comes meanwhile is numbered on its release', async t => {
  const rig = new Rig(1)
  const refused = new Set(['a'])
  const member = await rig.started(numbered)
  member.target.script = async ({ messages }) =>
    messages.map(message =>
      refused.has(idIn(message).charAt(0)) ? failure('reject', { scope: 'device' }) : delivered
    )
  await send(rig, 'a1', 'a2', 'b1')
  await send(rig, 'a3')
  const waiting = (await recordsOf(rig, heldTopic)).filter(({ value }) => value !== null)
  const headersOf = ({ headers }: LogRecord) =>
    headers.find(({ key }) => key === 'tailrace.sequence')?.value?.toString() ?? null
  t.deepEqual(waiting.map(headersOf), ['1', '2', null])
  refused.clear()
  await rig.clock.advance(120_000)
  await send(rig, 'a4')
  const first = [...new Set(requests(member))].filter(one => one.startsWith('a'))
  t.deepEqual(first, ['a1 1', 'a2 2', 'a3 3', 'a4 4'])
  await member.stream.stop(1_000)
})

test('what was dropped before a later message got its number stays dropped after a restart', async t => {
  const rig = new Rig(1)
  const dropped = new Set(['a1'])
  const isWanted = (chunk: RecordChunk) =>
    !dropped.has(JSON.parse(chunk.record().value?.toString() ?? '{}').id)
  const member = await rig.started({ ...numbered, isWanted })
  member.target.script = async () => failure('unsent')
  await send(rig, 'x1', 'a1')
  await rig.clock.advance(1_000)
  const stopped = member.stream.stop(1_000)
  await rig.clock.advance(2_000)
  await stopped
  dropped.clear() // as a step that looks at the clock may say later
  const next = await rig.started({ ...numbered, isWanted })
  await send(rig, 'a2')
  await rig.clock.advance(30_000)
  t.deepEqual([...new Set(requests(next))].sort(), ['a2 1', 'x1 1'])
  await next.stream.stop(1_000)
})

test('what is released after a crash before its channel is read again keeps its number when that is read', async t => {
  const rig = new Rig(1)
  const dying = await rig.started(numbered)
  dying.target.script = async ({ messages }) => {
    if (messages.some(message => idIn(message).startsWith('x'))) return new Promise(() => {})
    return failure('reject', { scope: 'device' })
  }
  await send(rig, 'x1')
  rig.log.faults.commits.shut()
  await send(rig, 'a1') // it waits, which its channel does not know yet
  rig.log.expireMembers('tailrace.acme')
  rig.log.faults.commits.open() // what was under way is refused
  const stopped = dying.stream.stop(0)
  await rig.clock.advance(3_000)
  await stopped
  const answers: (() => void)[] = []
  const next = rig.member({ ...numbered, budget: { windowBytes: 1, maxFetchBytes: 100 } })
  next.target.script = async ({ messages }) => {
    if (messages.some(message => idIn(message) === 'x1'))
      await new Promise<void>(resolve => answers.push(resolve))
    return delivered
  }
  await next.stream.start()
  await rig.clock.advance(20_000) // nothing more is read while x1 has no answer
  t.true(requests(next).includes('a1 1'))
  answers[0]?.()
  await rig.clock.advance(20_000)
  await send(rig, 'a2')
  const requested = requests(next).filter(one => one.startsWith('a'))
  t.deepEqual([...new Set(requested)], ['a1 1', 'a2 2'])
  await next.stream.stop(1_000)
})

test('a dead letter tells its number, and keeps it when it is resent', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  member.target.script = async ({ messages }) =>
    messages.map(message => (idIn(message) === 'a1' ? failure('reject') : delivered))
  await send(rig, 'a1', 'a2')
  const [letter] = await rig.deadLetters()
  const facts = decodeFacts(letter?.headers ?? [])
  t.is(facts?.sequence, 1)
  member.target.script = async () => delivered
  if (letter === undefined || facts === null) return t.fail()
  const { originTopic: topic, originOffset: offset, originTimeMs: timestampMs, code, answer } = facts
  const resent = { topic, offset, timestampMs, code, answer, heldMs: rig.clock.now(), resent: 1 }
  const about = { ...resent, letter: '0:0', isRaw: facts.isRaw, sequence: facts.sequence }
  await rig.log.producer().append(heldTopic, [resentMessage(letter, about, 0)])
  await rig.clock.advance(60_000)
  t.deepEqual(requests(member), ['a1 1', 'a2 2', 'a1 1'])
  await member.stream.stop(1_000)
})

test('what is no JSON object, or has no device, is set aside without a number, and holds up nobody', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  await rig.append(0, 'plain text')
  await rig.append(0, '[1,2]')
  await rig.log.producer().append('fleet', [{ key: null, value: Buffer.from('{"id":"-1"}') }])
  await send(rig, 'k1')
  t.deepEqual(requests(member), ['k1 1'])
  const letters = await rig.deadLetters()
  t.deepEqual(
    letters.map(({ headers }) => decodeFacts(headers)?.code),
    Array(3).fill('sequence_failed')
  )
  t.true(letters.every(({ headers }) => decodeFacts(headers)?.sequence === null))
  await member.stream.stop(1_000)
})

test('a message that is too large for the topic of the numbers is set aside, and the others of its batch go on', async t => {
  const rig = new Rig(1)
  rig.log.create(numbersTopic, 1, { 'max.message.bytes': '1000' })
  const member = await rig.started(numbered)
  const value = Buffer.from(JSON.stringify({ id: 'a2', pad: 'x'.repeat(1_000) }))
  const [a1, a3] = ['a1', 'a3'].map(id => ({
    key: Buffer.from('a'),
    value: Buffer.from(JSON.stringify({ id }))
  }))
  if (a1 === undefined || a3 === undefined) return t.fail()
  await rig.log.producer().append('fleet', [a1, { key: Buffer.from('a'), value }, a3])
  await rig.clock.advance(500)
  t.deepEqual(requests(member), ['a1 1', 'a3 2'])
  const [letter] = await rig.deadLetters()
  t.like(decodeFacts(letter?.headers ?? []), { code: 'sequence_too_large', sequence: null })
  await member.stream.stop(1_000)
})

test('more devices than may be known halt the stream', async t => {
  const rig = new Rig(1)
  const member = await rig.started({ sequence: { ...sequence, maxDevices: 2 } })
  await send(rig, 'a1')
  await send(rig, 'b1')
  await send(rig, 'c1')
  t.like(member.stream.status(), { state: 'halted', trouble: { code: 'sequence_full' } })
  t.deepEqual(requests(member), ['a1 1', 'b1 1'])
  const stopped = member.stream.stop(1_000)
  await rig.clock.advance(2_000)
  await stopped
})

test('only the newest number of a device, and what is owed, outlasts compaction, and numbers go on from there', async t => {
  const rig = new Rig(1)
  const member = await rig.started(numbered)
  for (let round = 1; round <= 20; round++) {
    await send(rig, `a${round}`, `b${round}`)
    await rig.clock.advance(2_000)
    rig.log.compact(numbersTopic)
  }
  const left = (await recordsOf(rig, numbersTopic)).filter(({ value }) => value !== null)
  t.true(left.length <= 6, `${left.length} records`)
  t.is(left.filter(({ key }) => key?.toString().includes('claim')).length, 1)
  await member.stream.stop(1_000)
  rig.log.compact(numbersTopic)
  const next = await rig.started(numbered)
  await send(rig, 'a21', 'b21')
  t.deepEqual(requests(next).sort(), ['a21 21', 'b21 21'])
  await next.stream.stop(1_000)
})

test('with onePerDevice a batch holds one message of a device at most, and all of them are sent', async t => {
  const rig = new Rig(1)
  const member = await rig.started({ ...numbered, onePerDevice: true })
  await send(rig, 'a1', 'a2', 'b1', 'a3', 'b2', 'c1')
  const devices = member.target.batches.map(batch => batch.map(text => JSON.parse(text).id.charAt(0)))
  t.true(devices.every(batch => new Set(batch).size === batch.length))
  t.is(devices.flat().length, 6)
  t.true(devices.some(batch => batch.length === 3))
  await member.stream.stop(1_000)
})
