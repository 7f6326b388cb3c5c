// Brokers that pass over a message, hang up over whatever they get, or take only some of the connections; and calls out
// of season.

import test from 'ava'
import type { Failure, Outcome } from '../../../../connectors/connector.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { until } from '../../../flows/harness/until.ts'
import { batchOf, deliver, doubleWith, numberOf, outcomesOf, partOf, targetAt } from '../harness.ts'

const delivered = 'delivered'
const all = (count: number) => Array(count).fill(delivered)

test('a message that the broker passes over is given up alone, and its connection goes on', async t => {
  const clock = new VirtualClock()
  const { double, ledger } = await doubleWith(t, {
    reply: message => ({ kind: numberOf(message) === 3 ? 'hold' : 'puback' })
  })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 5_000, maxInFlight: 6 })
  const attempt = deliver(target, batchOf(12, { devices: 4 }))
  await until('all arrived', () => ledger.length >= 11)
  t.deepEqual(await outcomesOf(target, batchOf(20, { from: 20 })), all(20))
  await clock.advance(5_000)
  const outcomes = (await attempt) as Outcome[] // one for each
  t.like(outcomes[3], { kind: 'unknown', scope: 'device', code: 'mqtt_passed_over' })
  t.deepEqual(
    outcomes.flatMap(({ kind }, at) => (kind === 'delivered' ? [] : [at])),
    [3, 7, 11]
  )
  t.is(double.accepted, 1)
  // Its place in the window is free once the broker answers all the same.
  double.acknowledgeHeld()
  t.deepEqual(await outcomesOf(target, batchOf(20, { from: 50 })), all(20))
  t.is(double.accepted, 1)
})

test('after a message was passed over those of its device are sent one by one, until one is answered', async t => {
  const clock = new VirtualClock()
  let isDeaf = true
  const { double, arrived } = await doubleWith(t, {
    reply: message => ({ kind: isDeaf && numberOf(message) === 0 ? 'hold' : 'puback' })
  })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 5_000 })
  const attempt = outcomesOf(target, batchOf(4, { devices: 2 }))
  await until('all arrived', () => arrived().length === 4)
  await clock.advance(5_000)
  const following = 'unknown mqtt_predecessor_failed'
  t.deepEqual(await attempt, ['unknown mqtt_passed_over', delivered, following, delivered])
  isDeaf = false
  const unsent = 'unsent mqtt_predecessor_failed'
  t.deepEqual(await outcomesOf(target, batchOf(4, { devices: 2 })), [delivered, delivered, unsent, delivered])
  t.deepEqual(arrived().slice(4), [0, 1, 3])
  t.deepEqual(await outcomesOf(target, batchOf(4, { from: 2, devices: 2 })), all(4))
})

test('when half of the window is passed over the connection is given up', async t => {
  const clock = new VirtualClock()
  const { double, ledger } = await doubleWith(t, {
    reply: message => ({ kind: numberOf(message) < 3 ? 'hold' : 'puback' })
  })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 5_000, maxInFlight: 4 })
  const attempt = outcomesOf(target, batchOf(3))
  await until('they arrived', () => ledger.length === 3)
  t.deepEqual(await outcomesOf(target, batchOf(1, { from: 9 })), all(1))
  await clock.advance(5_000)
  t.deepEqual(await attempt, [...Array(2).fill('unknown mqtt_passed_over'), 'unknown mqtt_ack_timeout'])
  await until('the connection has ended', () => double.connections === 0)
})

test('a message that hung alone travels among others again, which it does not hold up', async t => {
  const clock = new VirtualClock()
  const { double, ledger } = await doubleWith(t, {
    reply: message => ({ kind: numberOf(message) === 0 ? 'hold' : 'puback' })
  })
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 5_000 })
  for (let attempts = 1; attempts <= 3; attempts++) {
    const attempt = outcomesOf(target, batchOf(1))
    await until('it arrived', () => ledger.length === attempts)
    await clock.advance(5_000)
    t.deepEqual(await attempt, ['unknown mqtt_ack_timeout'])
  }
  const attempt = deliver(target, batchOf(1))
  t.deepEqual(await outcomesOf(target, batchOf(30, { from: 1 })), all(30))
  await clock.advance(5_000)
  t.like(await attempt, [{ kind: 'unknown', scope: 'device', code: 'mqtt_passed_over' }])
})

