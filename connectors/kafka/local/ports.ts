// Chooses ports for brokers. A broker that is killed and restarted needs its port again, so free ports are taken
// below the range from which the system gives out ports by itself: there no outgoing connection, not even a client's
// own attempt to reach the dead broker, can occupy the port in the meantime.

import { createServer, type Server } from 'node:net'
import { FaultError } from '../../../schemas/errors.ts'

const lowest = 20_000
const beyond = 32_000

/** Ports on 127.0.0.1 that nobody listens on at this moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = []
  const ports: number[] = []
  while (ports.length < count) {
    const port = lowest + Math.floor(Math.random() * (beyond - lowest))
    const server = await listen(port)
    if (server === undefined) continue
    held.push(server)
    ports.push(port)
  }
  await Promise.all(held.map(close))
  return ports
}

/** Throws `listen_failed` when somebody listens on one of the ports. */
export async function requireFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = await listen(port)
    if (server === undefined) throw new FaultError('listen_failed', { detail: `port ${port} is in use` })
    await close(server)
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}
