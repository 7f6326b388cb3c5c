// What the held topic says of a device, for whoever reads it in the place of the one who wrote it: all of the device up to there
// has ended, or waits.

import test from 'ava'
import { delivered, type Outcome } from '../../../../connectors/connector.ts'
import { carryOut } from '../../../../processors/commands/offsets/moves.ts'
import { heldMessage, heldNote } from '../../../../processors/stream/held/held-record.ts'
import { messagesOf } from '../../../messages.ts'
import { failure, heldTopic, Rig, ScriptedTarget, text } from '../rig.ts'
import { Refusing } from './refusing.ts'

test('a device waits behind a message whose dead letter is not written yet, and that is not taken for one that has ended', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  const { script } = target
  target.script = async (batch, signal) => {
    const outcomes = await script(batch, signal)
    return batch.messages.map((message, at): Outcome => {
      const told = Array.isArray(outcomes) ? outcomes[at] : outcomes
      return text(message) === 'a:1' ? failure('reject') : (told ?? delivered)
    })
  }
  const writes = rig.shutDeadLetters()
  const first = await rig.started({}, target)
  await rig.send('a')
  await rig.send('a', 'b', 'a')
  await rig.clock.advance(5_000)
  t.deepEqual(target.confirmed, ['b:3'])
  const stopped = first.stream.stop(2_000)
  await rig.clock.advance(5_000)
  await stopped
  writes.open()
  await rig.started({}, target)
  target.refused.clear()
  await rig.clock.advance(120_000)
  t.deepEqual(await rig.dead(), ['a:1'])
  t.deepEqual(target.confirmed, ['b:3', 'a:2', 'a:4'])
  t.is(await rig.uncommitted(), 0)
})

/** A group that has read nothing yet, of whose messages the second was held, and released, by one who is no more. */
async function leftBehind(rig: Rig): Promise<ScriptedTarget> {
  const before = await rig.started()
  await before.stream.stop(1_000)
  const [, second = ''] = await rig.send('b', 'a', 'a')
  const owner = 'gone'
  const [, message] = messagesOf(['', second], { keys: ['b', 'a'] })
  if (message === undefined) throw new Error('there is no message')
  const released = { kind: 'released', owner, topic: 'fleet', through: 2, offset: 1, messages: 1 } as const
  await rig.producer.append(heldTopic, [
    heldNote({ kind: 'owner', owner }, 0),
    heldMessage(message, { why: { code: 'target_threw', answer: '' }, owner, nowMs: rig.clock.now() }),
    heldNote(released, 0, Buffer.from('a'))
  ])
  const target = new ScriptedTarget()
  target.script = ({ messages }, signal) => {
    if (!messages.some(one => text(one) === 'b:1') || target.confirmed.includes('slow'))
      return Promise.resolve(undefined)
    return new Promise(resolve => {
      const answer = () => resolve(failure('retry'))
      signal.addEventListener('abort', answer)
    })
  }
  return target
}

/** Reads one message ahead only. */
const narrow = { maxSpan: 1 }

test('what was released before it was read in its channel is passed over there, and its device goes on', async t => {
  const rig = new Rig(1)
  const target = await leftBehind(rig)
  const { stream } = await rig.started(narrow, target)
  t.like(stream.status(), { held: { devices: 0 }, pending: 1 })
  target.confirmed.push('slow')
  await rig.clock.advance(120_000)
  t.deepEqual(target.confirmed, ['slow', 'b:1', 'a:3'])
  t.like(stream.status(), { held: { devices: 0, messages: 0 }, lag: 0, pending: 0 })
})

test('it is sent again where somebody has moved the offsets back', async t => {
  const rig = new Rig(1)
  const target = await leftBehind(rig)
  const move = {
    topic: 'fleet',
    partition: 0,
    from: 0,
    to: 0,
    numbers: null,
    repeated: 0,
    skipped: 0,
    lost: 0
  }
  await carryOut(rig.admin, { group: 'tailrace.acme', birthMs: 0, moves: [move] })
  target.confirmed.push('slow')
  await rig.started(narrow, target)
  await rig.clock.advance(120_000)
  t.deepEqual(target.confirmed, ['slow', 'b:1', 'a:2', 'a:3'])
})

test('it is passed over by whoever comes then, too', async t => {
  const rig = new Rig(1)
  const target = await leftBehind(rig)
  const { stream } = await rig.started(narrow, target)
  await rig.clock.advance(5_000)
  const stopped = stream.stop(1_000)
  await rig.clock.advance(5_000)
  await stopped
  target.confirmed.push('slow')
  const second = await rig.started(narrow, target)
  await rig.clock.advance(120_000)
  t.deepEqual(target.confirmed, ['slow', 'b:1', 'a:3'])
  t.like(second.stream.status(), { held: { devices: 0, messages: 0 }, lag: 0, pending: 0 })
})
