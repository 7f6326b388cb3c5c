// The Wialon target against its double: what is written, in which order and on which connection, and when a batch
// counts as delivered.

import test from 'ava'
import { delivered } from '../../../../connectors/connector.ts'
import { FaultError } from '../../../../schemas/errors.ts'
import { until } from '../../../flows/harness/until.ts'
import { deliver, doubleWith, messages, range, targetAt, times } from './harness.ts'

test('batches arrive in order on one connection and are delivered', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, { port: double.port })
  await target.open(new AbortController().signal)
  for (let from = 0; from < 2000; from += 100)
    t.deepEqual(await deliver(target, messages(100, from)), delivered)
  t.deepEqual(times(ledger), range(2000))
  t.is(double.accepted, 1)
})

test('all packets of a batch are written before the first answer has come', async t => {
  const { double, ledger } = await doubleWith(t, at =>
    at < 99 ? { kind: 'silent' } : { kind: 'raw', bytes: Buffer.alloc(100, 0x11) }
  )
  t.deepEqual(await deliver(targetAt(t, { port: double.port }), messages(100)), delivered)
  t.is(ledger.length, 100)
})

test('a batch is delivered only when the last of its packets is answered', async t => {
  const { double, ledger } = await doubleWith(t, at => ({ kind: at < 9 ? 'answer' : 'silent' }))
  const target = targetAt(t, { port: double.port })
  let settled = false
  const attempt = deliver(target, messages(10)).finally(() => {
    settled = true
  })
  await until('ten packets', () => ledger.length === 10)
  t.false(settled)
  double.say(Buffer.of(0x11))
  t.deepEqual(await attempt, delivered)
})

test('late answers within the time-out are answers', async t => {
  const { double } = await doubleWith(t, () => ({ kind: 'answer', afterMs: 100 }))
  t.deepEqual(await deliver(targetAt(t, { port: double.port }), messages(5)), delivered)
})

test('a message that has no packet is rejected with its reason, and the others are delivered', async t => {
  const { double, ledger } = await doubleWith(t)
  const [first = '', last = ''] = messages(2)
  const values = [first, '{"timestamp":1}', '{"ident":"a"}', 'nonsense', last]
  const outcome = await deliver(targetAt(t, { port: double.port }), values)
  t.like(outcome, [
    delivered,
    { kind: 'reject', code: 'wialon_unencodable', detail: 'ident is missing' },
    { kind: 'reject', code: 'wialon_unencodable', detail: 'timestamp is missing' },
    { kind: 'reject', code: 'wialon_unencodable' },
    delivered
  ])
  t.deepEqual(times(ledger), [0, 1])
})

test('a batch without a single packet needs no receiver', async t => {
  const outcome = await deliver(targetAt(t, { port: 1 }), ['{}', '[]'])
  t.like(outcome, [{ kind: 'reject' }, { kind: 'reject' }])
})

test('messages that were not sent are unsent, and those without a packet are rejected all the same', async t => {
  const { double } = await doubleWith(t)
  await double.stop()
  const outcome = await deliver(targetAt(t, { port: double.port }), [...messages(1), '{}'])
  t.like(outcome, [{ kind: 'unsent' }, { kind: 'reject' }])
})

test('open() connects, and says why it cannot', async t => {
  const { double } = await doubleWith(t)
  const { signal } = new AbortController()
  await targetAt(t, { port: double.port }).open(signal)
  await until('a connection', () => double.connections === 1)
  await double.stop()
  const error = await t.throwsAsync(targetAt(t, { port: double.port }).open(signal), {
    instanceOf: FaultError,
    message: new RegExp(`could not be reached: .*ECONNREFUSED.*${double.port}`)
  })
  t.like(error, { code: 'wialon_connect_failed' })
})

test('a receiver that was restarted is connected again', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, { port: double.port })
  t.deepEqual(await deliver(target, messages(2)), delivered)
  await double.stop()
  await until('the end was noticed', async () => {
    const outcome = await deliver(target, messages(1))
    return 'kind' in outcome && outcome.kind === 'unsent'
  })
  await double.start()
  t.deepEqual(await deliver(target, messages(2, 2)), delivered)
  t.deepEqual(times(ledger), [0, 1, 2, 3])
})

test('a message of a megabyte is one packet', async t => {
  const { double, ledger } = await doubleWith(t)
  const note = 'é'.repeat(500_000)
  const value = JSON.stringify({ ident: 'a', timestamp: 1, note })
  t.deepEqual(await deliver(targetAt(t, { port: double.port }), [value]), delivered)
  t.deepEqual(ledger[0]?.blocks, [{ kind: 'text', name: 'note', hidden: false, value: note }])
})

test('a field that is left out is told once, and the message is sent', async t => {
  const { double, ledger } = await doubleWith(t)
  const lines: unknown[] = []
  const log = (name: string, fields?: object) => void lines.push({ name, ...fields })
  const target = targetAt(t, { port: double.port }, { log })
  const value = JSON.stringify({ ident: 'a', timestamp: 1, list: [1], posinfo: 2, x: 3 })
  t.deepEqual(await deliver(target, [value, value]), delivered)
  t.deepEqual(lines, [
    {
      name: 'fields_left_out',
      stream: 'acme',
      ident: 'a',
      fields: { list: 'no type for it', posinfo: 'a name of the protocol' }
    }
  ])
  t.is(ledger.length, 2)
})

test('inputs, outputs, driver and alarm arrive in the places that the protocol has for them', async t => {
  const { double, ledger } = await doubleWith(t)
  const value = { ident: 'a', timestamp: 1, din: 5, dout: 2 ** 32 - 1, 'driver.id': 'D', 'alarm.event': true }
  t.deepEqual(await deliver(targetAt(t, { port: double.port }), [JSON.stringify(value)]), delivered)
  t.like(ledger[0], {
    flags: 0x36,
    blocks: [
      { kind: 'integer', name: 'avl_inputs', hidden: true, value: 5 },
      { kind: 'integer', name: 'avl_outputs', hidden: true, value: -1 },
      { kind: 'text', name: 'avl_driver', hidden: true, value: 'D' }
    ]
  })
})
