// What carries requests to the receiver: connections of its own that are kept open, or in a rehearsal a script
// (rehearsal.ts).

import { type Dispatcher, Pool } from 'undici'
import type { Connections } from './connect.ts'

// Below what common servers use (5 to 60 s), so that we rarely write on a connection the server is just closing.
const keepAliveTimeoutMs = 4000
const keepAliveMaxTimeoutMs = 25_000

export interface Transport {
  /** Rejects with what prevents a connection, at once when the signal fires. */
  try(signal: AbortSignal): Promise<void>
  /** Sends a request; the handler is told what becomes of it, as undici does. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void
  close(): Promise<void>
}

/** Over HTTP/1.1: a pool of connections, with one request at a time on each. */
export class SocketTransport implements Transport {
  readonly connections: Connections
  readonly #origin: URL
  readonly #pool: Pool

  constructor(connections: Connections, origin: string, maxConnections: number) {
    this.connections = connections
    this.#origin = new URL(origin)
    this.#pool = new Pool(this.#origin, {
      connect: this.connections.connect,
      connections: maxConnections,
      pipelining: 1,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveMaxTimeout: keepAliveMaxTimeoutMs,
      headersTimeout: 0, // attempt.ts has timers of its own that fire on time
      bodyTimeout: 0,
      allowH2: false
    })
  }

  try(signal: AbortSignal): Promise<void> {
    return this.connections.try(this.#origin, signal)
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(request, handler)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
    await this.connections.close()
  }
}
