// Devices that wait in the held topic, over the log in memory.

import test from 'ava'
import { delivered, type Outcome } from '../../../../connectors/connector.ts'
import { heldNote } from '../../../../processors/stream/held/held-record.ts'
import { byDevice, failure, heldTopic, isInOrder, Rig, text } from '../rig.ts'
import { Refusing } from './refusing.ts'

test('a device that is refused waits, the others go on, and it follows in order once it is taken', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  const { stream, meter } = await rig.started({}, target)
  const sent = [...(await rig.send('a', 'b', 'a')), ...(await rig.send('a', 'b'))]
  t.deepEqual(target.confirmed, ['b:2', 'b:5'])
  t.like(stream.status(), { state: 'running', held: { devices: 1, messages: 3 }, pending: 0, lag: 3 })
  t.like(stream.status().held.trouble, { code: 'target_threw', attempt: 1 })
  t.truthy(stream.status().held.trouble?.nextAttempt)
  await rig.clock.advance(1_000)
  t.is(await rig.uncommitted(), 0)
  target.refused.clear()
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
  t.like(stream.status(), { held: { devices: 0, messages: 0 }, lag: 0, pending: 0 })
  sent.push(...(await rig.send('a')))
  t.is(target.confirmed.at(-1), 'a:6')
  t.is(meter.totals.held, 3 + (meter.totals.read ?? 0) - 3 - sent.length)
  t.is(meter.totals.imbalanced, undefined)
})

test('who waits is known after a restart, and nothing that waits is sent twice', async t => {
  const rig = new Rig(2)
  const target = new Refusing('a', 'c')
  const first = await rig.started({}, target)
  const sent = await rig.send('a', 'b', 'c', 'd', 'a', 'c')
  await rig.clock.advance(3_000)
  await first.stream.stop(5_000)
  sent.push(...(await rig.send('a', 'b', 'c')))
  const second = await rig.started({}, target)
  t.like(second.stream.status(), { held: { devices: 2, messages: 6 } })
  target.refused.delete('a')
  await rig.clock.advance(120_000)
  t.like(second.stream.status(), { held: { devices: 1, messages: 3 } })
  target.refused.clear()
  await rig.clock.advance(120_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
  t.is(byDevice(target.confirmed).size, 4)
})

test('a device is tried at once when a person says so, and what is discarded goes to the dead letters', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a', 'b')
  const { stream } = await rig.started({}, target)
  await rig.send('a', 'a', 'b', 'b')
  await rig.clock.advance(30_000)
  const producer = rig.log.producer()
  const command = (kind: 'release' | 'discard', device: string) =>
    producer.append(heldTopic, [heldNote({ kind, topic: 'fleet' }, 0, Buffer.from(device))])
  target.refused.delete('a')
  await command('release', 'a')
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed, ['a:1', 'a:2'])
  await command('discard', 'b')
  await rig.clock.advance(1_000)
  t.deepEqual(await rig.dead(), ['b:3', 'b:4'])
  t.like(stream.status(), { held: { devices: 0 }, lag: 0, pending: 0 })
})

test('what has waited for too long goes to the dead letters, and the rest waits on', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  const held = { topic: heldTopic, holdsDevices: true, maxDelayMs: 60_000, maxMs: 600_000 }
  const { stream } = await rig.started({ held }, target)
  await rig.send('a')
  await rig.clock.advance(500_000)
  await rig.send('a')
  await rig.clock.advance(200_000)
  t.deepEqual(await rig.dead(), ['a:1'])
  t.like(stream.status(), { held: { devices: 1, messages: 1 } })
})

test('when most devices are refused the stream halts instead, and holds no more', async t => {
  const rig = new Rig(1)
  const names = Array.from({ length: 20 }, (_, at) => `d${at}`)
  const target = new Refusing(...names)
  const { stream } = await rig.started({ safetyStop: { rejected: 5, of: 100 } }, target)
  const sent = await rig.send(...names)
  await rig.clock.advance(5_000)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'too_many_rejected' }, held: { devices: 5 } })
  target.refused.clear()
  await rig.clock.advance(300_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.is(stream.status().state, 'running')
})

test('a device that is put off for long waits in the held topic before it keeps its partition from reading on', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  target.script = async batch =>
    batch.messages.map((message): Outcome => {
      const isBusy = target.refused.has(text(message).split(':')[0] ?? '')
      return isBusy ? failure('retry', { scope: 'device' }) : delivered
    })
  const { stream } = await rig.started({ maxSpan: 40 }, target)
  const sent: string[] = []
  for (let round = 0; round < 20; round++) {
    sent.push(...(await rig.send('a', 'b', 'c', 'd', 'e')))
    await rig.clock.advance(1_000)
  }
  t.is(target.confirmed.length, 80)
  t.like(stream.status(), { held: { devices: 1, messages: 20 } })
  t.is(await rig.uncommitted(), 0)
  target.refused.clear()
  await rig.clock.advance(120_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
})

test('an owner whose partition got the name of another, which was thought dead, writes its own again', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  const { stream } = await rig.started({}, target)
  const producer = rig.log.producer()
  await producer.append(heldTopic, [heldNote({ kind: 'owner', owner: 'dead' }, 0)])
  await rig.send('a', 'b')
  t.like(stream.status(), { held: { messages: 0 }, pending: 1 })
  await rig.clock.advance(5_000)
  t.like(stream.status(), { held: { messages: 1 }, pending: 0 })
  t.is(await rig.uncommitted(), 0)
  target.refused.clear()
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed, ['b:2', 'a:1'])
})
