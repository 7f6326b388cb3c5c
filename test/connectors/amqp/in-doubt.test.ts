// Messages that are in doubt: those that went down with others, and those that the broker has passed over.

import test from 'ava'
import { brokersOf } from '../../../connectors/amqp/broker.ts'
import type { AmqpPublished, AmqpReply } from '../../../connectors/amqp/double/double.ts'
import { AmqpProtocol } from '../../../connectors/amqp/protocol.ts'
import { Publications } from '../../../connectors/amqp/publications.ts'
import { Mask } from '../../../connectors/shared/mask.ts'
import { ConnectionPublisher } from '../../../connectors/shared/publishing/connection-publisher.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { until } from '../../flows/harness/until.ts'
import { batchOf, configOf, doubleWith, numberOf, outcomesOf, targetAt } from './harness.ts'

const delivered = 'delivered'
const culprit = ({ body }: AmqpPublished) => numberOf(body) === 0

for (const [what, reply, code] of [
  ['hangs up', { kind: 'hangUp' }, 'amqp_connection_lost'],
  [
    'closes its channel',
    { kind: 'closeChannel', reason: { code: 504, text: 'CHANNEL_ERROR' } },
    'amqp_channel_closed'
  ],
  ['fails', { kind: 'closeConnection', reason: { code: 541, text: 'INTERNAL_ERROR' } }, 'amqp_broker_failed']
] as const)
  test(`of messages over which a broker ${what} twice, only the one that is to blame is hit a third time`, async t => {
    const { double } = await doubleWith(t, {
      reply: published => (culprit(published) ? reply : { kind: 'ack', afterMs: 50 })
    })
    const target = targetAt(t, double.url)
    const all = () => Promise.all([0, 1, 2].map(from => outcomesOf(target, batchOf(1, { from }))))
    const lost = `unknown ${code}`
    t.deepEqual(await all(), [[lost], [lost], [lost]])
    t.deepEqual(await all(), [[lost], [lost], [lost]])
    const other = code === 'amqp_channel_closed' ? delivered : `unsent ${code}`
    const alone = code === 'amqp_broker_failed' ? 'amqp_broker_failed_alone' : code
    t.deepEqual(await all(), [[`unknown device ${alone}`], [other], [other]])
    t.deepEqual(await outcomesOf(target, batchOf(2, { from: 1 })), [delivered, delivered])
  })

test('messages of one queue that is stuck take no more than half of the window, in bytes as well', async t => {
  const clock = new VirtualClock()
  const { double, arrived } = await doubleWith(t, {
    reply: ({ body }) => (numberOf(body) < 4 ? { kind: 'hold' } : { kind: 'ack' })
  })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 1_000, maxInFlightBytes: 22_000 })
  const stuck = outcomesOf(target, batchOf(4, { padBytes: 5_000 }))
  await until('they have come', () => double.held === 4)
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 4 })), [delivered])
  await clock.advance(1_001)
  t.deepEqual(await stuck, [
    ...Array(2).fill('unknown device amqp_passed_over'),
    ...Array(2).fill('unknown amqp_ack_timeout')
  ])
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 5, padBytes: 20_000 })), [delivered])
  t.deepEqual(arrived(), [0, 1, 2, 3, 4, 5])
})

test('a confirmation that comes within a message that is given back ends the connection, and nothing counts', async t => {
  const returned = Buffer.from('0100010000000c003c003200000000000000', 'hex')
  const ack = Buffer.from('0100010000000d003c0050000000000000000100', 'hex')
  const end = Buffer.from([0xce])
  const bytes = Buffer.concat([returned, Buffer.from([0]), end, ack, end])
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'raw', bytes }) })
  t.deepEqual(await outcomesOf(targetAt(t, double.url), batchOf(1)), ['unknown amqp_answer_malformed'])
})

test('a channel that was stopped stays so when the connection goes on', async t => {
  const stop = Buffer.from('010001000000050014001400ce', 'hex')
  const { double } = await doubleWith(t, {
    reply: published => (culprit(published) ? { kind: 'raw', bytes: stop } : { kind: 'ack' })
  })
  const target = targetAt(t, double.url)
  void outcomesOf(target, batchOf(1))
  const detailOfNext = async () => {
    const [outcome] = [await target.deliver(batchOf(1, { from: 1 }), new AbortController().signal)].flat()
    return outcome !== undefined && 'detail' in outcome ? outcome.detail : 'delivered'
  }
  await until('the channel is stopped', async () => (await detailOfNext()) === 'channel.flow')
  double.block('low on memory')
  await until('the connection is blocked', async () => (await detailOfNext()) === 'low on memory')
  double.unblock()
  let detail = ''
  await until('the connection goes on', async () => {
    detail = await detailOfNext()
    return detail !== 'low on memory'
  })
  t.is(detail, 'channel.flow')
})

test('headers take room in the window, too', async t => {
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const target = targetAt(t, double.url, {
    ...{ headers: { pad: 'x'.repeat(4_000) }, maxInFlightBytes: 10_000 },
    item: '{"n":{n}}'
  })
  const outcomes = outcomesOf(target, batchOf(4))
  await until('the window is full', () => double.held === 2)
  double.acknowledgeHeld()
  await until('the rest has come', () => double.held === 2)
  double.acknowledgeHeld()
  t.deepEqual(await outcomes, Array(4).fill(delivered))
})

