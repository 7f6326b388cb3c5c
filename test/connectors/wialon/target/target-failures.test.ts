// Receivers that are down, hang, hang up, or answer too little, too much or something else. Whenever the count of the
// answers is in doubt nothing counts as delivered, and no answer of the past is taken for one of the next batch.

import test from 'ava'
import { type Clock, systemClock } from '../../../../connectors/clock.ts'
import { delivered } from '../../../../connectors/connector.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import type { Reply } from '../../../../connectors/wialon/double.ts'
import { until } from '../../../flows/harness/until.ts'
import { deliver, doubleWith, messages, range, targetAt, times } from './harness.ts'

const answer: Reply = { kind: 'answer' }

test('a receiver that is down means unsent', async t => {
  const { double } = await doubleWith(t)
  await double.stop()
  const outcome = await deliver(targetAt(t, { port: double.port }), messages(3))
  t.like(outcome, { kind: 'unsent', code: 'wialon_connect_failed' })
})

test('a name that does not resolve means unsent', async t => {
  const outcome = await deliver(targetAt(t, { host: 'no-such-host.invalid', port: 1 }), messages(1))
  t.like(outcome, { kind: 'unsent', code: 'wialon_connect_failed' })
})

test('a connection that does not come about in time means unsent', async t => {
  const { double, ledger } = await doubleWith(t)
  // Time is up before the loopback has had a chance to connect.
  const hasty: Clock = {
    ...systemClock,
    after: (_, fn) => {
      queueMicrotask(fn)
      return () => {}
    }
  }
  const outcome = await deliver(targetAt(t, { port: double.port }, { clock: hasty }), messages(1))
  t.deepEqual(outcome, { kind: 'unsent', code: 'wialon_connect_timeout', detail: 'after 10000 ms' })
  t.is(ledger.length, 0)
})

const failures: readonly [title: string, reply: (at: number) => Reply, code: string, detail: RegExp][] = [
  [
    'no answer',
    () => ({ kind: 'silent' }),
    'wialon_answer_timeout',
    /^after 30000 ms, 0 of 5 packets answered$/
  ],
  [
    'answers to all but one',
    at => (at === 1 ? { kind: 'silent' } : answer),
    'wialon_answer_timeout',
    /^after 30000 ms, [0-4] of 5 packets answered$/
  ],
  [
    'the end of the connection after two of five answers',
    at => (at < 2 ? answer : { kind: 'close' }),
    'wialon_connection_lost',
    /^the receiver closed the connection, 2 of 5 packets answered$/
  ],
  ['a reset', () => ({ kind: 'reset' }), 'wialon_connection_lost', /ECONNRESET, 0 of 5 packets answered$/],
  [
    'another byte',
    at => (at < 2 ? answer : { kind: 'raw', bytes: Buffer.of(0x06) }),
    'wialon_answer_malformed',
    /^0x06\w* instead of 0x11, \d of 5 packets answered$/
  ],
  [
    'the number 17 as a text',
    () => ({ kind: 'raw', bytes: Buffer.from('17') }),
    'wialon_answer_malformed',
    /^0x3137\w* instead of 0x11, 0 of 5 packets answered$/
  ],
  [
    'more answers than packets',
    at => (at < 4 ? { kind: 'silent' } : { kind: 'raw', bytes: Buffer.alloc(6, 0x11) }),
    'wialon_answer_surplus',
    /^6 for 5 open packets, 0 of 5 packets answered$/
  ]
]

for (const [title, reply, code, detail] of failures) {
  test(`${title}: the whole batch is unknown, and the next one has a connection of its own`, async t => {
    const { double, ledger } = await doubleWith(t, at => (double.accepted > 1 ? answer : reply(at)))
    const clock = new VirtualClock()
    const target = targetAt(t, { port: double.port }, { clock })
    const attempt = deliver(target, messages(5))
    if (code === 'wialon_answer_timeout') {
      await until('all packets', () => ledger.length === 5)
      await clock.advance(30_000)
    }
    const outcome = await attempt
    t.like(outcome, { kind: 'unknown', code })
    t.regex('detail' in outcome ? outcome.detail : '', detail)
    const seen = ledger.length
    t.deepEqual(await deliver(target, messages(5)), delivered)
    t.deepEqual(times(ledger.slice(seen)), range(5))
    t.is(double.accepted, 2)
    t.is(clock.waiting, 0)
  })
}

test('an answer after the time-out is not taken for one to the next batch', async t => {
  const { double, ledger } = await doubleWith(t, () =>
    double.accepted === 1 ? { kind: 'answer', afterMs: 200 } : { kind: 'silent' }
  )
  const target = targetAt(t, { port: double.port, answerTimeoutMs: 100 })
  t.like(await deliver(target, messages(1)), { kind: 'unknown', code: 'wialon_answer_timeout' })
  // It runs past the 200 ms at which the first packet is answered.
  t.like(await deliver(target, messages(1)), { kind: 'unknown', code: 'wialon_answer_timeout' })
  t.like(await deliver(target, messages(1)), { kind: 'unknown', code: 'wialon_answer_timeout' })
  t.is(ledger.length, 3)
})

test('bytes that nobody waits for end the connection and are told', async t => {
  const { double } = await doubleWith(t)
  const events: string[] = []
  const target = targetAt(t, { port: double.port }, { events })
  t.deepEqual(await deliver(target, messages(1)), delivered)
  double.say(Buffer.of(0x11))
  await until('the connection was given up', () => double.connections === 0)
  t.deepEqual(events, ['answer_unasked'])
  t.deepEqual(await deliver(target, messages(1)), delivered)
  t.is(double.accepted, 2)
})

test('an attempt that is given up settles at once: unknown when it was written', async t => {
  const { double, ledger } = await doubleWith(t, () => ({ kind: 'hang' }))
  const target = targetAt(t, { port: double.port })
  const controller = new AbortController()
  const attempt = deliver(target, messages(3), controller.signal)
  await until('the first packet', () => ledger.length === 1)
  controller.abort()
  t.deepEqual(await attempt, {
    kind: 'unknown',
    code: 'attempt_aborted',
    detail: '0 of 3 packets answered'
  })
})

test('an attempt that is given up settles at once: unsent while it connects, and before', async t => {
  const { double, ledger } = await doubleWith(t)
  const target = targetAt(t, { port: double.port })
  const controller = new AbortController()
  const attempt = deliver(target, messages(1), controller.signal)
  controller.abort()
  t.like(await attempt, { kind: 'unsent', code: 'attempt_aborted' })
  t.like(await deliver(target, messages(1), AbortSignal.abort()), { kind: 'unsent', code: 'attempt_aborted' })
  t.deepEqual(await deliver(target, messages(1)), delivered)
  t.like(await deliver(target, messages(1), AbortSignal.abort()), { kind: 'unsent', code: 'attempt_aborted' })
  t.is(ledger.length, 1)
})

test('close() settles an attempt that is under way', async t => {
  const { double, ledger } = await doubleWith(t, () => ({ kind: 'silent' }))
  const target = targetAt(t, { port: double.port })
  const attempt = deliver(target, messages(2))
  await until('two packets', () => ledger.length === 2)
  await target.close()
  t.like(await attempt, { kind: 'unknown', code: 'attempt_aborted' })
})

test('two batches at once are not mixed up', async t => {
  const { double } = await doubleWith(t)
  const target = targetAt(t, { port: double.port })
  const outcomes = await Promise.all([deliver(target, messages(2)), deliver(target, messages(2))])
  t.like(outcomes, [delivered, { kind: 'unsent', code: 'internal' }])
})
