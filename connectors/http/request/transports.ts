// Which transport a configuration asks for.

import type { Clock } from '../../clock.ts'
import { AddressGuard } from '../../shared/address-guard.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import type { Address } from './address.ts'
import { Connections } from './connect.ts'
import { Http2Transport } from './http2.ts'
import { SocketTransport, type Transport } from './transport.ts'

/** Connections that may go where the configuration allows. Throws a FaultError `config_invalid`. */
export function connectionsOf(
  { connectTimeoutMs: timeoutMs, tls, allowPrivateAddresses }: HttpTargetConfig,
  clock: Clock,
  {
    protocol = 'http/1.1',
    guard = new AddressGuard(allowPrivateAddresses)
  }: { protocol?: 'http/1.1' | 'h2'; guard?: AddressGuard } = {}
): Connections {
  return new Connections({ clock, timeoutMs, tls, guard, protocol })
}

/** Throws a FaultError `config_invalid` when a certificate or key cannot be used. */
export function transportOf(
  config: HttpTargetConfig,
  { origin, isTemplate }: Address,
  clock: Clock
): Transport {
  if (config.http2) return new Http2Transport(connectionsOf(config, clock, { protocol: 'h2' }), origin, clock)
  const { maxConnections, batchesInFlight } = config
  return new SocketTransport(
    connectionsOf(config, clock),
    origin,
    isTemplate ? maxConnections : batchesInFlight
  )
}
