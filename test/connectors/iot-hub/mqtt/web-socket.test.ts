// MQTT over a WebSocket, as it is let through where only port 443 is: a gateway in front of the double takes the WebSocket off.

import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import test from 'ava'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { certificates, messagesOfDevice, mqttHubWith, registryWith, targetAt, told } from '../harness.ts'

test('over a WebSocket messages arrive, at the path that a hub has for it', async t => {
  const { double, ledger } = await mqttHubWith(t, { registry: registryWith() })
  const paths: (string | undefined)[] = []
  const server = https.createServer({ cert: certificates.cert, key: certificates.key })
  new WebSocketServer({ server }).on('connection', (socket, { url }) => {
    paths.push(`${socket.protocol} ${url}`)
    const hub = tls.connect({ port: double.port, host: 'localhost', ca: certificates.ca })
    const device = createWebSocketStream(socket)
    for (const one of [hub, device]) one.on('error', () => {})
    device.pipe(hub).pipe(device)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const target = await targetAt(t, port, { mode: 'mqtt', webSocket: true })
  t.deepEqual(await told(target, messagesOfDevice('d0', 3)), Array(3).fill('delivered'))
  t.is(ledger.length, 3)
  t.deepEqual(paths, ['mqtt /$iothub/websocket?iothub-no-client-cert=true'])
})
