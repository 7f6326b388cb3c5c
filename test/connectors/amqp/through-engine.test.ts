// A message over which a broker hangs up, closes its channel or fails, in the midst of those of other devices, through the engine.

import test from 'ava'
import type { AmqpReply } from '../../../connectors/amqp/double/double.ts'
import { until } from '../../flows/harness/until.ts'
import { Engine } from '../engine.ts'
import { doubleWith, targetAt } from './harness.ts'

const devices = Array.from({ length: 60 }, (_, at) => `d${at}`)
const culprit = 'd7'

for (const [what, reply, code] of [
  ['hangs up', { kind: 'hangUp' }, 'amqp_connection_lost'],
  [
    'closes its channel without a name',
    { kind: 'closeChannel', reason: { code: 504, text: 'CHANNEL_ERROR' } },
    'amqp_channel_closed'
  ],
  [
    'ends its channel with an error of its own',
    { kind: 'closeChannel', reason: { code: 541, text: 'INTERNAL_ERROR' } },
    'amqp_broker_failed_alone'
  ],
  [
    'ends its connection with an error of its own',
    { kind: 'closeConnection', reason: { code: 541, text: 'INTERNAL_ERROR' } },
    'amqp_broker_failed_alone'
  ]
] as const satisfies [string, AmqpReply, string][])
  for (const maxMessages of [1, 10])
    test.serial(
      `of batches of ${maxMessages} only the message is set aside over which a broker ${what}`,
      async t => {
        const confirmed = new Set<string>()
        const identOf = (body: Buffer): string => JSON.parse(body.toString()).ident
        const { double } = await doubleWith(t, {
          reply: ({ body }) => (identOf(body) === culprit ? reply : { kind: 'ack', afterMs: 5 }),
          confirmed: ({ body }) => void confirmed.add(identOf(body))
        })
        const engine = new Engine(t, targetAt(t, double.url, { maxMessages }))
        await engine.send(devices)
        await engine.start()
        await until('one is set aside', async () => {
          const isSetAside = engine.meter.totals.dead_lettered === 1
          if (!isSetAside) await engine.send(['later']) // it is taken, which shows that it is not the broker
          return isSetAside
        })
        await until('all committed', async () => (await engine.uncommitted()) === 0)
        t.is(engine.meter.totals[`dead letter ${code}`], 1)
        t.is(engine.meter.totals.dead_lettered, 1)
        t.true(devices.every(device => confirmed.has(device) === (device !== culprit)))
      }
    )

test.serial('when a broker fails over whatever it gets, and then no more, nothing is set aside', async t => {
  const confirmed = new Set<string>()
  let failures = 0
  const { double } = await doubleWith(t, {
    reply: () =>
      failures < 10 && ++failures > 0
        ? { kind: 'closeConnection', reason: { code: 541, text: 'INTERNAL_ERROR' } }
        : { kind: 'ack' },
    confirmed: ({ body }) => void confirmed.add(body.toString())
  })
  const engine = new Engine(t, targetAt(t, double.url))
  await engine.send(devices)
  await engine.start()
  await until('all committed', async () => (await engine.uncommitted()) === 0)
  t.is(engine.meter.totals.dead_lettered ?? 0, 0)
  t.is(confirmed.size, devices.length)
})
