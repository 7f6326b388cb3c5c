// Where Pub/Sub is, and who we are there, as Google's client wants it.

import type { SecureContext } from 'node:tls'
import { FaultError } from '../../../schemas/errors.ts'
import { secureContext } from '../../shared/tls.ts'
import type { PubsubTargetConfig } from '../target-config.ts'
import { type Credentials, parseCredentials, universe } from './access.ts'
import type { ClientOptions } from './link.ts'

export interface Address {
  readonly options: ClientOptions
  /** Null: without TLS. */
  readonly secureContext: SecureContext | null
  /** Null: the default credentials, or none with an emulator. */
  readonly credentials: Credentials | null
}

/** Throws a FaultError `config_invalid` for what the schema cannot tell. */
export function addressOf(config: PubsubTargetConfig): Address {
  const { emulator, endpoint, tls = {} } = config
  const project = config.project ?? /^projects\/([^/]+)\//.exec(config.topic)?.[1] ?? ''
  const { host, port } = hostPort(emulator ?? endpoint)
  // Without a project or a universe the client would ask the credentials, and the metadata server, for one.
  const known = { projectId: project, universeDomain: universe }
  const options: ClientOptions = { servicePath: host, port, ...known }
  if (emulator !== undefined) {
    for (const path of ['credentials', 'tls'] as const)
      if (config[path] !== undefined)
        throw new FaultError('config_invalid', { path, detail: 'has no meaning beside emulator' })
    return { options, secureContext: null, credentials: null }
  }
  const credentials = config.credentials === undefined ? null : parseCredentials(config.credentials)
  if (credentials !== null) options.credentials = credentials
  if (tls.servername !== undefined) options['grpc.ssl_target_name_override'] = tls.servername
  return { options, secureContext: secureContext(tls), credentials }
}

function hostPort(address: string): { host: string; port: number } {
  const [, host = address, port = 443] = /^(.*[^:]):(\d+)$/.exec(address) ?? []
  return host.includes(':') && !host.endsWith(']')
    ? { host: address, port: 443 }
    : { host, port: Number(port) }
}
