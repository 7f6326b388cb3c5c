// Where connections go, and as whom: host, port, and the TLS settings that both modes share.

import net from 'node:net'
import { FaultError } from '../../schemas/errors.ts'
import { bareHost } from '../shared/host.ts'
import type { Endpoint } from '../shared/http/connect.ts'
import { secureContext } from '../shared/tls.ts'
import type { AwsIotTargetConfig } from './target-config.ts'

/** The port of each mode beside 443, where ALPN tells them apart. */
const modes = {
  mqtt: { port: 8883, protocol: 'x-amzn-mqtt-ca' },
  https: { port: 8443, protocol: 'x-amzn-http-ca' }
} as const

/** Throws a FaultError `config_invalid` for a port that is the other mode's, or a certificate that cannot be used. */
export function endpointOf({ endpoint, mode, port: given, tls: config }: AwsIotTargetConfig): Endpoint {
  const { port: own, protocol } = modes[mode]
  const port = given ?? own
  if (port !== own && port !== 443)
    throw new FaultError('config_invalid', {
      path: 'port',
      detail: `must be ${own} or 443 with mode ${mode}`
    })
  const { hostname, port: otherPort } = new URL(`mqtts://${endpoint}`)
  const host = bareHost(hostname)
  // The name that is asked for by SNI is the one of the account, so it is needed.
  const servername = config.servername ?? (net.isIP(host) === 0 ? host : undefined)
  return {
    host,
    port: Number(otherPort || port),
    tls: {
      secureContext: secureContext(config),
      ...(servername !== undefined && { servername }),
      ...(port === 443 && { ALPNProtocols: [protocol] })
    }
  }
}
