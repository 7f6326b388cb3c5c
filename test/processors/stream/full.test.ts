// Partitions that fetch no further because enough is pending, or take no more because too much is settled ahead, and
// when they go on.

import test from 'ava'
import { safeSpan } from '../../../processors/stream/settlement/settled-set.ts'
import { failure, heldTopic, Rig, ScriptedTarget, text } from './rig.ts'

/** Nothing may wait elsewhere. */
const held = { topic: heldTopic, holdsDevices: false, maxDelayMs: 60_000, maxMs: 3_600_000 }

const hourMs = 3_600_000

/** Refuses, for so long, every device whose name begins with `wait`; all others are confirmed. */
function refusing(waitMs: (device: string) => number): ScriptedTarget {
  const target = new ScriptedTarget()
  target.limits.maxMessages = 1_000
  const refused = new Set<string>()
  target.script = async batch =>
    batch.messages.map(message => {
      const device = text(message).split(':')[0] ?? ''
      if (!device.startsWith('wait') || refused.has(device)) return { kind: 'delivered' }
      refused.add(device)
      return failure('retry', { scope: 'device', retryAfterMs: waitMs(device) })
    })
  return target
}

/** One device in `nth` is one of its own that waits. */
const scattered = (count: number, nth: number) =>
  Array.from({ length: count }, (_, at) => (at % nth === 0 ? `wait-${at}` : `device-${at % 7}`))

test('a partition whose settled set was full reads on when most of the waiting devices are taken at once', async t => {
  const rig = new Rig(1)
  const target = refusing(device => (device === 'wait-0' ? 10 * hourMs : 60_000))
  const { stream } = await rig.started(
    { held, budget: { windowBytes: 100_000_000, maxFetchBytes: 100_000 } },
    target
  )
  await rig.send(...scattered(safeSpan + 1_000, 20))
  await rig.clock.advance(1_000)
  await rig.send(...Array(100).fill('late')) // finds the set full
  await rig.send(...Array(100).fill('later'))
  await rig.clock.advance(1_000)
  t.false(target.confirmed.some(message => message.startsWith('later')))
  await rig.clock.advance(120_000)
  t.is(stream.status().pending, 1)
  t.is(stream.status().lag, safeSpan + 1_200)
})

test('a full partition reads on when its share of the window grows because others were lost', async t => {
  const rig = new Rig(3)
  const target = new ScriptedTarget()
  target.script = async () => failure('retry', { retryAfterMs: hourMs })
  const { stream } = await rig.started({ budget: { windowBytes: 15_000, maxFetchBytes: 100_000 } }, target)
  for (const partition of [0, 1, 2])
    for (let count = 0; count < 50; count++) await rig.append(partition, `a:${count}`)
  await rig.clock.advance(1_000)
  const fetched = () => [...stream.partitions].map(({ unread }) => unread.next)
  t.true(fetched().every(next => next > 10 && next < 50))
  await rig.started()
  await rig.started()
  await rig.clock.advance(30_000)
  t.deepEqual(fetched(), [50])
})

test('an orderly restart repeats nothing, although the settled set was full when a large chunk came', async t => {
  const rig = new Rig(1)
  const target = refusing(() => hourMs)
  const { stream } = await rig.started(
    { held, budget: { windowBytes: 100_000_000, maxFetchBytes: 100_000 } },
    target
  )
  const sent = await rig.send(...scattered(safeSpan - 92, 8))
  await rig.clock.advance(1_000)
  sent.push(...(await rig.send(...scattered(5_000, 8).map(device => `${device}-late`))))
  await rig.clock.advance(1_000)
  const [{ readTo = 0 } = {}] = stream.status().partitions
  t.is(readTo, safeSpan)
  const stopping = stream.stop(5_000)
  await rig.clock.advance(10_000)
  await stopping
  const second = await rig.started({ held, budget: { windowBytes: 100_000_000, maxFetchBytes: 100_000 } })
  await rig.clock.advance(60_000)
  t.deepEqual([...target.confirmed, ...second.target.confirmed].toSorted(), sent.toSorted())
  t.is(await rig.uncommitted(), 0)
})

test('a chunk that reaches beyond the largest span is taken in parts, and nothing of it is missed', async t => {
  const rig = new Rig(1)
  const target = refusing(() => 60_000)
  const { stream } = await rig.started({ held, maxSpan: 10 }, target)
  const sent = await rig.send('wait-1', ...Array(34).fill('a'), 'wait-2')
  await rig.clock.advance(1_000)
  t.like(stream.status().partitions[0], { settledTo: 0, readTo: 10 })
  await rig.clock.advance(180_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.like(stream.status().accounts, { read: 36, delivered: 36 })
  t.is(await rig.uncommitted(), 0)
})
