// Receivers that are down, hang, break off or talk nonsense: the outcome tells whether anything may have arrived,
// time-outs fire on time, and nothing stays open.

import net from 'node:net'
import test from 'ava'
import { FaultError } from '../../../schemas/errors.ts'
import { makeCertificates } from '../../certificates.ts'
import { deliveredWith, deliverOne, doubleWith, outcomeOf, targetAt, until } from './harness.ts'

const ok = { kind: 'answer', status: 200 } as const
const certificates = makeCertificates()

/** Below every default, so that it is the time-out set here that has fired; a busy machine may take a second. */
const inTimeMs = 5_000

/** Runs an attempt and says how long it took. */
async function timed<T>(attempt: Promise<T>): Promise<{ outcome: T; tookMs: number }> {
  const startMs = performance.now()
  const outcome = await attempt
  return { outcome, tookMs: performance.now() - startMs }
}

test('a receiver that is down means unsent, and delivery goes on when it is back', async t => {
  const { double } = await doubleWith(t, ok)
  const target = targetAt(t, double.url)
  t.deepEqual(await deliverOne(target), deliveredWith(200))
  await double.stop()
  const outcome = await deliverOne(target)
  // The first request after the stop may have been written on the connection that was just cut.
  t.true(outcome.kind === 'unsent' || outcome.kind === 'unknown')
  t.like(await deliverOne(target), { kind: 'unsent', code: 'http_connect_failed' })
  await double.start()
  t.deepEqual(await deliverOne(target), deliveredWith(200))
})

test('a name that does not resolve means unsent', async t => {
  const outcome = await deliverOne(targetAt(t, 'http://no-such-host.invalid/'))
  t.like(outcome, { kind: 'unsent', code: 'http_connect_failed' })
})

test('a connection that is not accepted in time means unsent, on time', async t => {
  // TLS to a server that never says a word: TCP connects, the handshake does not end.
  const silent = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => silent.once('listening', resolve))
  const { port } = silent.address() as net.AddressInfo // a listening TCP server has one
  t.teardown(() => silent.close())
  const target = targetAt(t, `https://127.0.0.1:${port}/`, { connectTimeoutMs: 100 })
  const { outcome, tookMs } = await timed(deliverOne(target))
  t.deepEqual(outcome, { kind: 'unsent', code: 'http_connect_timeout', detail: 'after 100 ms' })
  t.true(tookMs >= 95 && tookMs < inTimeMs, `${tookMs}`)
})

test('no answer in time means unknown, on time', async t => {
  const { outcome, tookMs } = await timed(outcomeOf(t, { kind: 'hang' }, { responseTimeoutMs: 120 }))
  t.deepEqual(outcome, { kind: 'unknown', code: 'http_response_timeout', detail: 'after 120 ms' })
  t.true(tookMs >= 115 && tookMs < inTimeMs, `${tookMs}`)
})

test('an answer that confirms but does not end in time means unknown, on time', async t => {
  const drip = { kind: 'trickle', status: 200, everyMs: 10 } as const
  const { outcome, tookMs } = await timed(outcomeOf(t, drip, { bodyTimeoutMs: 120 }))
  t.deepEqual(outcome, { kind: 'unknown', code: 'http_body_timeout', detail: 'after 120 ms' })
  t.true(tookMs >= 115 && tookMs < inTimeMs, `${tookMs}`)
})

test('an answer that refuses counts as refusal even if it does not end', async t => {
  const drip = { kind: 'trickle', status: 401, everyMs: 10 } as const
  t.like(await outcomeOf(t, drip, { bodyTimeoutMs: 60 }), { kind: 'halt', code: 'http_unauthorized' })
})

test('of an answer longer than is read, the status alone counts', async t => {
  const body = Buffer.alloc(200_000, 'x')
  t.deepEqual(await outcomeOf(t, { ...ok, body }), deliveredWith(200))
  t.like(await outcomeOf(t, { ...ok, status: 422, body }), { kind: 'reject', code: 'http_rejected' })
  t.like(await outcomeOf(t, { ...ok, status: 503, body }), { kind: 'retry', code: 'http_unavailable' })
})

test('a late answer within the limits is delivered', async t => {
  t.deepEqual(await outcomeOf(t, { ...ok, afterMs: 150 }, { responseTimeoutMs: 5000 }), deliveredWith(200))
})

