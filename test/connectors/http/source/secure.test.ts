// The source over TLS: HTTP/1.1 and HTTP/2 on one port, client certificates, renewed certificates; and senders that
// ask before they send a body.

import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import { connect as connectPlain } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import test from 'ava'
import { type Certificates, makeCertificates } from '../../../certificates.ts'
import { until } from '../../../flows/harness/until.ts'
import { type Harness, readToEnd, startSource } from '../source-harness.ts'

const one = '{"ident":"a","timestamp":1}'
const path = '/channels/fleet/messages'
const certificates = makeCertificates()
const { ca, cert, key } = certificates
const tls = { cert, key }

async function postOver1(harness: Harness, body: string, options: https.RequestOptions = {}) {
  const request = https.request({
    host: '127.0.0.1',
    port: harness.source.port,
    path,
    method: 'POST',
    ca,
    agent: false,
    ...options
  })
  request.end(body)
  const [response] = await once(request, 'response')
  return { status: response.statusCode, body: Buffer.concat(await response.toArray()).toString() }
}

function openSession(harness: Harness, options: http2.SecureClientSessionOptions = {}) {
  return http2.connect(`https://127.0.0.1:${harness.source.port}`, { ca, ...options })
}

async function postOver2(
  session: http2.ClientHttp2Session,
  body: string,
  headers: http2.OutgoingHttpHeaders = {}
) {
  const stream = session.request({ ':method': 'POST', ':path': path, ...headers })
  stream.end(body)
  const [answer] = await once(stream, 'response')
  return { status: answer[':status'], body: Buffer.concat(await stream.toArray()).toString() }
}

test('one port speaks HTTP/1.1 and HTTP/2 over TLS', async t => {
  const harness = await startSource(t, { tls, config: { tokens: ['secret'] } })
  const authorization = 'Bearer secret'
  t.deepEqual(await postOver1(harness, one, { headers: { authorization } }), {
    status: 200,
    body: '{"accepted":1}'
  })
  const session = openSession(harness)
  t.teardown(() => session.destroy())
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => postOver2(session, one, { authorization }))
  )
  t.true(answers.every(({ status, body }) => status === 200 && body === '{"accepted":1}'))
  t.is((await postOver2(session, one)).status, 401)
  t.is((await postOver2(session, '[', { authorization })).status, 400)
  t.is((await postOver2(session, one, { authorization, ':path': '/nothing' })).status, 404)
  t.is((await postOver2(session, one, { authorization, ':method': 'PUT' })).status, 405)
  t.is((await postOver2(session, ' '.repeat(100_001), { authorization })).status, 413)
  t.is(harness.stored.length, 51)
})

test('a body that breaks off over HTTP/2 is given up, and none of its messages is stored', async t => {
  const harness = await startSource(t, { tls })
  const session = openSession(harness)
  t.teardown(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/jsonl' })
  stream.on('error', () => {})
  stream.write(`${one}\n`)
  // Frames of a session come in their order, so the other request is there once this one is answered.
  await postOver2(session, '[]')
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await until('it is refused', () => harness.refused.length > 0)
  t.deepEqual(harness.refused, [['fleet', 'request_aborted']])
  t.deepEqual(harness.values, [])
})

test('a sender that stops in the middle of its body is given up over HTTP/2 as well', async t => {
  const harness = await startSource(t, { tls, timings: { requestTimeoutMs: 100, checkIntervalMs: 20 } })
  const session = openSession(harness)
  t.teardown(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': path })
  stream.write('{"ident')
  const [answer] = await once(stream, 'response')
  t.is(answer[':status'], 408)
  stream.close()
})

test('TLS below 1.2 is refused, as is whoever speaks none', async t => {
  const harness = await startSource(t, { tls })
  const old = connect({
    host: '127.0.0.1',
    port: harness.source.port,
    ca,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0'
  })
  await t.throwsAsync(once(old, 'secureConnect'))
  await until('the operator is told', () => harness.events.includes('handshake_failed'))
  const plain = connectPlain(harness.source.port, '127.0.0.1')
  plain.write(`POST ${path} HTTP/1.1\r\n\r\n`)
  t.notRegex(await readToEnd(plain), /HTTP\/1\.1 200/)
  t.is(harness.events.filter(name => name === 'handshake_failed').length, 1, 'once a minute')
})

test('with clientCa only senders with a certificate of it are let in', async t => {
  const stranger = makeCertificates()
  const harness = await startSource(t, { tls: { ...tls, clientCa: ca }, listenHost: '0.0.0.0' })
  t.is((await postOver1(harness, one, { cert, key })).status, 200)
  const session = openSession(harness, { cert, key })
  t.teardown(() => session.destroy())
  t.is((await postOver2(session, one)).status, 200)
  await t.throwsAsync(postOver1(harness, one))
  await t.throwsAsync(postOver1(harness, one, { cert: stranger.cert, key: stranger.key }))
  t.is(harness.stored.length, 2)
  t.true(harness.events.includes('handshake_failed'))
})

/** The certificate that a new connection is shown. */
async function shownTo(harness: Harness, trusted: Certificates): Promise<string> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: harness.source.port, ca: trusted.ca })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('a renewed certificate is shown to new connections, and the old ones go on', async t => {
  const harness = await startSource(t, { tls })
  const session = openSession(harness)
  t.teardown(() => session.destroy())
  t.is((await postOver2(session, one)).status, 200)
  const before = await shownTo(harness, certificates)
  const renewed = makeCertificates()
  const listen = { host: '127.0.0.1', port: 0, tls: { cert: renewed.cert, key: renewed.key } }
  await harness.source.update(harness.feeds, listen)
  t.not(await shownTo(harness, renewed), before)
  t.is((await postOver2(session, one)).status, 200)
  const broken = { ...listen, tls: { cert: renewed.cert, key } }
  await t.throwsAsync(harness.source.update(harness.feeds, broken), { code: 'config_invalid' })
  await shownTo(harness, renewed)
  t.deepEqual(
    harness.events.filter(name => name === 'certificate_renewed'),
    ['certificate_renewed']
  )
})

