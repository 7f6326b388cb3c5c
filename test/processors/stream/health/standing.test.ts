// What a stream counts of its own standing: halts, rebalances, the time at the gate, destinations that are down.

import test from 'ava'
import { delivered } from '../../../../connectors/connector.ts'
import { failure, Rig, ScriptedTarget, text } from '../rig.ts'

test('a halt counts once, with its reason, however often it is tried again, and again after it was over', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  const { stream, meter } = await rig.started({}, target)
  target.script = async () => failure('halt', { code: 'http_unauthorized' })
  await rig.send('truck')
  await rig.clock.advance(300_000)
  t.true(target.batches.length > 3)
  t.is(stream.status().halts, 1)
  target.script = async () => undefined
  await rig.clock.advance(60_000)
  t.is(stream.status().state, 'running')
  target.script = async () => failure('halt', { code: 'http_address_refused' })
  await rig.send('truck')
  await rig.clock.advance(1_000)
  t.is(stream.status().halts, 2)
  const { totals } = meter
  t.deepEqual([totals['halted http_unauthorized'], totals['halted http_address_refused']], [1, 1])
})

test('a stream counts how often it was told its partitions, and how long the others waited for it', async t => {
  const rig = new Rig(4)
  const target = new ScriptedTarget()
  const { stream, meter } = await rig.started({}, target)
  t.like(stream.status(), { rebalances: 1, lastGateSeconds: null })
  target.script = async () => new Promise(resolve => rig.clock.after(2_000, () => resolve(delivered)))
  await rig.send('truck')
  const other = await rig.started()
  await rig.clock.advance(5_000)
  const { rebalances, lastGateSeconds } = stream.status()
  t.is(rebalances, 2)
  t.true(lastGateSeconds !== null && lastGateSeconds > 0.5 && lastGateSeconds < 2, `${lastGateSeconds}`)
  t.deepEqual([meter.totals.rebalanced, meter.totals.gated], [2, lastGateSeconds ?? -1])
  t.like(other.stream.status(), { rebalances: 1, lastGateSeconds: null })
})

test('destinations are down while their breakers are open, and all of them while the target is', async t => {
  const rig = new Rig(1)
  const target = Object.assign(new ScriptedTarget(), {
    destination: (message: Parameters<typeof text>[0]) => text(message).slice(0, 1)
  })
  const { stream } = await rig.started({}, target)
  const down = () => stream.status().destinationsDown
  target.script = async ({ destination }) => (destination === 'a' ? failure('retry') : undefined)
  await rig.send('a', 'b', 'c')
  t.is(down(), 0)
  await rig.clock.until(() => down() === 1)
  t.is(stream.status().state, 'waiting') // there is nothing for the others
  target.script = async () => failure('halt')
  await rig.send('b', 'c')
  await rig.clock.until(() => stream.status().state === 'halted')
  t.is(down(), 3)
  target.script = async () => undefined
  await rig.clock.until(() => stream.status().pending === 0)
  t.is(down(), 0)
})
