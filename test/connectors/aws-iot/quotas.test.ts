// The quotas of AWS IoT Core: what exceeds them is discarded there without a word, so that nothing may ever exceed them.

import test from 'ava'
import { connectAsync } from 'mqtt'
import { Connects } from '../../../connectors/aws-iot/connects.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { until } from '../../flows/harness/until.ts'
import { batchOf } from '../mqtt/harness.ts'
import { certificates, doubleWith, outcomesOf, targetAt } from './harness.ts'

const delivered = 'delivered'

for (const version of ['5', '3.1.1'] as const)
  test(`a connection of MQTT ${version} that has more to send than it may keeps to its rate, and uses it`, async t => {
    const { double, ledger } = await doubleWith(t)
    const target = await targetAt(t, double.port, { version })
    const startMs = performance.now()
    const batches = [0, 1, 2].map(at => outcomesOf(target, batchOf(100, { from: 100 * at })))
    t.deepEqual((await Promise.all(batches)).flat(), Array(300).fill(delivered))
    const seconds = (performance.now() - startMs) / 1_000
    t.log(`${Math.round(300 / seconds)}/s, ${double.mostInSecond} in a second at most`)
    t.is(double.discarded, 0)
    t.is(ledger.length, 300)
    t.true(seconds > 3.6, `${seconds}`)
    t.true(double.mostInSecond <= 100, `${double.mostInSecond}`)
  })

test('one that believes in a larger quota than there is loses messages at the service, not here', async t => {
  const { double, ledger } = await doubleWith(t)
  const limits = { publishesPerSecond: 100_000, inFlight: 1_000 }
  const target = await targetAt(t, double.port, { limits, ackTimeoutMs: 300 })
  const outcomes = await outcomesOf(target, batchOf(300))
  t.true(double.discarded > 0)
  t.is(outcomes.filter(outcome => outcome === delivered).length, ledger.length)
})

for (const protocolVersion of [4, 5] as const)
  test(`a client of version ${protocolVersion} that ignores how many may be in flight has the rest discarded, and is not told`, async t => {
    const quotas = { publishesPerSecond: 10_000 }
    const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'hold' }), quotas })
    const { ca, cert, key } = certificates
    const to = { protocol: 'mqtts', host: 'localhost', port: double.port, servername: 'localhost' } as const
    const client = await connectAsync({ ...to, ca, cert, key, protocolVersion, reconnectPeriod: 0 })
    t.teardown(() => client.endAsync(true))
    for (let at = 0; at < 150; at++) client.publish('fleet', `${at}`, { qos: 1 }, () => {})
    await until('all have come', () => ledger.length + double.discarded === 150)
    t.is(ledger.length, 100)
    t.is(double.discarded, 50)
    t.is(double.mostInFlight, 100)
    t.is(double.connections, 1)
    t.is(double.excesses, 0)
  })

test('a target that is told of more in flight than there may be, by 3.1.1, which cannot tell it, has them discarded', async t => {
  const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const limits = { publishesPerSecond: 100_000, inFlight: 1_000 }
  const own = { version: '3.1.1', maxInFlight: 150, ackTimeoutMs: 1_000 } as const
  const attempt = outcomesOf(await targetAt(t, double.port, { ...own, limits }), batchOf(150))
  await until('all have come', () => ledger.length + double.discarded === 150)
  t.true(double.discarded >= 50, `${double.discarded}`)
  t.false((await attempt).includes(delivered))
})

test('at most as many as the quota are without confirmation, however many there are', async t => {
  const { double, ledger } = await doubleWith(t, { reply: () => ({ kind: 'hold' }) })
  const limits = { inFlight: 20 }
  const target = await targetAt(t, double.port, { limits, ackTimeoutMs: 500 })
  const attempt = outcomesOf(target, batchOf(60))
  await until('the window is full', () => ledger.length === 20)
  const outcomes = await attempt
  t.is(ledger.length, 20)
  t.deepEqual(new Set(outcomes), new Set(['unknown aws_iot_ack_timeout', 'unsent aws_iot_ack_timeout']))
})

test('a client id that has just connected waits a second before it connects again', async t => {
  const { double } = await doubleWith(t)
  const target = await targetAt(t, double.port)
  await target.open(new AbortController().signal)
  double.cut()
  await until('the connection is cut', () => double.connections === 0)
  const startMs = performance.now()
  const lost = await outcomesOf(target, batchOf(1))
  const again = lost[0] === delivered ? lost : await outcomesOf(target, batchOf(1))
  t.deepEqual(again, [delivered])
  t.true(performance.now() - startMs > 900)
  t.is(double.refusedConnects, 0)
})

test('close() does not wait for a connection whose turn has not come, and leaves no timer', async t => {
  const clock = new VirtualClock()
  const { double } = await doubleWith(t, { connect: () => ({ kind: 'connack', code: 0x88 }) })
  const target = await targetAt(t, double.port, { clock })
  await t.throwsAsync(target.open(new AbortController().signal), { code: 'mqtt_unavailable' })
  const attempt = outcomesOf(target, batchOf(1))
  await until('it waits for its turn', () => clock.waiting > 0)
  t.is(double.accepted, 1)
  await target.close()
  t.deepEqual(await attempt, ['unsent attempt_aborted'])
  t.is(clock.waiting, 0)
})

test('many connections are opened one after the other, also when all were lost at once', t => {
  const clock = new VirtualClock()
  const connects = new Connects(clock, 1_000)
  const gates = Array.from({ length: 5 }, () => connects.gate())
  const waits = () => gates.map(gate => gate.waitMs())
  t.deepEqual(waits(), [0, 20, 40, 60, 80])
  for (const gate of gates) gate.arrived()
  t.deepEqual(waits(), [1_100, 1_120, 1_140, 1_160, 1_180])
})

test('a client id that fails again and again does not hold up the others', async t => {
  const clock = new VirtualClock()
  const connects = new Connects(clock, 1_000)
  const [failing, other] = [connects.gate(), connects.gate()]
  t.is(failing.waitMs(), 0)
  failing.arrived()
  t.is(failing.waitMs(), 1_020)
  await clock.advance(40)
  t.is(other.waitMs(), 0)
})