test('a certificate that cannot be used is told before anything listens', async t => {
  const broken = startSource(t, { tls: { cert: 'x', key } })
  await t.throwsAsync(broken, { code: 'config_invalid', message: /^tls\.cert: / })
})

test('handshakes that do not end are given up', async t => {
  const harness = await startSource(t, { tls, timings: { headersTimeoutMs: 100 } })
  const silent = connectPlain(harness.source.port, '127.0.0.1')
  silent.write(Buffer.from([0x16, 3, 1, 2, 0, 1])) // the beginning of a ClientHello
  t.is(await readToEnd(silent), '')
})

test('headers that do not end are given up over TLS as well', async t => {
  const harness = await startSource(t, { tls, timings: { headersTimeoutMs: 2_000, checkIntervalMs: 20 } })
  const slow = connect({ host: '127.0.0.1', port: harness.source.port, ca })
  slow.write(`POST ${path} HTTP/1.1\r\nHost: te`)
  t.regex(await readToEnd(slow), /^HTTP\/1\.1 408 /)
})

test('stop ends sessions and silent connections, and lets what is in flight end', async t => {
  const harness = await startSource(t, { tls })
  const [silent, idle, busy] = [
    connectPlain(harness.source.port, '127.0.0.1'),
    openSession(harness),
    openSession(harness)
  ]
  await postOver2(idle, one)
  let open = () => {}
  harness.append = () =>
    new Promise(resolve => {
      open = resolve
    })
  const answered = postOver2(busy, one)
  await until('it is in flight', () => harness.appends === 2)
  const stopped = harness.source.stop(60_000)
  await Promise.all([readToEnd(silent), once(idle, 'close')])
  open()
  t.is((await answered).status, 200)
  await stopped
})

const head = (...lines: string[]) => [`POST ${path} HTTP/1.1`, 'Host: test', ...lines, '', ''].join('\r\n')

test('who asks before it sends a body is told to once it is let in', async t => {
  const harness = await startSource(t, { config: { tokens: ['secret'] } })
  const socket = harness.connect()
  socket.write(
    head(
      'Expect: 100-continue',
      `Content-Length: ${one.length}`,
      'Authorization: Bearer secret',
      'Connection: close'
    )
  )
  const [first] = await once(socket, 'data')
  t.is(String(first), 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write(one)
  t.regex(await readToEnd(socket), /^HTTP\/1\.1 200 OK\r\n/)
})

test('who asks and is not let in need not send its body', async t => {
  const harness = await startSource(t, { config: { tokens: ['secret'] } })
  const socket = harness.connect()
  socket.write(head('Expect: 100-continue', 'Content-Length: 50000'))
  const text = await readToEnd(socket)
  t.regex(text, /^HTTP\/1\.1 401 Unauthorized\r\n/)
  t.regex(text, /\r\nconnection: close\r\n/i)
})

test('who asks while memory is full is told to when there is room', async t => {
  const harness = await startSource(t, { maxBytes: 1_000 })
  let open = () => {}
  harness.append = () =>
    new Promise(resolve => {
      open = resolve
    })
  const body = one + ' '.repeat(900)
  const held = harness.post(body)
  await until('one is in memory', () => harness.appends === 1)
  const socket = harness.connect()
  socket.write(head('Expect: 100-continue', `Content-Length: ${body.length}`, 'Connection: close'))
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  t.is((await harness.post('?', { 'content-type': 'text/plain' })).status, 415) // and it was not told to meanwhile
  t.is(text, '')
  open()
  await held
  await until('it is told to', () => text.startsWith('HTTP/1.1 100 Continue'))
  harness.append = async () => {}
  socket.write(body)
  t.regex(await readToEnd(socket), /HTTP\/1\.1 200 OK/)
})

test('browsers of other sites get no permission, and without a token cannot send either', async t => {
  const harness = await startSource(t)
  const preflight = await fetch(harness.url, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
  })
  t.is(preflight.status, 405)
  const response = await harness.post(one, { origin: 'https://evil.example' })
  t.is(response.status, 403)
  t.is((await harness.post(one, { 'sec-fetch-site': 'cross-site' })).status, 403)
  t.deepEqual(harness.values, [])
  const allowing = [...preflight.headers.keys(), ...response.headers.keys()].filter(name =>
    name.startsWith('access-control')
  )
  t.deepEqual(allowing, [])
})
