// A broker that takes connections and never says a word.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export interface SilentServer {
  readonly server: Server
  readonly sockets: ReadonlySet<Socket>
  readonly port: number
  /** `host:port`. */
  readonly address: string
  /** Cuts its connections and listens no longer. */
  stop(): void
}

export async function silentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const stop = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { server, sockets, port, address: `127.0.0.1:${port}`, stop }
}
