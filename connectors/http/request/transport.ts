// What carries requests to the receiver: connections of its own that are kept open, or in a rehearsal a script
// (rehearsal.ts).

import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '../../clock.ts'
import { AddressGuard } from '../../shared/address-guard.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import type { Address } from './address.ts'
import { Connections } from './connect.ts'

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

export interface Surroundings {
  readonly clock: Clock
  readonly address: Address
  /** By default what the configuration says. */
  readonly guard?: AddressGuard
}

export class SocketTransport implements Transport {
  readonly connections: Connections
  readonly #origin: URL
  readonly #pool: Pool

  /** Throws a FaultError `config_invalid` when a certificate or key cannot be used. */
  constructor(config: HttpTargetConfig, { clock, address, guard }: Surroundings) {
    const { batchesInFlight, connectTimeoutMs, maxConnections, tls } = config
    this.connections = new Connections({
      clock,
      timeoutMs: connectTimeoutMs,
      tls,
      guard: guard ?? new AddressGuard(config.allowPrivateAddresses)
    })
    this.#origin = new URL(address.origin)
    this.#pool = new Pool(this.#origin, {
      connect: this.connections.connect,
      connections: address.isTemplate ? maxConnections : batchesInFlight,
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
