// A hub that answers on and off, through the engine.

import test from 'ava'
import type { ReceivedEvent } from '../../../../connectors/iot-hub/double/https.ts'
import { until } from '../../../flows/harness/until.ts'
import { Engine } from '../../engine.ts'
import { hubWith, registryWith, targetAt } from '../harness.ts'

test.serial(
  'messages that a hub does not answer, while it answers others, are sent until it does',
  async t => {
    const confirmed: number[] = []
    let lost = 0
    const timesOf = (events: readonly ReceivedEvent[]) =>
      events.map(({ body }): number => JSON.parse(body.toString()).timestamp)
    const { double } = await hubWith(t, {
      registry: registryWith(['d0']),
      reply: ({ events }) => {
        const limit = timesOf(events).includes(0) ? 3 : 8
        return lost < limit && ++lost > 0 ? { kind: 'reset' } : { kind: 'answer', status: 204 }
      },
      confirmed: ({ events }) => void confirmed.push(...timesOf(events))
    })
    const target = await targetAt(t, double.port)
    const engine = new Engine(t, target)
    await engine.send(['d0', 'd0'])
    await engine.start()
    await until('all committed', async () => (await engine.uncommitted()) === 0)
    t.deepEqual(confirmed, [0, 1])
    t.true(lost >= 3)
  }
)
