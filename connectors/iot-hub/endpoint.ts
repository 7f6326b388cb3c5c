// Where connections go: host, port, and the TLS settings that both modes share.

import net from 'node:net'
import { bareHost } from '../shared/host.ts'
import type { Endpoint } from '../shared/http/connect.ts'
import { secureContext } from '../shared/tls.ts'
import type { IotHubTargetConfig } from './target-config.ts'

export interface HubEndpoint extends Endpoint {
  /** The name of the hub, for which tokens are made. */
  readonly hub: string
}

/** `standardPort` is the one of what is spoken. Throws a FaultError `config_invalid` for a certificate that cannot be used. */
export function endpointOf(
  { host: given, tls: config }: Pick<IotHubTargetConfig, 'host' | 'tls'>,
  standardPort: number
): HubEndpoint {
  const { hostname, port } = new URL(`mqtts://${given}`)
  const host = bareHost(hostname)
  // The name that is asked for by SNI is the one of the hub, so it is needed.
  const servername = config.servername ?? (net.isIP(host) === 0 ? host : undefined)
  const context = secureContext(config.ca === undefined ? {} : { ca: config.ca })
  return {
    hub: host,
    host,
    port: Number(port || standardPort),
    tls: { secureContext: context, ...(servername !== undefined && { servername }) }
  }
}
