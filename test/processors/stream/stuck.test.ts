// Streams that stood still although everything worked again: found by the properties of properties/, kept as plain tests.

import test from 'ava'
import { pauseFor } from '../../../connectors/clock.ts'
import { delivered } from '../../../connectors/connector.ts'
import { failure, Rig, ScriptedTarget } from './rig.ts'

test('when all of a batch has passed its time to live before it is tried again, others are sent', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async () =>
    target.batches.length === 1 ? failure('retry', { retryAfterMs: 10_000 }) : delivered
  await rig.started({ ttlMs: 9_000 }, target)
  await rig.send('a')
  await rig.clock.advance(5_000)
  await rig.send('b') // waits for the destination, and is ready when `a` has expired
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed, ['b:2'])
  t.is(await rig.uncommitted(), 0)
})

test('a device goes on when the rest of its batch, which waits, moves to another member', async t => {
  const rig = new Rig(2)
  const target = new ScriptedTarget()
  target.script = async batch => {
    if (target.batches.length === 1) await pauseFor(rig.clock, 1_000)
    if (target.batches.length !== 2) return undefined
    return batch.messages.map(({ origin }) =>
      origin.partition === 0 ? delivered : failure('retry', { retryAfterMs: 20_000 })
    )
  }
  await rig.started({ concurrency: 1 }, target)
  await rig.append(0, 'a:1')
  await rig.append(0, 'a:2')
  await rig.append(1, 'b:3')
  await rig.clock.advance(2_000)
  t.deepEqual(target.batches[1]?.toSorted(), ['a:2', 'b:3'])
  const second = await rig.started()
  await rig.append(0, 'a:4')
  await rig.clock.advance(60_000)
  const confirmed = [...target.confirmed, ...second.target.confirmed]
  t.deepEqual(confirmed.toSorted(), ['a:1', 'a:2', 'a:4', 'b:3'])
  t.is(await rig.uncommitted(), 0)
})
