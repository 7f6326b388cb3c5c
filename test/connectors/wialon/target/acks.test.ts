// Receivers that answer otherwise than the document says, and several connections: what counts as delivered with each
// way of acknowledgement, and what a connection that is stuck holds up.

import test from 'ava'
import { delivered } from '../../../../connectors/connector.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { batchFrom, messagesOf } from '../../../messages.ts'
import { deliver, doubleWith, messages, range, targetAt, times } from './harness.ts'

test('a receiver that answers once for what it reads at once is enough with "acks: any"', async t => {
  const { double, ledger } = await doubleWith(t, undefined, { answersOncePerRead: true })
  const target = targetAt(t, { port: double.port, acks: 'any' })
  for (let from = 0; from < 500; from += 100)
    t.deepEqual(await deliver(target, messages(100, from)), delivered)
  t.deepEqual(times(ledger), range(500))
  t.is(double.accepted, 1)
})

test('the same receiver leaves a batch unknown where each packet is to be answered', async t => {
  const { double, ledger } = await doubleWith(t, undefined, { answersOncePerRead: true })
  const clock = new VirtualClock()
  const attempt = deliver(targetAt(t, { port: double.port }, { clock }), messages(5))
  await until('all packets', () => ledger.length === 5)
  await clock.advance(30_000)
  t.like(await attempt, { kind: 'unknown', code: 'wialon_answer_timeout' })
})

test('answers beyond the first are passed over with "acks: any", also when they come late', async t => {
  const { double, ledger } = await doubleWith(t, at =>
    at % 2 === 0 ? { kind: 'answer' } : { kind: 'silent' }
  )
  const events: string[] = []
  const target = targetAt(t, { port: double.port, acks: 'any' }, { events })
  t.deepEqual(await deliver(target, messages(4)), delivered)
  double.say(Buffer.of(0x11, 0x11))
  t.deepEqual(await deliver(target, messages(4, 4)), delivered)
  await until('all packets', () => ledger.length === 8)
  t.deepEqual(events, [])
  t.is(double.accepted, 1)
})

test('with "acks: any" a receiver is believed for the whole batch once it has answered a packet of it', async t => {
  const { double } = await doubleWith(t, at => ({ kind: at === 0 ? 'answer' : 'silent' }))
  t.deepEqual(await deliver(targetAt(t, { port: double.port, acks: 'any' }), messages(3)), delivered)
})

test('without any answer a batch is unknown with "acks: any"', async t => {
  const { double, ledger } = await doubleWith(t, () => ({ kind: 'silent' }))
  const clock = new VirtualClock()
  const attempt = deliver(targetAt(t, { port: double.port, acks: 'any' }, { clock }), messages(3))
  await until('all packets', () => ledger.length === 3)
  await clock.advance(30_000)
  t.like(await attempt, {
    kind: 'unknown',
    code: 'wialon_answer_timeout',
    detail: 'after 30000 ms, 0 of 3 packets answered'
  })
})

test('the number 17 as a text is an answer with "ackBytes: any" only', async t => {
  const answer = Buffer.from('17')
  const { double, ledger } = await doubleWith(t, undefined, { answer })
  const port = double.port
  const strict = targetAt(t, { port, acks: 'any' })
  t.like(await deliver(strict, messages(3)), { kind: 'unknown', code: 'wialon_answer_malformed' })
  const seen = ledger.length
  const lenient = targetAt(t, { port, acks: 'any', ackBytes: 'any' })
  t.deepEqual(await deliver(lenient, messages(3, 10)), delivered)
  t.deepEqual(await deliver(lenient, messages(3, 13)), delivered)
  await until('all packets', () => ledger.length === seen + 6)
  t.deepEqual(times(ledger.slice(seen)), range(6, 10))
})

test('"ackBytes: any" is a mistake where packets are counted', t => {
  for (const acks of ['per-packet', 'none'] as const) {
    const error = t.throws(() => targetAt(t, { port: 1, acks, ackBytes: 'any' }), { instanceOf: FaultError })
    t.like(error, { code: 'config_invalid', path: 'ackBytes' })
  }
})

