// Requests as a receiver sees them, and the outcome of every kind of answer, over real sockets.

import test from 'ava'
import { registry } from '../../../connectors/registry.ts'
import { batchOf } from '../../messages.ts'
import { deliveredWith, deliverOne, doubleWith, outcomeOf, targetAt } from './harness.ts'

const ok = { kind: 'answer', status: 200 } as const

test('a batch is one POST of a JSON array with the very bytes of its messages', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, `${double.url}/telemetry?site=7`)
  t.deepEqual(
    await deliverOne(target, ['{"ident":"1","n":1.0}', '{"ident":"2","big":12345678901234567890}']),
    deliveredWith(200)
  )
  t.is(ledger.length, 1)
  t.like(ledger[0], { method: 'POST', path: '/telemetry?site=7' })
  t.is(ledger[0]?.body.toString(), '[{"ident":"1","n":1.0},{"ident":"2","big":12345678901234567890}]')
  t.is(ledger[0]?.headers['content-type'], 'application/json')
  t.is(ledger[0]?.headers['content-length'], String(ledger[0]?.body.length))
})

test('with format ndjson a batch is one message a line', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  await deliverOne(targetAt(t, double.url, { format: 'ndjson' }), ['{"ident":"1"}', '{\n"ident":"2"}'])
  t.is(ledger[0]?.body.toString(), '{"ident":"1"}\n{ "ident":"2"}\n')
  t.is(ledger[0]?.headers['content-type'], 'application/x-ndjson')
})

test('bearer and headers are sent, and headers may replace the content type', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const headers = { 'X-Fleet': 'north', 'Content-Type': 'application/json; charset=utf-8' }
  await deliverOne(targetAt(t, double.url, { bearer: 'token-1', headers }))
  t.is(ledger[0]?.headers.authorization, 'Bearer token-1')
  t.is(ledger[0]?.headers['x-fleet'], 'north')
  t.is(ledger[0]?.headers['content-type'], 'application/json; charset=utf-8')
})

test('the idempotency key stays the same when a batch is repeated, and differs for another batch', async t => {
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, double.url)
  const [first, second] = [batchOf(['{}', '{}']), batchOf(['{}'])]
  for (const batch of [first, first, second]) await target.deliver(batch, new AbortController().signal)
  const keys = ledger.map(request => request.headers['idempotency-key'])
  t.regex(String(keys[0]), /^[0-9a-f]{64}$/)
  t.is(keys[1], keys[0])
  t.not(keys[2], keys[0])
})

test('requests one after the other share a connection, and those at once have one each', async t => {
  const { double } = await doubleWith(t, { ...ok, afterMs: 20 })
  const target = targetAt(t, double.url)
  for (let count = 0; count < 6; count++) await deliverOne(target)
  // Two, because a connection is free again only an instant after its answer was reported.
  t.true(double.connections <= 2)
  await Promise.all(Array.from({ length: 5 }, () => deliverOne(target)))
  t.true(double.connections >= 5 && double.connections <= 6)
})

test('the limits keep a body within maxBytes', t => {
  const target = targetAt(t, 'http://127.0.0.1:1', { maxMessages: 10, maxBytes: 1000, batchesInFlight: 3 })
  t.deepEqual(target.limits, { maxMessages: 10, maxBytes: 989, batchesInFlight: 3 })
})

const answers: readonly [status: number, kind: string, code?: string][] = [
  [200, 'delivered'],
  [202, 'delivered'],
  [204, 'delivered'],
  [307, 'halt', 'http_redirected'],
  [400, 'reject', 'http_rejected'],
  [401, 'halt', 'http_unauthorized'],
  [404, 'halt', 'http_address_refused'],
  [413, 'reject', 'http_too_large'],
  [429, 'retry', 'http_throttled'],
  [503, 'retry', 'http_unavailable']
]

for (const [status, kind, code] of answers) {
  test(`a real answer with status ${status} is ${kind}`, async t => {
    const body = status === 204 ? '' : '{"error":"told so"}'
    const outcome = await outcomeOf(t, { kind: 'answer', status, body, headers: { location: '/other' } })
    if (kind === 'delivered') t.deepEqual(outcome, deliveredWith(status))
    else t.like(outcome, { kind, code, detail: `HTTP ${status}: {"error":"told so"}` })
  })
}

test('a redirect is not followed', async t => {
  const { double, ledger } = await doubleWith(t, { kind: 'answer', status: 308, headers: { location: '/b' } })
  t.like(await deliverOne(targetAt(t, `${double.url}/a`)), { kind: 'halt' })
  t.deepEqual(
    ledger.map(request => request.path),
    ['/a']
  )
})

