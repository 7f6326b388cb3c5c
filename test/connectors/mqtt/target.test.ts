// Messages on their way: the window and what bounds it, order per device, and brokers that confirm late, in another
// order, in part, never, or hang up.

import test from 'ava'
import type { PublishReply } from '../../../connectors/shared/mqtt/double.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { until } from '../../flows/harness/until.ts'
import { batchOf, deliver, doubleWith, numberOf, outcomesOf, partOf, targetAt } from './harness.ts'

const hold: PublishReply = { kind: 'hold' }
const delivered = 'delivered'

/** A double that answers these numbers in their own way, and confirms the rest. */
const replies = (special: Readonly<Record<number, PublishReply>>) => ({
  reply: (message: Parameters<typeof numberOf>[0]): PublishReply =>
    special[numberOf(message)] ?? { kind: 'puback' }
})

test('a message is one PUBLISH with QoS 1 of its very bytes', async t => {
  const { double, ledger } = await doubleWith(t)
  const batch = batchOf(2)
  t.deepEqual(await deliver(targetAt(t, double.url), batch), { kind: 'delivered' })
  t.deepEqual(
    ledger,
    batch.messages.map(message => ({
      connection: 1,
      topic: 'fleet/telemetry',
      payload: Buffer.from(message.value()),
      qos: 1,
      dup: false,
      retain: false
    }))
  )
})

test('MQTT 3.1.1 delivers as well', async t => {
  const { double } = await doubleWith(t)
  t.deepEqual(
    await outcomesOf(targetAt(t, double.url, { version: '3.1.1' }), batchOf(3)),
    Array(3).fill(delivered)
  )
})

for (const [allowed, maxInFlight, expected] of [
  [5, 100, 5],
  [65_535, 7, 7],
  [undefined, 30, 30]
] as const) {
  test(`with Receive Maximum ${allowed} and maxInFlight ${maxInFlight} the window is ${expected}, over all batches`, async t => {
    const properties = allowed === undefined ? {} : { properties: { receiveMaximum: allowed } }
    const { double, ledger } = await doubleWith(t, {
      connect: () => ({ kind: 'connack', code: 0, ...properties }),
      reply: () => hold
    })
    const target = targetAt(t, double.url, { maxInFlight })
    const attempts = [0, 1, 2, 3].map(at => outcomesOf(target, batchOf(20, { from: 20 * at })))
    for (let arrived = expected; arrived <= 80; arrived += expected) {
      await until('the window is full', () => ledger.length === arrived)
      double.acknowledgeHeld()
    }
    await until('the rest arrived', () => ledger.length === 80)
    double.acknowledgeHeld()
    t.deepEqual((await Promise.all(attempts)).flat(), Array(80).fill(delivered))
    t.is(double.mostUnconfirmed, expected)
    t.deepEqual(
      ledger.map(numberOf),
      Array.from({ length: 80 }, (_, at) => at)
    )
  })
}

test('with a message to spare the next batch fills the window before the first is done', async t => {
  const { double, ledger } = await doubleWith(t, replies({ 0: hold }))
  const target = targetAt(t, double.url, { maxInFlight: 10 })
  const first = outcomesOf(target, batchOf(5))
  const later = await Promise.all([1, 2, 3].map(at => outcomesOf(target, batchOf(50, { from: 50 * at }))))
  t.deepEqual(later.flat(), Array(150).fill(delivered))
  t.is(ledger.length, 155)
  double.acknowledgeHeld()
  t.deepEqual(await first, Array(5).fill(delivered))
})

test('confirmations in another order reach their messages', async t => {
  const { double, ledger } = await doubleWith(t, {
    reply: message => (numberOf(message) === 3 ? { ...hold } : hold)
  })
  const target = targetAt(t, double.url)
  const attempts = [batchOf(5), batchOf(5, { from: 5 })].map(batch => outcomesOf(target, batch))
  await until('all arrived', () => ledger.length === 10)
  double.acknowledgeHeld(held => {
    const [lost] = held.splice(3, 1)
    t.truthy(lost)
    return held.reverse()
  })
  t.deepEqual(await attempts[1], Array(5).fill(delivered))
  double.cut()
  const lost = Array.from({ length: 5 }, (_, at) => (at === 3 ? 'unknown mqtt_connection_lost' : delivered))
  t.deepEqual(await attempts[0], lost)
})

test('what exceeds the Maximum Packet Size is rejected to the byte, and is not sent', async t => {
  const [message] = batchOf(1).messages
  const fits = 2 + 2 + 'fleet/telemetry'.length + 2 + 1 + (message?.size ?? 0)
  for (const [maximumPacketSize, expected] of [
    [fits, delivered],
    [fits - 1, 'reject mqtt_too_large']
  ] as const) {
    const { double, ledger } = await doubleWith(t, {
      connect: () => ({ kind: 'connack', code: 0, properties: { maximumPacketSize } })
    })
    t.deepEqual(await outcomesOf(targetAt(t, double.url), batchOf(1)), [expected])
    t.is(ledger.length, expected === delivered ? 1 : 0)
  }
})

test('one message that is refused concerns no other', async t => {
  const { double } = await doubleWith(t, replies({ 2: { kind: 'puback', code: 0x99, text: 'no' } }))
  t.deepEqual(await outcomesOf(targetAt(t, double.url), batchOf(5, { devices: 1 })), [
    delivered,
    delivered,
    'reject mqtt_rejected',
    delivered,
    delivered
  ])
})

