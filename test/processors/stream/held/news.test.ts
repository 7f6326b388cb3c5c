// What the log says of devices that wait: they are not to wait in silence, nor to fill the log.

import test from 'ava'
import { type Member, Rig } from '../rig.ts'
import { Refusing } from './refusing.ts'

const told = ({ lines }: Member, ...events: string[]) =>
  lines.filter(({ event }) => events.includes(`${event}`))

test('the log tells of a device that begins to wait, why, and of its release', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  const member = await rig.started({}, target)
  await rig.send('a', 'b', 'a')
  const held = { event: 'device_held', stream: 'acme', devices: 1, first: 'a' }
  t.deepEqual(told(member, 'device_held', 'device_released'), [
    { ...held, code: 'target_threw', answer: 'ordered by a test' }
  ])
  await rig.clock.advance(60_000) // it is tried, and refused again
  t.is(told(member, 'device_held').length, 1)
  target.refused.clear()
  await rig.clock.advance(120_000)
  t.deepEqual(told(member, 'device_released'), [
    { event: 'device_released', stream: 'acme', devices: 1, first: 'a' }
  ])
})

test('a fleet that is refused fills no log, and the lines tell of every device', async t => {
  const rig = new Rig(2)
  const fleet = Array.from({ length: 50 }, (_, at) => `d${at}`)
  const target = new Refusing(...fleet)
  const member = await rig.started({}, target)
  await rig.send(...fleet)
  await rig.clock.advance(60_000)
  target.refused.clear()
  await rig.clock.advance(180_000)
  await member.stream.stop(5_000)
  for (const event of ['device_held', 'device_released']) {
    const lines = told(member, event)
    t.true(lines.length < 20, `${lines.length} lines`)
    t.is(
      lines.reduce((sum, { devices }) => sum + Number(devices), 0),
      50
    )
  }
})

test('a device that waited before a restart is not told of anew, and its release is', async t => {
  const rig = new Rig(1)
  const target = new Refusing('a')
  const first = await rig.started({}, target)
  await rig.send('a')
  await rig.clock.advance(3_000)
  await first.stream.stop(5_000)
  const second = await rig.started({}, target)
  await rig.clock.advance(60_000)
  t.deepEqual(told(second, 'device_held', 'device_released'), [])
  target.refused.clear()
  await rig.clock.advance(120_000)
  t.like(told(second, 'device_released'), { length: 1, 0: { devices: 1, first: 'a' } })
  await second.stream.stop(5_000)
  const third = await rig.started({}, target)
  t.deepEqual(told(third, 'device_held', 'device_released'), [])
})
