// MQTT over a WebSocket, as it is let through where only port 443 is: a gateway in front of the double takes the WebSocket off.

import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { certificates, messagesOfDevice, mqttHubWith, registryWith, targetAt, told } from '../harness.ts'

/** A gateway in front of the double: its port, and with which protocols and paths it was asked. */
async function gatewayTo(t: ExecutionContext, hubPort: number) {
  const asked: string[] = []
  const server = https.createServer({ cert: certificates.cert, key: certificates.key })
  new WebSocketServer({ server }).on('connection', (socket, { url }) => {
    asked.push(`${socket.protocol} ${url}`)
    const hub = tls.connect({ port: hubPort, host: 'localhost', ca: certificates.ca })
    const device = createWebSocketStream(socket)
    for (const one of [hub, device]) one.on('error', () => {})
    device.pipe(hub).pipe(device)
  })
  return { port: await listening(t, server), asked }
}

async function listening(t: ExecutionContext, server: https.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port // a TCP server that listens has one
}

test('over a WebSocket messages arrive, at the path that a hub has for it', async t => {
  const { double, ledger } = await mqttHubWith(t, { registry: registryWith() })
  const { port, asked } = await gatewayTo(t, double.port)
  const target = await targetAt(t, port, { mode: 'mqtt', webSocket: true })
  t.deepEqual(await told(target, messagesOfDevice('d0', 3)), Array(3).fill('delivered'))
  t.is(ledger.length, 3)
  t.deepEqual(asked, ['mqtt /$iothub/websocket?iothub-no-client-cert=true'])
})

test('over a WebSocket a device that has a certificate lets the hub ask for it', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-iot-hub-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'd0.pem'), certificates.cert)
  await writeFile(join(folder, 'd0.key'), certificates.key)
  const { double } = await mqttHubWith(t, { registry: registryWith() })
  const { port, asked } = await gatewayTo(t, double.port)
  const paths = { cert: join(folder, '{deviceId}.pem'), key: join(folder, '{deviceId}.key') }
  const target = await targetAt(t, port, { mode: 'mqtt', webSocket: true, certificates: paths })
  // The gateway does not pass it on.
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['reject device iot_hub_device_refused'])
  t.deepEqual(asked, ['mqtt /$iothub/websocket'])
})

test('a proxy that lets no WebSocket through is no matter of the devices', async t => {
  const server = https.createServer({ cert: certificates.cert, key: certificates.key })
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n'))
  const target = await targetAt(t, await listening(t, server), { mode: 'mqtt', webSocket: true })
  t.deepEqual(await told(target, messagesOfDevice('d0', 1)), ['halt iot_hub_address_refused'])
})
