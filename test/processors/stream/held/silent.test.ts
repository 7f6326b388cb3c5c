// Destinations that give no answer while others of the same target do: those that send there wait in the held topic before
// they keep their partition from reading on. Where nobody answers, all waits in its channel.

import test, { type ExecutionContext } from 'ava'
import type { StreamOptions } from '../../../../processors/stream/options.ts'
import { heldTopic, isInOrder, type Member, Rig } from '../rig.ts'
import { numbered, send } from '../sequence/numbered.ts'
import { Silent } from './silent.ts'

const others = Array.from({ length: 9 }, (_, at) => `other${at}`)
const maxSpan = 50
const retry = { minDelayMs: 100, maxDelayMs: 2_000, haltedDelayMs: 60_000 }
const options: Partial<StreamOptions> = { maxSpan, retry }
const ofItsOwn = (device: string) => device
const north = (device: string) => (device.startsWith('other') ? 'north' : 'south')

/** Each of `devices` sends a message in each round. */
async function sendRounds(rig: Rig, rounds: number, devices: readonly string[]): Promise<string[]> {
  const sent: string[] = []
  for (let round = 0; round < rounds; round++) {
    sent.push(...(await rig.send(...devices)))
    await rig.clock.advance(1_000)
  }
  return sent
}

async function stopped(rig: Rig, { stream }: Member): Promise<void> {
  const stopping = stream.stop(5_000)
  await rig.clock.advance(10_000)
  await stopping
}

const ofOthers = (messages: readonly string[]) => messages.filter(message => message.startsWith('other'))

/** Everything was taken once, devices in order, and nothing is remembered of it. */
function allIsOver(t: ExecutionContext, { stream, target, meter }: Member, sent: string[]): void {
  const { confirmed } = target
  t.deepEqual(confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(confirmed))
  t.like(stream.status(), { held: { devices: 0, messages: 0 }, lag: 0, pending: 0 })
  t.true([...stream.partitions].every(({ bytes, waitingLanes }) => bytes === 0 && waitingLanes === 0))
  t.is(meter.totals.imbalanced, undefined)
}

test('a device whose destination is silent waits in the held topic before it keeps the others from being read', async t => {
  const rig = new Rig(1)
  const target = new Silent(rig, ofItsOwn)
  target.silent.add('a')
  const member = await rig.started(options, target)
  const sent = await sendRounds(rig, 40, ['a', ...others])
  t.deepEqual(target.confirmed.toSorted(), ofOthers(sent).toSorted())
  t.like(member.stream.status(), { held: { devices: 1, messages: 40 }, pending: 1 })
  t.is(await rig.uncommitted(), 0)
  target.silent.clear()
  for (let round = 0; round < 20; round++) {
    sent.push(...(await rig.send('a', 'other1', 'a')))
    await rig.clock.advance(100)
  }
  await rig.clock.advance(60_000)
  allIsOver(t, member, sent)
  await stopped(rig, member)
})

test('devices that share a silent destination wait one by one in the held topic, of whichever partition', async t => {
  const rig = new Rig(2)
  const target = new Silent(rig, north)
  target.silent.add('south')
  target.code = 'target_threw' // a message might be to blame, so each is tried alone
  const member = await rig.started(options, target)
  const sent = await sendRounds(rig, 40, ['a', 'b', 'c', 'd', 'e', ...others])
  t.deepEqual(target.confirmed.toSorted(), ofOthers(sent).toSorted())
  t.like(member.stream.status(), { held: { devices: 5, messages: 200 } })
  t.is(await rig.uncommitted(), 0)
  target.silent.clear()
  sent.push(...(await sendRounds(rig, 60, ['c', 'other1'])))
  allIsOver(t, member, sent)
  await stopped(rig, member)
})

test('a batch goes on with the devices of a partition that has room, when those of another leave it', async t => {
  const rig = new Rig(2)
  const target = new Silent(rig, north)
  target.silent.add('south')
  const member = await rig.started(options, target)
  const of = (partition: number) => async (device: string) => {
    const key = Buffer.from(device)
    await rig.log.producer().append('fleet', [{ key, value: Buffer.from(`${device}:1`), partition }])
  }
  for (const device of ['a', 'b', 'c']) await of(0)(device)
  for (const device of ['d', 'e', 'f']) await of(1)(device)
  for (let count = 0; count < 100; count++) await of(0)(`other${count}`)
  await rig.clock.advance(60_000)
  t.like(member.stream.status(), { held: { devices: 3, messages: 3 } })
  target.silent.clear()
  await rig.clock.advance(60_000)
  t.is(target.confirmed.length, 106)
  t.is(new Set(target.confirmed).size, 106)
  t.like(member.stream.status(), { held: { devices: 0 }, pending: 0, lag: 0 })
  await stopped(rig, member)
})