test('an id of a message without answer is not given to another, however many there are', async t => {
  const clock = new VirtualClock() // so that nothing is given up
  const { double, ledger } = await doubleWith(t, {
    reply: message => ({ kind: numberOf(message) === 0 ? 'hold' : 'puback' })
  })
  const target = targetAt(t, double.url, { clock, batchesInFlight: 1 })
  const held = outcomesOf(target, batchOf(1))
  let answered: string[] | undefined
  void held.then(outcomes => {
    answered = outcomes
  })
  for (let from = 1; from < 70_000; from += 5_000)
    t.deepEqual(await deliver(target, batchOf(5_000, { from })), { kind: delivered })
  t.true(ledger.length > 65_536)
  t.is(answered, undefined, 'it was confirmed by the answer to another')
  double.acknowledgeHeld()
  await until('the one that was held is delivered', () => answered?.[0] === delivered)
})

test('a broker that hangs up over whatever it gets is not stormed with connections', async t => {
  const clock = new VirtualClock()
  const { double } = await doubleWith(t, { reply: () => ({ kind: 'hangUp' }) })
  const target = targetAt(t, double.url, { clock })
  for (let attempt = 1; attempt <= 5; attempt++)
    t.deepEqual(await outcomesOf(target, batchOf(1)), ['unknown mqtt_connection_lost'])
  for (const waitMs of [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
    const { accepted } = double
    const attempt = outcomesOf(target, batchOf(1))
    await until('it waits', () => clock.waiting === 1)
    await clock.advance(waitMs - 1)
    t.is(double.accepted, accepted)
    await clock.advance(1)
    t.deepEqual(await attempt, ['unknown mqtt_connection_lost'])
  }
})

test('a broker that says why it ends connections makes no message suspect', async t => {
  for (const code of [0x8e, 0x8b]) {
    const { double, ledger } = await doubleWith(t, {
      reply: ({ connection }) => (connection <= 3 ? { kind: 'hangUp', code } : { kind: 'hold' })
    })
    const target = targetAt(t, double.url)
    for (let attempt = 1; attempt <= 3; attempt++)
      for (const outcome of (await deliver(target, batchOf(5))) as Failure[]) {
        t.not(outcome.kind, 'reject')
        t.is(outcome.scope, undefined, 'it concerns no message')
      }
    const before = ledger.length
    const attempt = outcomesOf(target, batchOf(5))
    await until('all are in flight at the same time', () => ledger.length === before + 5)
    double.acknowledgeHeld()
    t.deepEqual(await attempt, all(5))
  }
})

test('one that hangs up over single messages is connected to at once', async t => {
  const clock = new VirtualClock()
  const { double } = await doubleWith(t, {
    reply: message => ({ kind: numberOf(message) % 2 === 1 ? 'hangUp' : 'puback' })
  })
  const target = targetAt(t, double.url, { clock })
  for (let from = 0; from < 40; from += 2) {
    t.deepEqual(await outcomesOf(target, batchOf(1, { from })), [delivered])
    t.deepEqual(await outcomesOf(target, batchOf(1, { from: from + 1 })), ['unknown mqtt_connection_lost'])
  }
})

test('of several connections one is enough to begin, and one that is not accepted holds up its devices only', async t => {
  const { double } = await doubleWith(t, {
    connect: ({ clientId }) => ({ kind: 'connack', code: clientId === 'fleet-2' ? 0x97 : 0 })
  })
  const target = targetAt(t, double.url, { connections: 4, clientId: 'fleet' })
  await target.open(new AbortController().signal)
  const whole = batchOf(80)
  for (const destination of ['0', '1', '2', '3']) {
    const part = partOf(whole, at => target.destination?.(whole.messages[at] ?? t.fail()) === destination)
    const expected = destination === '2' ? 'unsent mqtt_unavailable' : delivered
    t.deepEqual(new Set(await outcomesOf(target, { ...part, destination })), new Set([expected]))
  }
})

for (const [code, error] of [
  [0x97, 'mqtt_unavailable'],
  [0x86, 'mqtt_unauthorized']
] as const)
  test(`when no connection comes about open() says why: ${error}`, async t => {
    const { double } = await doubleWith(t, { connect: () => ({ kind: 'connack', code }) })
    const target = targetAt(t, double.url, { connections: 3 })
    await t.throwsAsync(target.open(new AbortController().signal), { code: error })
  })

test('an attempt to open that was given up before it began leaves nothing unhandled', async t => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  const { double } = await doubleWith(t, { connect: () => ({ kind: 'hangUp' }) })
  const target = targetAt(t, double.url)
  await t.throwsAsync(target.open(AbortSignal.abort()), { code: 'attempt_aborted' })
  await until('it has failed', () => double.accepted === 1 && double.connections === 0)
  await target.close()
  t.deepEqual(unhandled, [])
})

test('what is delivered after close() is unsent', async t => {
  const { double } = await doubleWith(t)
  const target = targetAt(t, double.url)
  await target.close()
  t.deepEqual(await outcomesOf(target, batchOf(2)), Array(2).fill('unsent attempt_aborted'))
})
