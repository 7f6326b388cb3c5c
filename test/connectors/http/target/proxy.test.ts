// Through a proxy: a real one on loopback, which is asked for tunnels and counts them.

import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { HttpProxy } from '../../../../connectors/http/request/proxy.ts'
import { makeCertificates } from '../../../certificates.ts'
import { deliveredWith, deliverOne, doubleWith, targetAt, until } from '../harness.ts'

const ok = { kind: 'answer', status: 200 } as const
const certificates = makeCertificates()

interface Asked {
  readonly authority: string
  readonly authorization: string | undefined
}

/** A proxy that opens tunnels, or answers with a status, or not at all. */
async function startProxy(t: ExecutionContext, conduct: 'open' | 'hang' | number = 'open') {
  const asked: Asked[] = []
  const sockets = new Set<net.Socket>()
  const server = http.createServer().on('connect', (request, client) => {
    asked.push({ authority: String(request.url), authorization: request.headers['proxy-authorization'] })
    client.on('error', () => {})
    if (conduct === 'hang') return void client.resume().on('end', () => client.end())
    if (conduct !== 'open') return void client.end(`HTTP/1.1 ${conduct} No\r\n\r\n`)
    const [, host = '', port] = /^(.*):(\d+)$/.exec(String(request.url)) ?? []
    const onward = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(onward).pipe(client)
    })
    onward.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => onward.destroy())
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo // it listens on TCP
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    asked,
    sockets,
    url: `http://127.0.0.1:${port}`,
    withUser: `http://us%40er:p%3Aw@127.0.0.1:${port}`
  }
}

test('requests go through the proxy, on connections that are kept', async t => {
  const { asked, url, sockets } = await startProxy(t)
  const { double, ledger } = await doubleWith(t, ok)
  const target = targetAt(t, double.url, { proxy: url, batchesInFlight: 1 })
  t.deepEqual(await deliverOne(target), deliveredWith(200))
  t.deepEqual(await deliverOne(target), deliveredWith(200))
  t.deepEqual(asked, [{ authority: `127.0.0.1:${double.port}`, authorization: undefined }])
  t.is(ledger.length, 2)
  await target.close()
  await until(() => sockets.size === 0)
})

test('over TLS the proxy sees nothing, and knows the user', async t => {
  const { asked, withUser } = await startProxy(t)
  const { double } = await doubleWith(t, ok, { tls: certificates })
  const target = targetAt(t, double.url, { proxy: withUser, tls: { ca: certificates.ca } })
  await target.open(new AbortController().signal)
  t.deepEqual(await deliverOne(target), deliveredWith(200))
  t.is(asked[0]?.authorization, `Basic ${Buffer.from('us@er:p:w').toString('base64')}`)
  t.is(asked.length, 2)
})

test('a certificate is checked through the tunnel as well', async t => {
  const { url } = await startProxy(t)
  const { double } = await doubleWith(t, ok, { tls: certificates })
  t.like(await deliverOne(targetAt(t, double.url, { proxy: url })), {
    kind: 'unsent',
    code: 'http_tls_failed'
  })
})

for (const status of [403, 407, 502]) {
  test(`a proxy that answers ${status} means unsent`, async t => {
    const { url, sockets } = await startProxy(t, status)
    const target = targetAt(t, 'http://127.0.0.1:9/', { proxy: url })
    const outcome = { kind: 'unsent', code: 'http_proxy_refused', detail: `the proxy answered ${status}` }
    t.like(await deliverOne(target), outcome)
    await t.throwsAsync(target.open(new AbortController().signal), { code: 'http_proxy_refused' })
    await until(() => sockets.size === 0)
  })
}

test('a proxy that is down, or silent, means unsent, on time, and leaves nothing open', async t => {
  const { url, sockets } = await startProxy(t, 'hang')
  const silent = targetAt(t, 'http://127.0.0.1:9/', { proxy: url, connectTimeoutMs: 100 })
  t.like(await deliverOne(silent), { kind: 'unsent', code: 'http_connect_timeout' })
  await until(() => sockets.size === 0)
  const waiting = targetAt(t, 'http://127.0.0.1:9/', { proxy: url })
  const opening = t.throwsAsync(waiting.open(new AbortController().signal))
  await until(() => sockets.size === 1)
  await waiting.close()
  await opening
  await until(() => sockets.size === 0)
  const down = targetAt(t, 'http://127.0.0.1:9/', { proxy: 'http://127.0.0.1:1' })
  t.like(await deliverOne(down), { kind: 'unsent', code: 'http_connect_failed' })
})

test('a forbidden address that is written out is refused before the proxy is asked', async t => {
  const { url, asked } = await startProxy(t)
  const target = targetAt(t, 'http://169.254.169.254/', { proxy: url })
  t.like(await deliverOne(target), { kind: 'halt', code: 'address_forbidden' })
  t.is(asked.length, 0)
})

test('HTTP/2 does not go through a proxy, which is told', t => {
  const settings = { http2: true, proxy: 'http://127.0.0.1:1' }
  t.throws(() => targetAt(t, 'https://acme.example/', settings), {
    code: 'config_invalid',
    message: /^http2: /
  })
})

test.serial('the environment names the proxy, unless the configuration does', t => {
  const names = [
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'NO_PROXY',
    'https_proxy',
    'http_proxy',
    'no_proxy',
    'ALL_PROXY',
    'all_proxy'
  ]
  const before = names.map(name => [name, process.env[name]] as const)
  t.teardown(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  })
  for (const name of names) delete process.env[name]
  t.is(HttpProxy.for('https://acme.example', undefined), null)
  Object.assign(process.env, { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'inside.example,.local' })
  t.truthy(HttpProxy.for('https://acme.example', undefined))
  t.is(HttpProxy.for('http://acme.example', undefined), null)
  t.is(HttpProxy.for('https://acme.example', 'none'), null)
  t.truthy(HttpProxy.for('http://acme.example', 'http://other.example:1'))
  for (const host of ['inside.example', 'db.local', 'localhost', '127.0.0.1', '[::1]'])
    t.is(HttpProxy.for(`https://${host}:8443`, undefined), null, host)
})