test('a connection reset after the request means unknown', async t => {
  t.like(await outcomeOf(t, { kind: 'reset' }), { kind: 'unknown', code: 'http_connection_lost' })
})

const halves: readonly [title: string, bytes: string, code: string][] = [
  ['closed without an answer', '', 'http_connection_lost'],
  ['closed in the middle of the status line', 'HTTP/1.1 20', 'http_connection_lost'],
  ['closed in the middle of the headers', 'HTTP/1.1 200 OK\r\ncontent-le', 'http_connection_lost'],
  [
    'closed in the middle of the body',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf',
    'http_answer_incomplete'
  ],
  [
    'closed in the middle of a chunk',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nx',
    'http_answer_incomplete'
  ],
  ['followed by something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'http_answer_malformed']
]

for (const [title, bytes, code] of halves) {
  test(`a request ${title} means unknown`, async t => {
    t.like(await outcomeOf(t, { kind: 'raw', bytes }), { kind: 'unknown', code })
  })
}

test('after every kind of failure the next request works', async t => {
  const { double } = await doubleWith(t, [
    { kind: 'reset' },
    { kind: 'hang' },
    { kind: 'raw', bytes: 'nonsense\r\n' },
    { kind: 'trickle', status: 200, everyMs: 5 },
    ok
  ])
  const target = targetAt(t, double.url, { responseTimeoutMs: 80, bodyTimeoutMs: 80, batchesInFlight: 1 })
  for (let count = 0; count < 4; count++) t.like(await deliverOne(target), { kind: 'unknown' })
  t.deepEqual(await deliverOne(target), deliveredWith(200))
})

test('the signal ends an attempt at once: unknown when sent, unsent when not', async t => {
  const { double, ledger } = await doubleWith(t, { kind: 'hang' })
  const target = targetAt(t, double.url, { batchesInFlight: 1 })
  const controller = new AbortController()
  const sent = deliverOne(target, ['{}'], controller.signal)
  await until(() => ledger.length === 1)
  const queued = deliverOne(target, ['{}'], controller.signal)
  controller.abort(new FaultError('attempt_timeout'))
  t.like(await sent, { kind: 'unknown', code: 'attempt_timeout' })
  t.like(await queued, { kind: 'unsent', code: 'attempt_timeout' })
  t.like(await deliverOne(target, ['{}'], AbortSignal.abort()), { kind: 'unsent', code: 'attempt_aborted' })
  await target.close()
  t.is(ledger.length, 1)
})

test('with its authority in tls.ca a private certificate is trusted', async t => {
  const { double } = await doubleWith(t, ok, { tls: certificates })
  t.deepEqual(await deliverOne(targetAt(t, double.url, { tls: { ca: certificates.ca } })), deliveredWith(200))
})

test('a certificate that is not trusted, or for another name, means unsent', async t => {
  const { double, ledger } = await doubleWith(t, ok, { tls: certificates })
  const untrusting = targetAt(t, double.url)
  t.like(await deliverOne(untrusting), { kind: 'unsent', code: 'http_tls_failed' })
  const strict = targetAt(t, double.url, { tls: { ca: certificates.ca, servername: 'other.example' } })
  t.like(await deliverOne(strict), { kind: 'unsent', code: 'http_tls_failed' })
  t.is(ledger.length, 0)
})

test('https to a port that speaks plain HTTP means unsent', async t => {
  const { double } = await doubleWith(t, ok)
  const outcome = await deliverOne(targetAt(t, double.url.replace('http:', 'https:')))
  t.like(outcome, { kind: 'unsent', code: 'http_tls_failed' })
})

test('a client certificate opens a receiver that demands one', async t => {
  const tls = { ...certificates, requestCert: true, rejectUnauthorized: true }
  const { double } = await doubleWith(t, ok, { tls })
  const { ca, cert, key } = certificates
  t.deepEqual(await deliverOne(targetAt(t, double.url, { tls: { ca, cert, key } })), deliveredWith(200))
  const outcome = await deliverOne(targetAt(t, double.url, { tls: { ca } }))
  t.true(outcome.kind === 'unknown' || outcome.kind === 'unsent')
})
