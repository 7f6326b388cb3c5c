// The stream of bytes under a connection: TCP, TLS, or a WebSocket over either (MQTT 5, 4.2 and 6; the WebSocket binding of AMQP).

import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import WebSocket, { createWebSocketStream } from 'ws'
import { urlHost } from '../host.ts'

export interface Address {
  readonly host: string
  readonly port: number
  /** Path and query of a WebSocket; null for what is spoken right over TCP or TLS. */
  readonly webSocketPath: string | null
  /** What is spoken in the WebSocket; default: MQTT. */
  readonly subprotocol?: string
}

/** Begins to connect. The stream emits 'error' and 'close'; what is written before it is open waits. */
export function openStream(address: Address, secure: tls.ConnectionOptions | undefined): Duplex {
  const { host, port, webSocketPath } = address
  if (webSocketPath !== null) return openWebSocket(address, secure)
  const socket = secure === undefined ? net.connect({ host, port }) : tls.connect({ ...secure, host, port })
  return socket.setNoDelay(true)
}

function openWebSocket(
  { host, port, webSocketPath, subprotocol = 'mqtt' }: Address,
  secure: tls.ConnectionOptions | undefined
): Duplex {
  const url = `${secure === undefined ? 'ws' : 'wss'}://${urlHost(host)}:${port}${webSocketPath}`
  // Compression would need memory per connection, and telemetry goes out in small messages. Redirects are not followed.
  return createWebSocketStream(
    new WebSocket(url, [subprotocol], { ...secure, perMessageDeflate: false, followRedirects: false })
  )
}
