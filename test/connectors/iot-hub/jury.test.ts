// Whose fault a refusal is, from what becomes of the others.

import test from 'ava'
import { Jury } from '../../../connectors/iot-hub/jury.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'

const { signal } = new AbortController()
const fleet = (count: number, name = 'd') => Array.from({ length: count }, (_, at) => `${name}${at}`)

/** A jury of devices with one key, unless they have their own; these of them were let in. */
async function juryThatLetIn(devices: readonly string[], isShared = true): Promise<Jury> {
  const jury = new Jury(new VirtualClock(), isShared)
  for (const device of devices) await letIn(jury, device)
  return jury
}

function letIn(jury: Jury, device: string): Promise<boolean> {
  return jury.watch(device, Promise.resolve(true), isIn => isIn)
}

test('20 devices in a row are everybody’s fault, and one that is let in ends the row', async t => {
  const jury = await juryThatLetIn(['in'])
  for (const device of fleet(19)) t.is(await jury.blameFor(device, 'refused', signal), 'device')
  await letIn(jury, 'in')
  for (const device of fleet(19, 'e')) t.is(await jury.blameFor(device, 'refused', signal), 'device')
  t.is(await jury.blameFor('e19', 'refused', signal), 'all')
})

test('any number of strangers wait alone while something is confirmed on connections that stand', async t => {
  const jury = await juryThatLetIn(['in'])
  for (const device of fleet(100)) {
    jury.confirmed()
    t.is(await jury.blameFor(device, 'refused', signal), 'device')
  }
})

test('devices that are asked about again and again count once, however few there are', async t => {
  const jury = await juryThatLetIn(['in'])
  for (const device of fleet(15)) await jury.blameFor(device, 'refused', signal)
  await letIn(jury, 'in')
  for (const device of fleet(15)) t.is(await jury.blameFor(device, 'refused', signal), 'device')
  for (const device of fleet(15, 'e')) t.is(await jury.blameFor(device, 'refused', signal), 'device')
})

test('a key that was changed is told by devices that had been let in, though others still stand', async t => {
  const jury = await juryThatLetIn(fleet(20))
  for (const device of fleet(19)) {
    jury.confirmed()
    t.is(await jury.blameFor(device, 'refused', signal), 'device')
  }
  t.is(await jury.blameFor('d19', 'refused', signal), 'all')
})

test('devices with keys of their own that are disabled wait alone while others are confirmed', async t => {
  const jury = await juryThatLetIn(fleet(40), false)
  for (const device of fleet(40)) {
    jury.confirmed()
    t.is(await jury.blameFor(device, 'refused', signal), 'device')
  }
})

test('whatever is wrong for all keys shows when none is confirmed, and no longer than that', async t => {
  const jury = await juryThatLetIn(fleet(40), false)
  for (const device of fleet(19)) t.is(await jury.blameFor(device, 'refused', signal), 'device')
  t.is(await jury.blameFor('d19', 'refused', signal), 'all')
  t.is(await jury.blameFor('d0', 'refused', signal), 'all')
  jury.confirmed()
  for (const device of fleet(20)) t.is(await jury.blameFor(device, 'refused', signal), 'device')
})

test('connections that are hung up on do not make a refusal everybody’s, nor the other way round', async t => {
  const jury = await juryThatLetIn(['in'])
  for (const device of fleet(25)) await jury.blameFor(device, 'hungUp', signal)
  t.is(await jury.blameFor('other', 'refused', signal), 'device')
  t.is(await jury.blameFor('d0', 'hungUp', signal), 'all')
})

test('a hub that is slow with all others does not make the first refusal everybody’s', async t => {
  const clock = new VirtualClock()
  const jury = new Jury(clock, true)
  let answer = (_isIn: boolean) => {}
  const slow = jury.watch('slow', new Promise<boolean>(resolve => (answer = resolve)), isIn => isIn)
  const blame = jury.blameFor('d0', 'refused', signal)
  await clock.advance(15_000)
  answer(true)
  t.true(await slow)
  t.is(await blame, 'device')
})
