// Receipts at the whole engine: what is settled only once they are there, and what their chain shows.

import test from 'ava'
import type { LogRecord } from '../../../../connectors/kafka/log/log.ts'
import { Chain, type ChainRecord } from '../../../../processors/stream/receipts/chain.ts'
import { decodeReceipt, type Ending, sha256 } from '../../../../processors/stream/receipts/receipt.ts'
import { failure, heldTopic, Rig } from '../rig.ts'
import { numbered, send } from '../sequence/numbered.ts'

const topic = 'tailrace.acme.receipts'
const receipts = { receipts: { topic, retentionHours: 1 } }

async function recordsOf(rig: Rig): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (const { partition, start, end } of await rig.admin.ranges(topic))
    for await (const record of rig.admin.read({ topic, partition, from: start, to: end }))
      records.push(record)
  return records
}

function endingsIn(records: readonly LogRecord[]): Ending[] {
  return records.flatMap(({ value }) => {
    const receipt = decodeReceipt(value)
    return receipt === null || receipt.kind === 'opened' ? [] : receipt
  })
}

function chainOf(records: readonly ChainRecord[]): Chain {
  const chain = new Chain(0)
  for (const record of records) chain.take(record)
  return chain
}

test('a receipt says which message it was, what was sent and what was answered', async t => {
  const rig = new Rig(1)
  const member = await rig.started(receipts)
  member.target.script = async ({ messages }) =>
    messages.map(message =>
      message.key() === 'b'
        ? failure('reject', { detail: 'no such thing' })
        : { kind: 'delivered', answer: 'ok 7' }
    )
  const [a1 = '', b2 = ''] = await rig.send('a', 'b')
  await rig.clock.advance(1_000)
  const [first, second] = endingsIn(await recordsOf(rig)).sort((x, y) => x.offset - y.offset)
  t.like(first, { kind: 'delivered', topic: 'fleet', partition: 0, offset: 0, device: 'a', code: null })
  t.like(first, { sha256: sha256(a1), answer: 'ok 7', attempts: 1, number: null, stream: 'acme' })
  t.like(second, { kind: 'refused', device: 'b', sha256: sha256(b2), answer: 'no such thing' })
  t.is(second?.code, 'target_threw')
  t.is(await rig.uncommitted(), 0)
  await member.stream.stop(1_000)
})

test('nothing is settled while Kafka takes no receipts, memory stays bounded, and all is once it does', async t => {
  const rig = new Rig(1)
  const member = await rig.started({ ...receipts, budget: { windowBytes: 10_000, maxFetchBytes: 5_000 } })
  for (let at = 0; at < 100; at++) await rig.send('a')
  rig.log.faults.appends.shut()
  const values = Array.from({ length: 100 }, (_, at) => ({
    key: Buffer.from('a'),
    value: Buffer.from(`a:x${at}`)
  }))
  rig.log.put(
    { topic: 'fleet', partition: 0 },
    values.map((one, at) => ({ ...one, offset: 100 + at, timestampMs: rig.clock.now(), headers: [] }))
  )
  await rig.clock.advance(60_000)
  const { accounts, pending } = member.stream.status()
  t.is(accounts.delivered, 100)
  t.true(pending > 0 && pending < 60, `${pending} are pending`)
  t.is(await rig.uncommitted(), 100)
  rig.log.faults.appends.open()
  await rig.clock.advance(60_000)
  t.is(member.stream.status().accounts.delivered, 200)
  t.is(await rig.uncommitted(), 0)
  t.is(chainOf(await recordsOf(rig)).receipts, 200)
  await member.stream.stop(1_000)
})

test('an orderly stop waits for receipts', async t => {
  const rig = new Rig(1)
  const member = await rig.started(receipts)
  await rig.send('a', 'b')
  await member.stream.stop(1_000)
  t.is(await rig.uncommitted(), 0)
  t.is(endingsIn(await recordsOf(rig)).length, 2)
})

test('a topic that takes no receipts holds the others up for three seconds when the group joins anew', async t => {
  const rig = new Rig(2)
  const answers: (() => void)[] = []
  const one = await rig.started(receipts)
  one.target.script = async () => {
    await new Promise<void>(resolve => answers.push(resolve))
    return { kind: 'delivered' }
  }
  await rig.send('a', 'b')
  rig.log.faults.appends.shut()
  for (const answer of answers) answer()
  const other = rig.member(receipts)
  void other.stream.start()
  await rig.clock.advance(6_000)
  t.deepEqual(
    [one, other].map(({ stream }) => stream.status().partitions.length),
    [1, 1]
  )
  rig.log.faults.appends.open()
  await rig.clock.advance(20_000)
  t.is(await rig.uncommitted(), 0)
  const stopped = [one, other].map(({ stream }) => stream.stop(1_000))
  await rig.clock.advance(3_000)
  await Promise.all(stopped)
})