test('what fills the memory of a partition for a silent destination waits in the held topic', async t => {
  const rig = new Rig(1)
  const target = new Silent(rig, north)
  target.silent.add('south')
  const budget = { windowBytes: 15_000, maxFetchBytes: 100_000 }
  const member = await rig.started({ retry, budget }, target)
  const sent = await sendRounds(rig, 40, ['a', 'b', 'c', 'd', 'e', ...others])
  t.deepEqual(target.confirmed.toSorted(), ofOthers(sent).toSorted())
  target.silent.clear()
  sent.push(...(await sendRounds(rig, 60, ['c', 'other1'])))
  allIsOver(t, member, sent)
  await stopped(rig, member)
})

test('an attempt that outlasts all that may be read ends in the held topic, too', async t => {
  const rig = new Rig(1)
  const target = new Silent(rig, ofItsOwn)
  target.silent.add('a')
  target.hangMs = 20_000
  const slower = { ...retry, minDelayMs: 1_000 }
  const member = await rig.started({ ...options, retry: slower }, target)
  const sent = await sendRounds(rig, 10, ['a', ...others])
  t.true(target.confirmed.length < 60)
  await rig.clock.advance(150_000)
  t.deepEqual(target.confirmed.toSorted(), ofOthers(sent).toSorted())
  t.is(await rig.uncommitted(), 0)
  await stopped(rig, member)
})

test('a partition that stands for a silent destination when it is opened goes on, too', async t => {
  const rig = new Rig(1)
  const target = new Silent(rig, ofItsOwn)
  target.silent.add('a')
  const held = { topic: heldTopic, holdsDevices: false, maxDelayMs: 60_000, maxMs: 3_600_000 }
  const first = await rig.started({ ...options, held }, target)
  const sent = await sendRounds(rig, 20, ['a', ...others])
  t.like(first.stream.status().partitions[0], { settledTo: 0, readTo: maxSpan })
  await stopped(rig, first)
  const second = await rig.started(options, target)
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), ofOthers(sent).toSorted())
  target.silent.clear()
  await rig.clock.advance(60_000)
  allIsOver(t, second, sent)
  await stopped(rig, second)
})

test('nothing leaves its channel when no destination answers, or the only one does not', async t => {
  for (const destinationOf of [ofItsOwn, null]) {
    const rig = new Rig(1)
    const target = new Silent(rig, destinationOf)
    target.code = 'target_threw'
    const member = await rig.started(options, target)
    const sent = await sendRounds(rig, 1, ['a', ...others])
    for (const destination of ['', 'a', ...others]) target.silent.add(destination)
    sent.push(...(await sendRounds(rig, 40, ['a', ...others])))
    await rig.clock.advance(600_000)
    t.like(member.stream.status(), { held: { devices: 0, messages: 0 } })
    t.is(await rig.uncommitted(), 400)
    target.silent.clear()
    await rig.clock.advance(60_000)
    allIsOver(t, member, sent)
    await stopped(rig, member)
  }
})

test('where no device may be held, a silent destination keeps its partition from reading on', async t => {
  for (const order of ['device', 'partition'] as const) {
    const rig = new Rig(1)
    const target = new Silent(rig, ofItsOwn)
    target.silent.add('a')
    const held = { topic: heldTopic, holdsDevices: false, maxDelayMs: 60_000, maxMs: 3_600_000 }
    const member = await rig.started({ ...options, order, held }, target)
    const sent = await sendRounds(rig, 20, ['a', ...others])
    t.is(await rig.uncommitted(), 200)
    t.like(member.stream.status(), { held: { devices: 0, messages: 0 } })
    target.silent.clear()
    await rig.clock.advance(60_000)
    allIsOver(t, member, sent)
    await stopped(rig, member)
  }
})

test('what has its number keeps it in the held topic', async t => {
  const rig = new Rig(1)
  const target = new Silent(rig, ofItsOwn)
  target.silent.add('a')
  const member = await rig.started({ ...options, ...numbered }, target)
  for (let count = 1; count <= 20; count++) {
    await send(rig, `a${count}`, `b${count}`, `c${count}`, `d${count}`, `e${count}`)
    await rig.clock.advance(1_000)
  }
  t.like(member.stream.status(), { held: { devices: 1, messages: 20 } })
  t.is(await rig.uncommitted(), 0)
  target.silent.clear()
  await rig.clock.advance(60_000)
  const numbers = target.confirmed.map(value => JSON.parse(value)).filter(({ id }) => id.startsWith('a'))
  t.deepEqual(
    numbers,
    Array.from({ length: 20 }, (_, at) => ({ id: `a${at + 1}`, seq: at + 1 }))
  )
  const requested = target.batches.flat().filter(value => value.includes('"a1"'))
  t.deepEqual([...new Set(requested)], ['{"id":"a1","seq":1}'])
  t.true([...member.stream.partitions].every(({ bytes }) => bytes === 0))
  await stopped(rig, member)
})
