// What carries requests to the receiver: connections of its own that are kept open, or in a rehearsal a script
// (rehearsal.ts).

import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '../../clock.ts'
import { AddressGuard } from '../../shared/address-guard.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { Connections } from './connect.ts'

// Below what common servers use (5 to 60 s), so that we rarely write on a connection the server is just closing.
const keepAliveTimeoutMs = 4000
const keepAliveMaxTimeoutMs = 25_000

export interface Transport {
  /** Rejects with what prevents a connection, at once when the signal fires. */
  try(url: URL, signal: AbortSignal): Promise<void>
  /** Sends a request; the handler is told what becomes of it, as undici does. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void
  close(): Promise<void>
}

export class SocketTransport implements Transport {
  readonly #connections: Connections
  readonly #pool: Pool

  /** Throws a FaultError `config_invalid` when a certificate or key cannot be used. */
  constructor(
    config: HttpTargetConfig,
    clock: Clock,
    guard = new AddressGuard(config.allowPrivateAddresses)
  ) {
    const { batchesInFlight, connectTimeoutMs, tls, url } = config
    this.#connections = new Connections({ clock, timeoutMs: connectTimeoutMs, tls, guard })
    this.#pool = new Pool(new URL(url).origin, {
      connect: this.#connections.connect,
      connections: batchesInFlight,
      pipelining: 1,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveMaxTimeout: keepAliveMaxTimeoutMs,
      headersTimeout: 0, // attempt.ts has timers of its own that fire on time
      bodyTimeout: 0,
      allowH2: false
    })
  }

  try(url: URL, signal: AbortSignal): Promise<void> {
    return this.#connections.try(url, signal)
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(request, handler)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
    await this.#connections.close()
  }
}