test('when a broker goes on and does not answer what filled the window, another connection makes room', async t => {
  const clock = new VirtualClock()
  const { double } = await doubleWith(t, {
    reply: ({ body }) => (numberOf(body) < 2 ? { kind: 'hold' } : { kind: 'ack' })
  })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 1_000, maxInFlight: 2 })
  const stuck = outcomesOf(target, batchOf(2))
  await until('they have come', () => double.held === 2)
  double.block('low on memory')
  const next = () => outcomesOf(target, batchOf(1, { from: 2 }))
  const waiting = next()
  t.deepEqual(await waiting, ['unsent amqp_blocked'])
  await clock.advance(1_001)
  t.deepEqual(await stuck, Array(2).fill('unknown amqp_blocked'))
  double.unblock()
  let told: string[] | null = ['unsent amqp_blocked']
  await until('what comes has to wait for room', () => {
    const isWaiting = told === null
    if (isWaiting) return true
    told = null
    void next().then(outcomes => {
      told = outcomes
    })
    return false
  })
  await clock.advance(1_001)
  await until('it was told', () => told !== null)
  t.deepEqual(told, ['unsent amqp_ack_timeout'])
  t.deepEqual(await next(), [delivered])
  t.is(double.accepted, 2)
})

test('a connection that cannot be made is told at once, and leaves no timer behind', async t => {
  const clock = new VirtualClock()
  const config = configOf({})
  const env = { clock, mask: new Mask([]) }
  const protocol = new AmqpProtocol(
    {
      ...{
        ...env,
        mandatory: true,
        exchange: null,
        queue: null,
        heartbeatSeconds: 20,
        connectionName: 'c',
        connectTimeoutMs: 5_000
      },
      ...{ maxInFlight: 1, maxInFlightBytes: 1_000, ackTimeoutMs: 5_000 },
      brokers: brokersOf(config).map(broker => ({ ...broker, port: 70_000 })),
      varies: { exchange: false, routingKey: false, headers: false }
    },
    new Publications(config, env)
  )
  const publisher = new ConnectionPublisher(protocol, clock)
  const outcome = await publisher.deliver(batchOf(1).messages, new AbortController().signal)
  t.like(outcome, [{ kind: 'unsent', code: 'amqp_connect_failed' }])
  t.is(clock.waiting, 0)
})

const topicOf = (device: string) =>
  `ACCESS_REFUSED - access to topic 'fleet.${device}' in exchange 'telemetry' in vhost '/' refused for user 'fleet'`

test('a device over which the channel was closed is asked about with nothing else in flight, until it is let in', async t => {
  const refused: AmqpReply = { kind: 'closeChannel', reason: { code: 403, text: topicOf('d0') } }
  let isRefused = true
  const { double, arrived } = await doubleWith(t, {
    reply: published => {
      if (culprit(published)) return isRefused ? refused : { kind: 'ack' }
      return { kind: arrived().length > 2 ? 'hold' : 'ack' }
    }
  })
  const target = targetAt(t, double.url, { routingKey: 'fleet.{ident}' })
  const probe = () => outcomesOf(target, batchOf(1))
  t.deepEqual(await probe(), ['reject device amqp_device_refused'])
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 1 })), [delivered])
  const others = outcomesOf(target, batchOf(3, { from: 2 }))
  const probed = probe()
  await until('the others are in flight', () => double.held === 3)
  double.acknowledgeHeld()
  t.deepEqual(await others, Array(3).fill(delivered), 'they were not taken along')
  t.deepEqual(await probed, ['reject device amqp_device_refused'])
  isRefused = false
  t.deepEqual(await probe(), [delivered])
  const next = outcomesOf(target, batchOf(1, { from: 5 }))
  t.deepEqual(await probe(), [delivered], 'it travels among others again')
  await until('the other is in flight', () => double.held === 1)
  double.acknowledgeHeld()
  t.deepEqual(await next, [delivered])
})

for (const [what, reply, expected] of [
  ['hangs up over', () => ({ kind: 'hangUp' }), 'unknown amqp_connection_lost'],
  [
    'refuses',
    ({ body }) => ({ kind: 'closeChannel', reason: { code: 403, text: topicOf(`d${numberOf(body)}`) } }),
    'reject device amqp_device_refused'
  ]
] as const satisfies [string, (published: AmqpPublished) => AmqpReply, string][])
  test(`a broker that ${what} whatever it gets is not stormed with connections`, async t => {
    const clock = new VirtualClock()
    const { double } = await doubleWith(t, { reply })
    const target = targetAt(t, double.url, { clock, routingKey: 'fleet.{ident}' })
    let from = 0
    const next = () => outcomesOf(target, batchOf(1, { from: from++ }))
    for (let attempt = 1; attempt <= 5; attempt++) t.deepEqual(await next(), [expected])
    for (const waitMs of [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      await until('the connection has ended', () => double.connections === 0)
      const { accepted } = double
      const attempt = next()
      await until('it waits', () => clock.waiting === 1)
      await clock.advance(waitMs - 1)
      t.is(double.accepted, accepted)
      await clock.advance(1)
      t.deepEqual(await attempt, [expected])
    }
  })
