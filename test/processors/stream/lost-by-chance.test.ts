// A target that leaves what it is sent without an answer, at random: healthy messages are not set aside for it, and one that
// really is the reason is.

import test from 'ava'
import { pauseFor } from '../../../connectors/clock.ts'
import { seeded } from '../../seeded.ts'
import { failure, isInOrder, Rig, ScriptedTarget, text } from './rig.ts'

const devices = Array.from({ length: 100 }, (_, at) => `device-${at}`)

/** Loses half of its batches, and all in which `culprit` is. */
function losing(culprit: string | null): ScriptedTarget {
  const random = seeded(7)
  const target = new ScriptedTarget()
  target.script = async ({ messages }) =>
    random() < 0.5 || messages.some(message => text(message) === culprit) ? failure('unknown') : undefined
  return target
}

test('where every second attempt stays without an answer, nothing is set aside', async t => {
  const rig = new Rig(1)
  const target = losing(null)
  await rig.started({}, target)
  const sent: string[] = []
  for (let round = 0; round < 30; round++) {
    sent.push(...(await rig.send(...devices)))
    await rig.clock.advance(1_000)
  }
  await rig.clock.advance(3_600_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
  t.is(await rig.uncommitted(), 0)
})

test('a message that really is the reason is found among them, and only that one is set aside', async t => {
  const rig = new Rig(1)
  const target = losing('device-7:108')
  await rig.started({}, target)
  const sent: string[] = []
  for (let round = 0; round < 30; round++) {
    sent.push(...(await rig.send(...devices)))
    await rig.clock.advance(1_000)
  }
  await rig.clock.advance(3_600_000)
  const others = sent.filter(message => message !== 'device-7:108')
  t.is(others.length, sent.length - 1)
  t.deepEqual(target.confirmed.toSorted(), others.toSorted())
  t.is(await rig.uncommitted(), 0)
})

test('what got no answer beside a message whose partition went to another member is not held against it', async t => {
  const rig = new Rig(2)
  const target = new ScriptedTarget()
  const alone = new Set<string>()
  target.script = async ({ messages: [first, second] }) => {
    if (first === undefined || text(first) === 'first') return pauseFor(rig.clock, 200).then(() => undefined)
    if (!text(first).startsWith('early')) return undefined
    if (second === undefined && alone.has(text(first))) return undefined
    if (second === undefined) alone.add(text(first))
    return failure('unknown')
  }
  await rig.started({ concurrency: 1 }, target)
  await rig.append(0, 'first')
  await rig.append(0, 'early:0')
  await rig.append(1, 'early:1')
  await rig.clock.until(() => target.batches.length === 3, 10_000)
  t.deepEqual(
    target.batches.slice(1).map(batch => batch.toSorted()),
    [
      ['early:0', 'early:1'],
      ['early:0', 'early:1']
    ]
  )
  await rig.send('device-1', 'device-2', 'device-3') // that others pass is what makes a culprit of one that is lost
  const second = await rig.started({ concurrency: 1 }, target)
  await rig.clock.advance(60_000)
  t.is(second.stream.status().partitions.length, 1)
  t.deepEqual([...alone].toSorted(), ['early:0', 'early:1'])
  t.deepEqual(await rig.dead(), [])
  t.is(await rig.uncommitted(), 0)
})
