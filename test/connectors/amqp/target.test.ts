// The AMQP target and a broker that misbehaves to order: what is confirmed, what is given back, and what comes of a channel
// or a connection that ends.

import test from 'ava'
import type { AmqpPublished, AmqpReply } from '../../../connectors/amqp/double/double.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { until } from '../../flows/harness/until.ts'
import { batchOf, doubleWith, faultOf, numberOf, outcomesOf, password, targetAt } from './harness.ts'

const delivered = 'delivered'

/** Replies by the number of the message; all others are confirmed. */
const replies =
  (byNumber: Readonly<Record<number, AmqpReply>>) =>
  ({ body }: AmqpPublished): AmqpReply =>
    byNumber[numberOf(body)] ?? { kind: 'ack' }

test('a message that is given back and confirmed after that is not delivered, whatever is around it', async t => {
  const { double, arrived } = await doubleWith(t, { reply: replies({ 1: { kind: 'return' } }) })
  const outcomes = await outcomesOf(targetAt(t, double.url), batchOf(3))
  t.deepEqual(outcomes, [delivered, 'halt amqp_unroutable', delivered])
  t.deepEqual(arrived(), [0, 1, 2])
})

test('of a device with a routing key of its own a message that is given back holds that device', async t => {
  const { double } = await doubleWith(t, { reply: replies({ 1: { kind: 'return' } }) })
  const target = targetAt(t, double.url, { routingKey: 'fleet.{ident}' })
  t.deepEqual(await outcomesOf(target, batchOf(3)), [
    delivered,
    'reject device amqp_device_unroutable',
    delivered
  ])
})

test('when messages of many devices are given back and none is taken it is not the devices’ fault', async t => {
  let isBound = false
  const { double } = await doubleWith(t, { reply: () => ({ kind: isBound ? 'ack' : 'return' }) })
  const target = targetAt(t, double.url, { routingKey: 'fleet.{ident}' })
  const outcomes = await outcomesOf(target, batchOf(21))
  t.deepEqual(outcomes.slice(0, 19), Array(19).fill('reject device amqp_device_unroutable'))
  t.deepEqual(outcomes.slice(19), ['retry device amqp_device_unroutable', 'halt amqp_unroutable'])
  isBound = true
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  isBound = false
  t.deepEqual(await outcomesOf(target, batchOf(1)), ['reject device amqp_device_unroutable'])
})

test('a queue that is not there is told before a message is sent, where the routing key names it', async t => {
  const asked: string[] = []
  const { double, arrived } = await doubleWith(t, {
    queue: name => {
      asked.push(name)
      return { code: 404, text: `NOT_FOUND - no queue '${name}' in vhost '/'` }
    }
  })
  const byName = { exchange: '', routingKey: 'orders' }
  t.is(
    await faultOf(targetAt(t, double.url, byName)),
    "amqp_queue_missing: 404 NOT_FOUND - no queue 'orders' in vhost '/'"
  )
  t.deepEqual(await outcomesOf(targetAt(t, double.url, byName), batchOf(1)), ['halt amqp_queue_missing'])
  t.deepEqual([asked, arrived()], [['orders', 'orders'], []])
  // Nothing is known of a queue before its message is.
  for (const other of [{ mandatory: false }, { routingKey: '{ident}' }, { exchange: 'telemetry' }])
    t.is(await faultOf(targetAt(t, double.url, { ...byName, ...other })), null)
  t.is(asked.length, 2)
})

test('a queue that may not be looked at takes messages all the same', async t => {
  for (const code of [403, 405]) {
    const { double } = await doubleWith(t, { queue: () => ({ code, text: 'not for you' }) })
    const target = targetAt(t, double.url, { exchange: '', routingKey: 'orders' })
    t.deepEqual(await outcomesOf(target, batchOf(2)), [delivered, delivered])
  }
})

test('with mandatory set to false nothing is given back', async t => {
  const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'return' }) })
  t.deepEqual(await outcomesOf(targetAt(t, double.url, { mandatory: false }), batchOf(2)), [
    delivered,
    delivered
  ])
  t.false(ledger[0]?.mandatory)
})

test('a large message that is given back is recognized in parts, and what follows it is confirmed', async t => {
  const { double } = await doubleWith(t, { reply: replies({ 0: { kind: 'return' } }), frameMaxBytes: 4_096 })
  const target = targetAt(t, double.url, { maxMessages: 2 })
  const outcomes = await outcomesOf(target, batchOf(2, { padBytes: 50_000 }))
  t.deepEqual(outcomes, ['halt amqp_unroutable', delivered])
})

