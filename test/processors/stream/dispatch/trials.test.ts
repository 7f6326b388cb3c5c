// Destinations that fail again and again are tried by a few batches at once while others have something to send, and by as
// many as there is room for when nobody else has.

import test, { type ExecutionContext } from 'ava'
import type { Batch } from '../../../../connectors/connector.ts'
import { failure, Rig, ScriptedTarget } from '../rig.ts'

const dead = Array.from({ length: 10 }, (_, at) => `dead${at}`)
const well = Array.from({ length: 80 }, (_, at) => `well${at}`)
const hangMs = 5_000

/** Each device is a destination; the dead ones let wait for 5 s, and then fail. 64 batches are in flight at most. */
async function started(t: ExecutionContext) {
  const rig = new Rig(1)
  const counts = { dead: 0, most: 0 }
  const target = Object.assign(new ScriptedTarget(), {
    limits: { maxMessages: 1, maxBytes: 100_000, batchesInFlight: 1, totalBatchesInFlight: 64 },
    destination: (message: Batch['messages'][number]) => message.key() ?? ''
  })
  const wait = (ms: number) => new Promise<void>(resolve => rig.clock.after(ms, resolve))
  target.script = async ({ destination }) => {
    if (!destination.startsWith('dead')) {
      await wait(100)
      return undefined
    }
    counts.most = Math.max(counts.most, ++counts.dead)
    await wait(hangMs)
    counts.dead--
    return failure('unknown')
  }
  const retry = { minDelayMs: 100, maxDelayMs: 200, haltedDelayMs: 60_000 }
  const { stream } = await rig.started({ concurrency: 256, retry }, target)
  t.teardown(async () => {
    const stopped = stream.stop(0)
    await rig.clock.advance(20_000)
    await stopped
  })
  const send = async (devices: readonly string[], times: number) => {
    for (let time = 0; time < times; time++) await rig.send(...devices)
  }
  return { rig, target, counts, stream, send }
}

test('while others have something to send, a thirty-second of the batches in flight tries those in trouble', async t => {
  const { rig, target, counts, stream, send } = await started(t)
  await send(dead, 1)
  await rig.clock.advance(hangMs)
  t.is(counts.most, 10) // nobody knew
  await send(well, 200)
  await rig.clock.advance(hangMs) // those that were tried before the others had something
  counts.most = 0
  await rig.clock.advance(5_000)
  t.is(counts.most, 2)
  t.true(target.confirmed.length < 80 * 200)
  t.is(stream.status().concurrency.inFlight, 64)
  await rig.clock.advance(60_000)
  t.is(target.confirmed.length, 80 * 200)
})

test('when nobody else has, all of them are tried', async t => {
  const { rig, counts, send } = await started(t)
  await send(dead, 1)
  await rig.clock.advance(30_000)
  counts.most = 0
  await rig.clock.advance(10_000)
  t.is(counts.most, 10)
})
