// Which transport a configuration asks for.

import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { AddressGuard } from '../../shared/address-guard.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import type { Address } from './address.ts'
import { Connections } from './connect.ts'
import { Http2Transport } from './http2.ts'
import { HttpProxy } from './proxy.ts'
import { SocketTransport, type Transport } from './transport.ts'

interface Kind {
  readonly protocol?: 'http/1.1' | 'h2'
  /** By default what the configuration says. */
  readonly guard?: AddressGuard
}

/** Connections to `origin`, as the configuration allows. Throws a FaultError `config_invalid`. */
export function connectionsOf(
  config: HttpTargetConfig,
  { origin, clock }: { origin: string; clock: Clock },
  { protocol = 'http/1.1', guard = new AddressGuard(config.allowPrivateAddresses) }: Kind = {}
): Connections {
  const { connectTimeoutMs: timeoutMs, tls } = config
  const proxy = HttpProxy.for(origin, config.proxy)
  if (proxy !== null && protocol === 'h2') {
    const detail = 'must be false where the way goes through a proxy'
    throw new FaultError('config_invalid', { path: 'http2', detail })
  }
  return new Connections({ clock, timeoutMs, tls, guard, protocol, proxy })
}

/** Connections to the token server, whose name is its own. */
export function tokenConnectionsOf(
  config: HttpTargetConfig,
  at: { origin: string; clock: Clock }
): Connections {
  if (config.tls === undefined) return connectionsOf(config, at)
  const { servername: _, ...tls } = config.tls
  return connectionsOf({ ...config, tls }, at)
}

/** Throws a FaultError `config_invalid` when a certificate or key cannot be used. */
export function transportOf(
  config: HttpTargetConfig,
  { origin, isTemplate }: Address,
  clock: Clock
): Transport {
  if (config.http2) {
    const connections = connectionsOf(config, { origin, clock }, { protocol: 'h2' })
    return new Http2Transport(connections, origin, clock)
  }
  const { maxConnections, batchesInFlight } = config
  return new SocketTransport(
    connectionsOf(config, { origin, clock }),
    origin,
    isTemplate ? maxConnections : batchesInFlight
  )
}