test('what was just released when the process is stopped in order is not sent again by the next', async t => {
  const rig = new Rig(1)
  const [refused, answers]: [Set<string>, (() => void)[]] = [new Set(['a']), []]
  const member = await rig.started(receipts)
  member.target.script = async ({ messages }) => {
    if (messages.some(message => refused.has(message.key() ?? '')))
      return failure('reject', { scope: 'device' })
    await new Promise<void>(resolve => answers.push(resolve))
    return { kind: 'delivered' }
  }
  const sent = await rig.send('a', 'a')
  await rig.clock.advance(1_000)
  refused.clear()
  for (let waited = 0; answers.length === 0 && waited < 60; waited++) await rig.clock.advance(1_000)
  t.is(answers.length, 1)
  const stopped = member.stream.stop(5_000)
  await rig.clock.advance(100)
  answers[0]?.()
  await rig.clock.advance(1_000)
  await stopped
  const next = await rig.started(receipts)
  await rig.clock.advance(120_000)
  t.deepEqual([...member.target.confirmed, ...next.target.confirmed], sent)
  await next.stream.stop(1_000)
})

test('what was sent with a number and has waited too long has a receipt, too', async t => {
  const rig = new Rig(1)
  const held = { topic: heldTopic, holdsDevices: true, maxDelayMs: 5_000, maxMs: 10_000 }
  const member = await rig.started({ ...receipts, ...numbered, held })
  member.target.script = async () => failure('reject', { scope: 'device', detail: 'unknown-vehicle' })
  await send(rig, 'a1')
  await rig.clock.advance(60_000)
  const [ending] = endingsIn(await recordsOf(rig))
  t.like(ending, { kind: 'refused', number: 1, code: 'held_too_long', answer: 'unknown-vehicle' })
  t.is(await rig.uncommitted(), 0)
  await member.stream.stop(1_000)
})

test('receipts that are too many for one record batch of the topic are written in smaller ones', async t => {
  const rig = new Rig(1)
  rig.log.create(topic, 1, { 'max.message.bytes': '2500' })
  const member = await rig.started(receipts)
  member.target.script = async () => ({ kind: 'delivered', answer: 'x'.repeat(1_000) })
  for (let at = 0; at < 20; at++) await rig.send('a', 'b', 'c')
  await rig.clock.advance(60_000)
  t.is(await rig.uncommitted(), 0)
  t.is(chainOf(await recordsOf(rig)).receipts, 60)
  await member.stream.stop(1_000)
})

test('a topic of receipts that is compacted halts the stream', async t => {
  const rig = new Rig(1)
  rig.log.create(topic, 1, { 'cleanup.policy': 'compact' })
  const member = await rig.started(receipts)
  t.like(member.stream.status(), { state: 'halted', trouble: { code: 'topic_forgets' } })
  await member.stream.stop(1_000)
})

test('the chain goes on over restarts and appends without an answer, and is whole', async t => {
  const rig = new Rig(1)
  for (let round = 0; round < 3; round++) {
    const member = await rig.started(receipts)
    for (let at = 0; at < 100; at++) await rig.send('a')
    await member.stream.stop(1_000)
  }
  const chain = chainOf(await recordsOf(rig))
  t.is(chain.broken, null)
  t.is(chain.receipts, 300)
  t.is(chain.isCut, false)
})

test('what a process writes that has lost its partition is void, and the chain goes on past it', async t => {
  const rig = new Rig(1)
  const one = await rig.started(receipts)
  one.target.script = () => new Promise(() => {}) // it never hears
  await rig.send('a')
  const late = rig.log.producer()
  const before = await recordsOf(rig)
  const stopped = one.stream.stop(0)
  await rig.clock.advance(3_000)
  await stopped
  const other = await rig.started(receipts)
  const [claim] = before
  await late.appendOnce({ topic, partition: 0 }, [{ key: null, value: claim?.value ?? null }])
  await rig.clock.advance(5_000)
  await rig.send('a')
  const chain = chainOf(await recordsOf(rig))
  t.is(chain.broken, null)
  t.is(chain.voids, 2) // and the receipt that was expected where the other lies: it was written again
  t.is(chain.receipts, 2)
  await other.stream.stop(1_000)
})

test('one flipped byte anywhere is found at its place, whichever record it is in', async t => {
  const rig = new Rig(1)
  const member = await rig.started(receipts)
  await rig.send('a', 'b', 'a')
  await member.stream.stop(1_000)
  const records = await recordsOf(rig)
  t.is(chainOf(records).broken, null)
  for (const [at, { value, offset }] of records.entries())
    for (let byte = 0; byte < (value?.length ?? 0); byte++) {
      const flipped = Buffer.from(value ?? '')
      flipped[byte] = (flipped[byte] ?? 0) ^ 1
      const changed = records.map((record, index) => (index === at ? { ...record, value: flipped } : record))
      if (chainOf(changed).broken?.offset !== offset) return t.fail(`byte ${byte} of ${offset}`)
    }
  const [first, second, third] = records
  if (first === undefined || second === undefined || third === undefined) return t.fail()
  const header = { ...second, headers: [{ key: 'x', value: null }] }
  t.is(chainOf([first, header]).broken?.offset, second.offset)
  t.is(chainOf([first, { ...second, key: Buffer.from('a') }]).broken?.offset, second.offset)
  t.is(chainOf([first, third]).broken?.offset, third.offset)
  t.is(chainOf([second, third]).isCut, true)
})
