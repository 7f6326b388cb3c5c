// An hour of a fleet of which some devices are refused, in virtual time: they are registered one by one at its end while new
// messages keep coming, and members come and go in the middle of a release.

import test from 'ava'
import { heldTopic, isInOrder, Rig } from '../rig.ts'
import { Refusing } from './refusing.ts'

const devices = Array.from({ length: 122 }, (_, at) => `d${at}`)
const refusedDevices = 12
const everyMs = 20_000
const held = { topic: heldTopic, holdsDevices: true, maxDelayMs: 60_000, maxMs: 86_400_000 }

test('devices that are refused for an hour and taken one by one lose nothing and keep their order', async t => {
  t.timeout(120_000)
  const rig = new Rig(4)
  const target = new Refusing(...devices.slice(-refusedDevices))
  const { refused } = target
  let member = await rig.started({ held }, target)
  const sent: string[] = []
  const send = async (forMs: number) => {
    for (let ms = 0; ms < forMs; ms += everyMs) {
      sent.push(...(await rig.send(...devices)))
      await rig.clock.advance(everyMs)
    }
  }
  await send(3_600_000)
  const heldAfterAnHour = member.stream.status().held
  t.like(heldAfterAnHour, {
    devices: refusedDevices,
    messages: (sent.length / devices.length) * refusedDevices
  })
  t.is(target.confirmed.length, sent.length - heldAfterAnHour.messages)

  for (const [at, device] of [...refused].entries()) {
    refused.delete(device)
    await send(60_000)
    if (at % 4 !== 1) continue
    // In the middle of what is released another member comes, takes its share, and the first one goes.
    const next = rig.member({ held }, target)
    await next.stream.start()
    await rig.clock.advance(700)
    await member.stream.stop(5_000)
    member = next
  }
  await rig.clock.advance(120_000)
  t.like(member.stream.status(), { lag: 0, pending: 0, held: { devices: 0, messages: 0 } })
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted(), 'each arrives once')
  t.true(isInOrder(target.confirmed))
  t.is(member.meter.totals.imbalanced, undefined)
})