test('a message is written in frames of the size that the broker takes', async t => {
  const { double, ledger } = await doubleWith(t, { frameMaxBytes: 4_096 })
  const batch = batchOf(3, { padBytes: 4_088 })
  t.deepEqual(await outcomesOf(targetAt(t, double.url), batch), Array(3).fill(delivered))
  t.deepEqual(
    ledger.map(({ body }) => body.toString()),
    batch.messages.map(message => message.value().toString())
  )
})

test('a message whose headers do not fit into a frame is rejected by itself, and nothing of it is written', async t => {
  const { double, arrived } = await doubleWith(t, { frameMaxBytes: 4_096 })
  const target = targetAt(t, double.url, { headers: { pad: '{pad}' } })
  const [large, small] = [batchOf(1, { padBytes: 4_096 }), batchOf(1, { from: 1 })]
  t.deepEqual(await outcomesOf(target, large), ['reject amqp_message_unfit'])
  t.deepEqual(await outcomesOf(target, small), [delivered])
  t.deepEqual(arrived(), [1])
})

test('when a message that nobody published is given back, nothing that is in flight counts', async t => {
  const foreign = Buffer.from('0100010000000c003c003200000000000000', 'hex')
  const header = Buffer.from('020001000000' + '0e003c000000000000000000000000', 'hex')
  const end = Buffer.from([0xce])
  const raw = Buffer.concat([foreign, Buffer.from([0]), end, header, end])
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'raw', bytes: raw }) })
  t.deepEqual(await outcomesOf(targetAt(t, double.url), batchOf(1)), ['unknown amqp_answer_malformed'])
})

test('confirmations count for their own messages, in whatever order they come', async t => {
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const target = targetAt(t, double.url)
  const outcomes = outcomesOf(target, batchOf(4))
  await until('all have come', () => double.held === 4)
  double.acknowledgeHeld(held => held.reverse())
  t.deepEqual(await outcomes, Array(4).fill(delivered))
})

test('one confirmation of many counts for all of them, but not for what was given back', async t => {
  const { double } = await doubleWith(t, {
    reply: ({ body }) => ({ kind: numberOf(body) === 1 ? 'returnAndHold' : 'hold' })
  })
  const target = targetAt(t, double.url)
  const outcomes = outcomesOf(target, batchOf(4))
  await until('all have come', () => double.held === 4)
  double.acknowledgeAll()
  t.deepEqual(await outcomes, [delivered, 'halt amqp_unroutable', delivered, delivered])
})

test('a confirmation of a message that was never sent ends the connection, and nothing counts', async t => {
  const ack = Buffer.from('01000100000' + '00d003c00500000000000000063' + '00ce', 'hex')
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'raw', bytes: ack }) })
  t.deepEqual(
    await outcomesOf(targetAt(t, double.url), batchOf(2)),
    Array(2).fill('unknown amqp_answer_malformed')
  )
})

test('a nack is tried again later, and what follows of its device goes after it', async t => {
  const { double, arrived } = await doubleWith(t, { reply: replies({ 0: { kind: 'nack' } }) })
  const target = targetAt(t, double.url, { maxInFlight: 1 })
  t.deepEqual(await outcomesOf(target, batchOf(4, { devices: 2 })), [
    'retry amqp_nacked',
    delivered,
    'unsent device amqp_predecessor_failed',
    delivered
  ])
  t.deepEqual(arrived(), [0, 1, 3])
})

test('no more is in flight than the window allows, in messages and in bytes', async t => {
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const target = targetAt(t, double.url, { maxInFlight: 5, maxInFlightBytes: 10_000 })
  const small = outcomesOf(target, batchOf(8))
  await until('the window is full', () => double.held === 5)
  double.acknowledgeHeld()
  await until('the rest has come', () => double.held === 3)
  double.acknowledgeHeld()
  t.deepEqual(await small, Array(8).fill(delivered))
  const large = outcomesOf(target, batchOf(4, { from: 8, padBytes: 4_000 }))
  await until('two of 4 kB are on their way', () => double.held === 2)
  double.acknowledgeHeld()
  await until('two more', () => double.held === 2)
  double.acknowledgeHeld()
  t.deepEqual(await large, Array(4).fill(delivered))
  const alone = outcomesOf(target, batchOf(1, { from: 12, padBytes: 20_000 }))
  await until('one that is larger than the window travels alone', () => double.held === 1)
  double.acknowledgeHeld()
  t.deepEqual(await alone, [delivered])
})