test('Retry-After is read in seconds and as a date', async t => {
  const busy = (value: string) =>
    ({ kind: 'answer', status: 503, headers: { 'retry-after': value } }) as const
  t.like(await outcomeOf(t, busy('7')), { retryAfterMs: 7000 })
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  const outcome = await outcomeOf(t, busy(inAMinute))
  const waitMs = 'retryAfterMs' in outcome ? (outcome.retryAfterMs ?? 0) : 0
  t.true(waitMs > 50_000 && waitMs <= 60_000)
})

test('with success 200 another 2xx is tried again', async t => {
  const outcome = await outcomeOf(t, { kind: 'answer', status: 202, body: 'queued' }, { success: [200] })
  t.like(outcome, { kind: 'retry', code: 'http_success_unlisted', detail: 'HTTP 202: queued' })
})

test('an early hint before the answer changes nothing', async t => {
  const bytes = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
  t.deepEqual(await outcomeOf(t, { kind: 'raw', bytes }), deliveredWith(200))
})

test('a refusal that echoes our secrets is reported without them', async t => {
  const body = 'bad request: Bearer token-1, x-key=key-4711, secret=query%20one and query one'
  const { double } = await doubleWith(t, { kind: 'answer', status: 400, body })
  const settings = { bearer: 'token-1', headers: { 'x-key': 'key-4711' } }
  const secrets = ['token-1', 'key-4711', 'query one']
  const target = targetAt(t, `${double.url}/?secret=query%20one`, { ...settings, secrets })
  const outcome = await deliverOne(target)
  t.like(outcome, { detail: 'HTTP 400: bad request: Bearer ***, x-key=***, secret=*** and ***' })
})

test('what is said of a message that was taken is kept without our secrets, and not at any length', async t => {
  const body = JSON.stringify({ results: [{ status: `taken of token-1 ${'x'.repeat(2_000)}` }] })
  const { double } = await doubleWith(t, { kind: 'answer', status: 200, body })
  const lists = [{ at: 'results', value: 'status', meanings: { '*': 'delivered' as const } }]
  const parts = { lists, unnamed: 'retry' as const }
  const target = targetAt(t, double.url, { parts, secrets: ['token-1'] })
  const [outcome] = [await target.deliver(batchOf(['{}']), new AbortController().signal)].flat()
  const answer = outcome?.kind === 'delivered' ? (outcome.answer ?? '') : ''
  t.true(answer.startsWith('HTTP 200: taken of *** xxx'))
  t.true(answer.length < 1_000)
})

test('a huge answer is not read to its end: the status counts and the connection is given up', async t => {
  const body = Buffer.alloc(20_000_000, 'x')
  const { double } = await doubleWith(t, [
    { kind: 'answer', status: 400, body },
    { kind: 'answer', status: 200, body },
    ok
  ])
  const target = targetAt(t, double.url)
  t.like(await deliverOne(target), { kind: 'reject', detail: `HTTP 400: ${'x'.repeat(500)}…` })
  t.deepEqual(await deliverOne(target), deliveredWith(200))
  t.deepEqual(await deliverOne(target), deliveredWith(200))
})

test('settings that contradict each other are refused', t => {
  const url = 'http://127.0.0.1:1'
  const refused = { code: 'config_invalid' }
  t.throws(() => targetAt(t, url, { bearer: 'x', headers: { Authorization: 'y' } }), refused)
  t.throws(() => targetAt(t, url, { headers: { 'X-A': '1', 'x-a': '2' } }), refused)
  t.throws(() => targetAt(t, url, { tls: {} }), refused)
  t.throws(() => targetAt(t, 'https://127.0.0.1:1', { tls: { cert: 'none', key: 'none' } }), refused)
  t.throws(() => targetAt(t, 'https://127.0.0.1:1', { tls: { ca: 'none' } }), refused)
})

test('headers that would break the request are no valid configuration', t => {
  const url = 'http://127.0.0.1:1'
  for (const name of ['Connection', 'transfer-encoding', 'Content-Length', 'a b', '', 'Idempotency-Key']) {
    t.throws(() => targetAt(t, url, { headers: { [name]: 'x' } }), undefined, name)
  }
  t.throws(() => targetAt(t, url, { headers: { 'x-a': 'one\r\nx-b: two' } }))
  t.throws(() => targetAt(t, url, { bearer: 'to ken' }))
  t.notThrows(() => targetAt(t, url, { headers: { 'Connection-Id': 'x', Te2: 'y' } }))
})

test('the registry lists the target, and its definition creates it', t => {
  t.true(registry.targets.some(definition => definition.kind === 'http'))
})
