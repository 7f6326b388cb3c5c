// The server that doubles of connectors are: it listens again on the port it had, cuts its connections to order, and
// forgets late answers when it stops. What is said on the connections is the double's.

import type { AddressInfo, Server, Socket } from 'node:net'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'

export interface DoubleServerOptions {
  readonly clock: Clock
  /** Makes a server that does not listen yet; called once for every start(). */
  readonly create: () => Server
  readonly host?: string | undefined
  /** 0 takes a free port, and keeps it over stop() and start(). */
  readonly port?: number | undefined
}

export class DoubleServer {
  readonly host: string
  readonly #options: DoubleServerOptions
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<() => void>()
  #port: number
  #server: Server | undefined

  constructor(options: DoubleServerOptions) {
    this.#options = options
    this.host = options.host ?? '127.0.0.1'
    this.#port = options.port ?? 0
  }

  /** The port it listens on; 0 before the first start(). */
  get port(): number {
    return this.#port
  }

  get listening(): boolean {
    return this.#server !== undefined
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size
  }

  /** The connections that are open. */
  get sockets(): ReadonlySet<Socket> {
    return this.#sockets
  }

  /** Listens. Throws a FaultError `listen_failed`; may be called again after stop(). */
  async start(): Promise<void> {
    const server = this.#options.create()
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', cause =>
        reject(new FaultError('listen_failed', { detail: messageOf(cause), cause }))
      )
      server.listen(this.#port, this.host, resolve)
    })
    const address = server.address() as AddressInfo // a TCP server that listens has one
    this.#port = address.port
    this.#server = server
  }

  /** Refuses connections from now on and cuts those that are open, answered or not. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    const closed = new Promise(resolve => server.close(resolve))
    this.cut()
    await closed
  }

  /** Cuts all connections, answered or not, and goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Calls `fn` after the delay, at once if there is none, unless it is stopped before. */
  after(delayMs: number, fn: () => void): void {
    if (delayMs === 0) {
      fn()
      return
    }
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      fn()
    })
    this.#timers.add(cancel)
  }
}
