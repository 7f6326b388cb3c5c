// Streams that stood still although everything worked again: found by the properties of properties/, kept as plain tests.

import test from 'ava'
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
