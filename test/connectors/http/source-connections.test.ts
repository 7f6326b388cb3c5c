// The source on sockets that tests write by hand: slow, broken and vanishing senders, and stopping.

import { once } from 'node:events'
import { request } from 'node:http'
import test from 'ava'
import { until } from '../../flows/harness/until.ts'
import { readToEnd, startSource } from './source-harness.ts'

const one = '{"ident":"a","timestamp":1}'
const head = (...lines: string[]) =>
  ['POST /channels/fleet/messages HTTP/1.1', 'Host: test', ...lines, '', ''].join('\r\n')

/** An append that can be awaited and held up. */
function gate() {
  let begin = () => {}
  let open = () => {}
  const begun = new Promise<void>(resolve => {
    begin = resolve
  })
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  const append = () => {
    begin()
    return opened
  }
  return { begun, open, append }
}

test('a sender that stops in the middle of its body is given up', async t => {
  const timings = { requestTimeoutMs: 150, headersTimeoutMs: 100, checkIntervalMs: 20 }
  const harness = await startSource(t, { timings })
  const socket = harness.connect()
  socket.write(`${head('Content-Length: 100')}{"ident`)
  const text = await readToEnd(socket)
  t.regex(text, /^HTTP\/1\.1 408 Request Timeout\r\n/)
  t.regex(text, /"code":"request_timeout"/)
  t.deepEqual(harness.refused, [['fleet', 'request_timeout']])
})

test('a sender that never ends its headers is given up', async t => {
  const timings = { requestTimeoutMs: 150, headersTimeoutMs: 100, checkIntervalMs: 20 }
  const harness = await startSource(t, { timings })
  const socket = harness.connect()
  socket.write('POST /channels/fleet/messages HTTP/1.1\r\nHost: te')
  t.regex(await readToEnd(socket), /^HTTP\/1\.1 408 /)
})