test('after a failure of a device what follows it is not sent, and what was sent does not count', async t => {
  const { double, arrived } = await doubleWith(t, replies({ 2: { kind: 'puback', code: 0x97 } }))
  const target = targetAt(t, double.url, { maxInFlight: 4 })
  // Two devices take turns: 0, 2, 4 ... are of the one whose second message fails.
  const outcomes = await outcomesOf(target, batchOf(10, { devices: 2 }))
  const own = outcomes.filter((_, at) => at % 2 === 0)
  t.deepEqual(own.slice(0, 2), [delivered, 'retry mqtt_throttled'])
  for (const outcome of own.slice(2)) t.regex(outcome, /^(unsent|unknown) mqtt_predecessor_failed$/)
  t.is(own.at(-1), 'unsent mqtt_predecessor_failed')
  t.false(arrived().includes(8))
  t.deepEqual(
    outcomes.filter((_, at) => at % 2 === 1),
    Array(5).fill(delivered)
  )
})

test('a confirmation that never comes ends the connection on time, and only once for all', async t => {
  const clock = new VirtualClock()
  const { double, ledger } = await doubleWith(t, replies({ 1: hold, 2: hold }))
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 5_000 })
  const attempt = outcomesOf(target, batchOf(3))
  await until('all arrived', () => ledger.length === 3)
  await clock.advance(4_999)
  t.is(double.connections, 1)
  await clock.advance(1)
  t.deepEqual(await attempt, [delivered, 'unknown mqtt_ack_timeout', 'unknown mqtt_ack_timeout'])
  t.is(clock.waiting, 0)
})

test('a busy connection is not ended, however long it stands', async t => {
  const clock = new VirtualClock()
  const { double } = await doubleWith(t)
  const target = targetAt(t, double.url, { clock, ackTimeoutMs: 1_000 })
  for (let from = 0; from < 20; from++) {
    t.deepEqual(await outcomesOf(target, batchOf(1, { from })), [delivered])
    await clock.advance(700)
  }
  t.is(double.accepted, 1)
})

test('a DISCONNECT tells why the connection was lost', async t => {
  const { double } = await doubleWith(t, replies({ 0: { kind: 'hangUp', code: 0x8e } }))
  t.like(await deliver(targetAt(t, double.url), batchOf(1)), [
    { kind: 'unknown', code: 'mqtt_taken_over', detail: 'DISCONNECT 0x8e session taken over' }
  ])
})

test('a broker that closes after n messages leaves unknown what was sent and unsent what was not', async t => {
  const { double } = await doubleWith(t, replies({ 6: { kind: 'hangUp' } }))
  const outcomes = await outcomesOf(targetAt(t, double.url, { maxInFlight: 4 }), batchOf(20))
  t.deepEqual(outcomes.slice(0, 4), Array(4).fill(delivered))
  const first = outcomes.findIndex(outcome => outcome !== delivered)
  const sent = outcomes.filter(outcome => outcome === 'unknown mqtt_connection_lost').length
  t.true(first <= 6 && sent >= 1 && sent <= 4, `${first} ${sent}`)
  t.deepEqual(outcomes.slice(first + sent), Array(20 - first - sent).fill('unsent mqtt_connection_lost'))
})

test('a message over which the broker hangs up is alone the third time, and only its device has to wait', async t => {
  const { double } = await doubleWith(t, replies({ 7: { kind: 'hangUp' } }))
  const target = targetAt(t, double.url)
  let left = batchOf(20)
  for (let attempt = 1; attempt <= 2; attempt++) {
    const outcomes = await outcomesOf(target, left)
    left = partOf(left, at => outcomes[at] !== delivered)
    t.true(left.messages.length > 1)
  }
  const outcomes = (await deliver(target, left)) as { kind: string; scope?: string }[] // one per message
  const unknown = outcomes.flatMap((outcome, at) =>
    outcome.kind === 'unknown' ? [left.messages[at]?.offset] : []
  )
  t.deepEqual(unknown, [7])
  t.is(outcomes.find(({ kind }) => kind === 'unknown')?.scope, 'device')
  // Without it all others pass.
  const others = partOf(left, at => outcomes[at]?.kind !== 'delivered' && left.messages[at]?.offset !== 7)
  t.deepEqual(
    await outcomesOf(target, others),
    others.messages.map(() => delivered)
  )
})

test('a signal gives up what is on its way, and the window is free again when the broker answers', async t => {
  const { double, ledger } = await doubleWith(t, { reply: () => hold })
  const target = targetAt(t, double.url, { maxInFlight: 2 })
  const abort = new AbortController()
  const attempt = outcomesOf(target, batchOf(3), abort.signal)
  await until('the window is full', () => ledger.length === 2)
  abort.abort()
  t.deepEqual(await attempt, ['unknown attempt_aborted', 'unknown attempt_aborted', 'unsent attempt_aborted'])
  const next = outcomesOf(target, batchOf(2, { from: 3 }))
  double.acknowledgeHeld()
  await until('the next arrived', () => ledger.length === 4)
  double.acknowledgeHeld()
  t.deepEqual(await next, [delivered, delivered])
  t.is(double.accepted, 1)
})

test('an empty message is an empty payload', async t => {
  const { double, ledger } = await doubleWith(t)
  const { batchOf: batchOfValues } = await import('../../messages.ts')
  t.deepEqual(await outcomesOf(targetAt(t, double.url), batchOfValues([null, ''])), [delivered, delivered])
  t.deepEqual(
    ledger.map(({ payload }) => payload.length),
    [0, 0]
  )
})