test('a channel that is closed over a device takes the others along, and they are sent again at once', async t => {
  const text =
    "ACCESS_REFUSED - access to topic 'fleet.d1' in exchange 'telemetry' in vhost '/' refused for user 'fleet'"
  let isHeld = true
  const { double } = await doubleWith(t, {
    reply: ({ routingKey }) => {
      if (routingKey === 'fleet.d1') return { kind: 'closeChannel', reason: { code: 403, text } }
      return { kind: isHeld ? 'hold' : 'ack' }
    }
  })
  const target = targetAt(t, double.url, { routingKey: 'fleet.{ident}' })
  const shared = 'unknown device amqp_channel_shared'
  t.deepEqual(await outcomesOf(target, batchOf(3)), [shared, 'reject device amqp_device_refused', shared])
  isHeld = false
  t.deepEqual(await outcomesOf(target, batchOf(4, { devices: 1 })), Array(4).fill(delivered), 'all at once')
  t.is(double.accepted, 2)
})

test('what was not sent yet when a channel is closed is sent on the next one', async t => {
  const text = 'PRECONDITION_FAILED - message size 5000 is larger than configured max size 1000'
  const reason = { code: 406, text }
  const { double } = await doubleWith(t, {
    reply: ({ body }) => (body.length > 1_000 ? { kind: 'closeChannel', reason } : { kind: 'ack' })
  })
  const target = targetAt(t, double.url, { maxInFlight: 1 })
  const large = outcomesOf(target, batchOf(1, { padBytes: 5_000 }))
  t.deepEqual(await outcomesOf(target, batchOf(2, { from: 1 })), [delivered, delivered])
  t.deepEqual(await large, ['reject amqp_too_large'])
})

test('a broker that shuts down ends the attempt as unknown, and blames no message', async t => {
  const { double, arrived } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const outcomes = outcomesOf(targetAt(t, double.url), batchOf(2))
  await until('both have come', () => arrived().length === 2)
  double.closeConnections({
    code: 320,
    text: "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"
  })
  t.deepEqual(await outcomes, Array(2).fill('unknown amqp_disconnected'))
})

test('while the broker blocks, what is not sent is told at once, and what is sent keeps its connection', async t => {
  const { double, arrived } = await doubleWith(t)
  const target = targetAt(t, double.url, { maxInFlight: 2, ackTimeoutMs: 300 })
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  double.block('low on memory')
  const next = () => outcomesOf(target, batchOf(1, { from: 1 }))
  await until('the target has been told', async () => (await next())[0] === 'unsent amqp_blocked')
  const startMs = performance.now()
  t.deepEqual(await next(), ['unsent amqp_blocked'])
  t.true(performance.now() - startMs < 200)
  double.unblock()
  await until('it goes on', async () => (await next())[0] === delivered)
  t.is(double.accepted, 1)
  t.deepEqual([...new Set(arrived())], [0, 1])
})

test('messages that were sent before the broker blocked are unknown on time, and come once it goes on', async t => {
  const { double, arrived } = await doubleWith(t)
  const target = targetAt(t, double.url, { ackTimeoutMs: 300 })
  double.block('low on disk')
  // A broker blocks a publisher when it publishes something.
  const first = await outcomesOf(target, batchOf(3))
  t.deepEqual(first, [delivered, 'unknown amqp_blocked', 'unknown amqp_blocked'])
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 3 })), ['unsent amqp_blocked'])
  double.unblock()
  await until('it goes on', async () => (await outcomesOf(target, batchOf(1, { from: 3 })))[0] === delivered)
  t.deepEqual(arrived(), [0, 1, 2, 3])
})

test('a message that is passed over waits with its device, and the connection goes on', async t => {
  const { double } = await doubleWith(t, { reply: replies({ 0: { kind: 'hold' } }) })
  const target = targetAt(t, double.url, { ackTimeoutMs: 300 })
  t.deepEqual(await outcomesOf(target, batchOf(2)), ['unknown device amqp_passed_over', delivered])
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 2 })), [delivered])
  t.is(double.accepted, 1)
})

test('a confirmation that comes for a message that was given up counts for nothing', async t => {
  const { double, arrived } = await doubleWith(t, { reply: replies({ 0: { kind: 'hold' } }) })
  const target = targetAt(t, double.url, { ackTimeoutMs: 300 })
  t.deepEqual(await outcomesOf(target, batchOf(2)), ['unknown device amqp_passed_over', delivered])
  const again = outcomesOf(target, batchOf(1))
  await until('it has come again', () => arrived().length === 3)
  double.acknowledgeHeld(held => held.slice(0, 1))
  // The one that was sent last was not confirmed.
  t.deepEqual(await again, ['unknown amqp_ack_timeout'])
})