test('with "acks: none" what is written is delivered, and whatever the receiver says is passed over', async t => {
  const { double, ledger } = await doubleWith(t, at =>
    at % 3 === 0 ? { kind: 'raw', bytes: Buffer.from('thanks') } : { kind: 'silent' }
  )
  const target = targetAt(t, { port: double.port, acks: 'none' })
  for (let from = 0; from < 300; from += 100)
    t.deepEqual(await deliver(target, messages(100, from)), delivered)
  await until('all packets', () => ledger.length === 300)
  t.deepEqual(times(ledger), range(300))
  t.is(double.accepted, 1)
})

test('with "acks: none" a receiver that does not read ends as unknown, not as delivered', async t => {
  const { double, ledger } = await doubleWith(t, () => ({ kind: 'hang' }))
  const clock = new VirtualClock()
  const target = targetAt(t, { port: double.port, acks: 'none' }, { clock })
  // More than the buffers of both sides hold.
  const large = JSON.stringify({ ident: 'a', timestamp: 1, note: 'n'.repeat(30_000_000) })
  t.deepEqual(await deliver(target, messages(1)), delivered)
  await until('the first packet', () => ledger.length === 1)
  const attempt = deliver(target, [large])
  await clock.advance(30_000)
  t.deepEqual(await attempt, { kind: 'unknown', code: 'wialon_write_timeout', detail: 'after 30000 ms' })
})

test('with "acks: none" a batch after the end of a connection has another one', async t => {
  const { double, ledger } = await doubleWith(t, () => ({ kind: 'silent' }))
  const target = targetAt(t, { port: double.port, acks: 'none' })
  t.deepEqual(await deliver(target, messages(1)), delivered)
  await until('the packet', () => ledger.length === 1)
  double.cut()
  await until('the end was noticed', () => double.connections === 0)
  t.deepEqual(await deliver(target, messages(1, 1)), delivered)
  await until('the second packet', () => ledger.length === 2)
  t.is(double.accepted, 2)
})

const devices = Array.from({ length: 40 }, (_, at) => `device-${at}`)

test('devices are spread over the connections, and each keeps to its own', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, { port: double.port, connections: 4 })
  await target.open(new AbortController().signal)
  await until('four connections', () => double.connections === 4)
  const values = devices.map(ident => JSON.stringify({ ident, timestamp: 1 }))
  const all = messagesOf([...values, ...values], { keys: [...devices, ...devices] })
  const destinations = new Map<string, typeof all>()
  for (const message of all) {
    const destination = target.destination?.(message) ?? t.fail()
    destinations.set(destination, [...(destinations.get(destination) ?? []), message])
  }
  t.deepEqual([...destinations.keys()].sort(), ['0', '1', '2', '3'])
  for (const [destination, own] of destinations) {
    const devicesOfIt = new Set(own.map(message => message.key()))
    t.is(own.length, devicesOfIt.size * 2)
    t.deepEqual(await target.deliver(batchFrom(own, destination), new AbortController().signal), delivered)
  }
  t.is(ledger.length, 80)
  t.is(double.accepted, 4)
})

test('a connection that is stuck holds up nothing on the others', async t => {
  const { double, ledger } = await doubleWith(t, at => (at === 0 ? { kind: 'silent' } : { kind: 'answer' }))
  const target = targetAt(t, { port: double.port, connections: 2 })
  const [value = ''] = messages(1)
  const { signal } = new AbortController()
  const stuck = target.deliver(batchFrom(messagesOf([value]), '0'), signal)
  await until('the packet that is not answered', () => ledger.length === 1)
  for (let count = 0; count < 5; count++)
    t.deepEqual(await target.deliver(batchFrom(messagesOf([value]), '1'), signal), delivered)
  await target.close()
  t.like(await stuck, { kind: 'unknown' })
})

test('open() tries all connections, and can be called again when one of them failed', async t => {
  const { double } = await doubleWith(t)
  const target = targetAt(t, { port: double.port, connections: 3 })
  await double.stop()
  const { signal } = new AbortController()
  await t.throwsAsync(target.open(signal), { instanceOf: FaultError })
  await double.start()
  await target.open(signal)
  await until('three connections', () => double.connections === 3)
})
