// Stands between a target and a real broker, so that connections can be counted and cut. It passes bytes on as they
// are, TLS or not. To the suite the two together are a double.

import net, { type AddressInfo } from 'node:net'
import type { Double, Order } from '../target.ts'

export class Relay {
  readonly host = '127.0.0.1'
  #toPort = 0
  readonly #sockets = new Set<net.Socket>()
  #clients = 0
  #port = 0
  #server: net.Server | undefined

  get port(): number {
    return this.#port
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#clients
  }

  /** Listens; on the same port when it is called again after stop(). */
  async start(toPort: number): Promise<void> {
    this.#toPort = toPort
    const server = net.createServer(client => this.#serve(client))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.host, resolve)
    })
    const address = server.address() as AddressInfo // a TCP server that listens has one
    this.#port = address.port
    this.#server = server
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise(resolve => server.close(resolve))
    this.cut()
    await closed
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(client: net.Socket): void {
    const broker = net.connect(this.#toPort, this.host)
    this.#clients++
    client.once('close', () => this.#clients--)
    for (const [from, to] of [
      [client, broker],
      [broker, client]
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('data', data => void to.write(data))
      from.on('error', () => from.destroy())
      from.once('close', () => {
        this.#sockets.delete(from)
        to.destroySoon()
      })
    }
  }
}

/** A real server, as far as it can be watched and told what to do. */
interface Watched {
  /** What it is seen to have confirmed. */
  received(): readonly Buffer[]
  /** Throws for what the server does not do. */
  order(order: Order): void
  /** Begins to watch; resolves with the port of the server, and the end of what it began. */
  start(): Promise<{ readonly port: number; stop(): Promise<void> }>
}

/** Server and relay as a double, started. The port is that of the relay, and stays. */
export async function startBehind(relay: Relay, { received, order, start }: Watched): Promise<Double> {
  let stopBehind = async () => {}
  const startAll = async () => {
    const { port, stop } = await start()
    stopBehind = stop
    await relay.start(port)
  }
  await startAll()
  return {
    host: relay.host,
    get port() {
      return relay.port
    },
    get connections() {
      return relay.connections
    },
    ...{ order, received, confirmed: received, start: startAll },
    cut: () => relay.cut(),
    stop: async () => {
      await relay.stop()
      await stopBehind()
      stopBehind = async () => {}
    }
  }
}

/** The order that a server follows which does not misbehave. */
export function confirmOnly(server: string): (order: Order) => void {
  return ({ kind }) => {
    if (kind !== 'confirm') throw new Error(`${server} takes no order to ${kind}`)
  }
}
