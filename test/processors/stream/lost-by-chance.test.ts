// A target that leaves what it is sent without an answer, at random: healthy messages are not set aside for it, and one that
// really is the reason is.

import test from 'ava'
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