test('heartbeats go out, and a broker that is silent for two of them is given up', async t => {
  const clock = new VirtualClock()
  const { double, arrived } = await doubleWith(t, { heartbeatSeconds: 10, reply: () => ({ kind: 'hold' }) })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 600_000 })
  const outcomes = outcomesOf(target, batchOf(1))
  await until('it has come', () => arrived().length === 1)
  await clock.advance(15_000)
  await until('heartbeats have come', () => double.heartbeats === 2)
  await clock.advance(5_000)
  await until('another', () => double.heartbeats === 3)
  t.is(double.connections, 1, 'two have passed, as far as anybody knows')
  await clock.advance(5_000)
  t.deepEqual(await outcomes, ['unknown amqp_heartbeat_missed'])
})

test('a good-bye is said where nothing is in flight', async t => {
  const { double } = await doubleWith(t)
  const target = targetAt(t, double.url)
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  await target.close()
  t.is(double.goodbyes, 1)
})

test('devices are spread over connections, and each keeps to its own', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, double.url, { connections: 3 })
  await target.open(new AbortController().signal)
  const { messages } = batchOf(60, { devices: 12 })
  for (const message of messages) {
    const outcome = await target.deliver(
      { destination: target.destination?.(message) ?? '', messages: [message], bytes: message.size },
      new AbortController().signal
    )
    t.deepEqual(outcome, { kind: 'delivered' })
  }
  const ways = new Map<string, Set<number>>()
  for (const { body, connection } of ledger) {
    const device = `d${numberOf(body) % 12}`
    ways.set(device, (ways.get(device) ?? new Set()).add(connection))
  }
  t.true([...ways.values()].every(({ size }) => size === 1))
  t.is(new Set(ledger.map(({ connection }) => connection)).size, 3)
})

test('the virtual host stands at the end of url, and one that is refused halts', async t => {
  const asked: string[] = []
  const { double } = await doubleWith(t, {
    vhost: vhost => {
      asked.push(vhost)
      return vhost === 'a/b'
        ? { code: 530, text: `NOT_ALLOWED - vhost ${vhost} not found, ${password}` }
        : undefined
    }
  })
  t.is(await faultOf(targetAt(t, double.url)), null)
  t.is(await faultOf(targetAt(t, `${double.url}/fleet`)), null)
  t.is(
    await faultOf(targetAt(t, `${double.url}/a%2Fb`)),
    'amqp_vhost_refused: 530 NOT_ALLOWED - vhost a/b not found, ***'
  )
  t.deepEqual(asked, ['/', 'fleet', 'a/b'])
})

test('of a cluster the next node is taken when one is gone, and connections are spread over all', async t => {
  const [first, second] = [await doubleWith(t), await doubleWith(t)]
  const otherHosts = [`127.0.0.1:${second.double.port}`]
  const target = targetAt(t, first.double.url, { otherHosts })
  t.deepEqual(await outcomesOf(target, batchOf(1)), [delivered])
  t.is(first.double.accepted, 1)
  await first.double.stop()
  await until('the next takes it', async () => (await outcomesOf(target, batchOf(1)))[0] === delivered)
  t.is(second.double.accepted, 1)
  await first.double.start()
  const wide = targetAt(t, first.double.url, { otherHosts, connections: 2 })
  await wide.open(new AbortController().signal)
  await until('both are there', () => first.double.connections === 1 && second.double.connections === 2)
  t.pass()
})

test('a connection has the name of its stream, unless it is given another', async t => {
  const names: string[] = []
  const { double } = await doubleWith(t, { login: ({ connectionName }) => void names.push(connectionName) })
  t.is(await faultOf(targetAt(t, double.url)), null)
  t.is(await faultOf(targetAt(t, double.url, { connectionName: 'fleet, Łódź' })), null)
  t.deepEqual(names, ['tailrace acme', 'fleet, Łódź'])
})

test('a broker that does not offer the way of logging in halts', async t => {
  const { double } = await doubleWith(t, { mechanisms: 'AMQPLAIN' })
  t.is(await faultOf(targetAt(t, double.url)), 'amqp_mechanism_missing: PLAIN is not among AMQPLAIN')
})
