// Stands between a target and a real broker, so that connections can be counted and cut. It passes bytes on as they
// are, TLS or not.

import net, { type AddressInfo } from 'node:net'

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