test('what is not HTTP is answered in the same shape', async t => {
  const harness = await startSource(t)
  const socket = harness.connect()
  socket.write('hello\r\n\r\n')
  const text = await readToEnd(socket)
  t.regex(text, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.regex(text, /\{"error":\{"code":"request_malformed","message":"[^"]+"\}\}$/)
})

for (const [what, rest] of [
  ['that was refused', head('Content-Length: 1000000')],
  ['in the middle of its body', `${head('Content-Length: 100')}{"ident`]
] as const) {
  test(`a sender that goes away ${what} leaves no timer behind`, async t => {
    const harness = await startSource(t, { config: { maxBodyBytes: 1_000 } })
    const socket = harness.connect()
    socket.end(rest)
    await readToEnd(socket)
    await harness.source.stop(0)
    await until('no timer is left', () => harness.timers.waiting === 0, 2_000)
    t.is(harness.refused.length, 1)
  })
}

test('a sender that goes away in the middle of its body leaves nothing behind', async t => {
  const harness = await startSource(t, { config: { maxInflatedBytes: 1_000 } })
  for (let i = 0; i < 30; i++) {
    const socket = harness.connect()
    socket.write(`${head('Content-Length: 900')}${' '.repeat(800)}`)
    await once(socket, 'connect')
    socket.destroy()
  }
  while (harness.refused.length < 30) await once(harness.changes, 'refused')
  t.true(harness.refused.every(([, code]) => code === 'request_aborted'))
  // The bytes of 30 such bodies do not fit: they were given back.
  t.is((await harness.post(one + ' '.repeat(900))).status, 200)
})

test('a sender that goes away while Kafka is slow does no harm, and its messages are stored', async t => {
  const harness = await startSource(t)
  const { begun, open, append } = gate()
  const { append: store } = harness
  harness.append = messages => append().then(() => store(messages))
  const socket = harness.connect()
  socket.write(`${head(`Content-Length: ${one.length}`)}${one}`)
  await begun
  socket.destroy()
  await once(socket, 'close')
  open()
  while (harness.accepted.length < 1) await once(harness.changes, 'accepted')
  t.deepEqual(harness.values, [one])
})

test('a chunked body in small pieces is put together', async t => {
  const harness = await startSource(t)
  const sent = request(harness.url, { method: 'POST', headers: { 'content-type': 'application/json' } })
  for (const byte of one) sent.write(byte)
  sent.end()
  const [response] = await once(sent, 'response')
  t.is(response.statusCode, 200)
  response.resume()
  t.deepEqual(harness.values, [one])
})

test('two requests written at once are answered in their order', async t => {
  const harness = await startSource(t)
  const socket = harness.connect()
  const body = `[${one},${one}]`
  socket.write(`${head(`Content-Length: ${one.length}`)}${one}`)
  socket.write(`${head(`Content-Length: ${body.length}`, 'Connection: close')}${body}`)
  const text = await readToEnd(socket)
  t.deepEqual(text.match(/\{.*?\}/g), ['{"accepted":1}', '{"accepted":2}'])
})

test('stop closes idle and silent connections at once and lets requests in flight end', async t => {
  const harness = await startSource(t)
  const { begun, open, append } = gate()
  const silent = harness.connect()
  const idle = harness.connect()
  idle.write(`${head(`Content-Length: 2`)}[]`)
  await once(idle, 'data')
  harness.append = append
  const busy = harness.connect()
  busy.write(`${head(`Content-Length: ${one.length}`)}${one}`)
  await begun
  const answer = readToEnd(busy)
  const stopped = harness.source.stop(60_000)
  await Promise.all([readToEnd(silent), readToEnd(idle)])
  open()
  const text = await answer
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.regex(text, /\r\nconnection: close\r\n/i)
  await stopped
  const refused = harness.connect()
  const [error] = await once(refused, 'error')
  t.is(error.code, 'ECONNREFUSED')
})

test('stop cuts off at its deadline what has not ended', async t => {
  const harness = await startSource(t)
  const { begun, append } = gate()
  harness.append = append
  const busy = harness.connect()
  busy.write(`${head(`Content-Length: ${one.length}`)}${one}`)
  await begun
  const answer = readToEnd(busy)
  await harness.source.stop(50)
  t.is(await answer, '')
})

test('a source that never started can be stopped', async t => {
  const harness = await startSource(t)
  await harness.source.stop(0)
  await t.notThrowsAsync(harness.source.stop(0))
})

test('what is broken behind a request does not meddle in its answer', async t => {
  const harness = await startSource(t)
  const { begun, open, append } = gate()
  harness.append = append
  const socket = harness.connect()
  socket.write(`${head(`Content-Length: ${one.length}`)}${one}`)
  await begun
  const answer = readToEnd(socket)
  socket.write('garbage\r\n\r\n')
  await harness.post('[]') // by then the garbage has been read
  open()
  const text = await answer
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.is(text.match(/HTTP\/1\.1/g)?.length, 1)
})

test('a body whose framing breaks is answered with what is wrong', async t => {
  const harness = await startSource(t)
  const socket = harness.connect()
  socket.write(`${head('Transfer-Encoding: chunked')}2\r\n[]\r\nzz\r\n`)
  const text = await readToEnd(socket)
  t.regex(text, /^HTTP\/1\.1 400 /)
  t.regex(text, /"code":"request_malformed"/)
  t.deepEqual(harness.refused, [['fleet', 'request_malformed']])
})

test('what Node would refuse by itself is answered in the same shape', async t => {
  const harness = await startSource(t)
  const hostless = harness.connect()
  hostless.write('POST /channels/fleet/messages HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]')
  t.regex(await readToEnd(hostless), /^HTTP\/1\.1 400 .*"code":"request_malformed"/s)
  const expecting = harness.connect()
  expecting.write(`${head('Expect: the-unexpected', 'Connection: close', 'Content-Length: 2')}[]`)
  t.regex(await readToEnd(expecting), /^HTTP\/1\.1 200 /)
})
