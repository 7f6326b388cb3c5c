// The ledger of a stream over the in-memory log: what it says of each device, over restarts and take-overs.

import test from 'ava'
import {
  added,
  decodeLedger,
  type LedgerRecord,
  nothingYet
} from '../../../../processors/stream/ledger/ledger-record.ts'
import { failure, Rig, ScriptedTarget, text } from '../rig.ts'

const ledger = { topic: 'tailrace.acme.ledger', maxDevices: 100 }

/** The newest record of each device. */
async function read(rig: Rig): Promise<Map<string, LedgerRecord>> {
  const found = new Map<string, LedgerRecord>()
  for (const { partition, end } of await rig.admin.ranges(ledger.topic))
    for await (const record of rig.admin.read({ topic: ledger.topic, partition, from: 0, to: end })) {
      const one = decodeLedger(record)
      if (one !== null) found.set(one.device, one)
    }
  return found
}

test('it says for each device what was delivered last, when, and how many', async t => {
  const rig = new Rig(1)
  const { target } = await rig.started({ ledger })
  target.script = async () => ({ kind: 'delivered', answer: 'HTTP 200' })
  await rig.send('a', 'b', 'a')
  const sentMs = rig.clock.now()
  await rig.clock.advance(10_000)
  const found = await read(rig)
  t.like(found.get('a'), { topic: 'fleet', offset: 2, delivered: 2, deadLettered: 0, answer: 'HTTP 200' })
  t.like(found.get('b'), { offset: 1, delivered: 1 })
  t.true(Math.abs((found.get('a')?.confirmedMs ?? 0) - sentMs) <= 100)
})

test('it is written every few seconds and at a stop, only of devices that changed', async t => {
  const rig = new Rig(1)
  const { stream } = await rig.started({ ledger })
  await rig.send('a', 'b')
  await rig.clock.advance(6_000)
  const [before] = await rig.admin.ranges(ledger.topic)
  t.is(before?.end, 2)
  await rig.clock.advance(60_000)
  t.is((await rig.admin.ranges(ledger.topic))[0]?.end, 2)
  await rig.send('b')
  const stopped = stream.stop(5_000)
  await rig.clock.advance(1_000)
  await stopped
  t.is((await rig.admin.ranges(ledger.topic))[0]?.end, 3)
  t.like((await read(rig)).get('b'), { offset: 2, delivered: 2 })
})

test('counts go on after a restart, and with the member that takes a partition over', async t => {
  const rig = new Rig(2)
  const first = await rig.started({ ledger })
  await rig.send('a', 'b', 'c', 'd')
  await rig.clock.advance(1_000)
  const second = await rig.started({ ledger })
  await rig.clock.advance(3_000)
  await rig.send('a', 'b', 'c', 'd')
  await rig.clock.advance(10_000)
  const counts = [...(await read(rig)).values()].map(({ device, delivered }) => `${device} ${delivered}`)
  t.deepEqual(counts.toSorted(), ['a 2', 'b 2', 'c 2', 'd 2'])
  t.true(second.target.confirmed.length > 0)
  t.is(first.target.confirmed.length + second.target.confirmed.length, 8)
})

test('dead letters and what was too old are counted, and are not what was delivered last', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async ({ messages }) =>
    messages.map(message => (text(message) === 'a:2' ? failure('reject') : { kind: 'delivered' }))
  await rig.started({ ledger, ttlMs: 60_000 }, target)
  await rig.send('a', 'a')
  await rig.clock.advance(10_000)
  t.like((await read(rig)).get('a'), { offset: 0, delivered: 1, deadLettered: 1 })
  target.script = async () => failure('retry', { retryAfterMs: 120_000 })
  await rig.send('a')
  await rig.clock.advance(300_000)
  t.like((await read(rig)).get('a'), { offset: 0, delivered: 1, deadLettered: 1, expired: 1 })
})

test('while it cannot be written, messages go out all the same, and it is written later', async t => {
  const rig = new Rig(1)
  const { target, logged } = await rig.started({ ledger })
  await rig.send('a')
  rig.log.faults.failAppends(1, 'before')
  await rig.clock.advance(5_500)
  t.true(logged.includes('ledger_failed'))
  t.deepEqual(target.confirmed, ['a:1'])
  await rig.clock.advance(10_000)
  t.like((await read(rig)).get('a'), { delivered: 1 })
})

test('it remembers no more devices than it may', async t => {
  const rig = new Rig(1)
  const { logged } = await rig.started({ ledger: { ...ledger, maxDevices: 2 } })
  await rig.send('a', 'b', 'c', 'a')
  await rig.clock.advance(10_000)
  t.deepEqual([...(await read(rig)).keys()].toSorted(), ['a', 'b'])
  t.is(logged.filter(name => name === 'ledger_full').length, 1)
})

test('without it there is no topic', async t => {
  const rig = new Rig(1)
  await rig.started()
  await rig.send('a')
  await rig.clock.advance(10_000)
  t.is(await rig.admin.topic(ledger.topic), null)
})

test('what came before is added to what came since, and the higher offset counts', t => {
  const before = { ...nothingYet(), offset: 7, answer: 'x', delivered: 3 }
  t.like(added(before, { ...nothingYet(), delivered: 1, offset: 5, answer: 'y' }), {
    offset: 7,
    answer: 'x',
    delivered: 4
  })
  t.like(added(before, { ...nothingYet(), delivered: 1, offset: 9, answer: 'y' }), {
    offset: 9,
    answer: 'y',
    delivered: 4
  })
})
