// A broker as it is configured: where it is, who connects, and to which virtual host.

import net from 'node:net'
import type tls from 'node:tls'
import { FaultError } from '../../schemas/errors.ts'
import { bareHost } from '../shared/host.ts'
import { secureContext } from '../shared/tls.ts'
import type { AmqpTargetConfig } from './target-config.ts'

export interface Broker {
  readonly host: string
  readonly port: number
  readonly vhost: string
  /** Undefined for a connection without TLS. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly login: Login
}

/** What SASL wants (RFC 4616; RFC 4422, appendix A). */
export interface Login {
  readonly mechanism: 'PLAIN' | 'EXTERNAL'
  readonly response: Buffer
}

type BrokerConfig = Pick<AmqpTargetConfig, 'url' | 'username' | 'password' | 'tls'>

/** The nodes of a cluster, that of `url` first. Throws a FaultError `config_invalid` for what the schema cannot tell. */
export function brokersOf(config: BrokerConfig & Partial<Pick<AmqpTargetConfig, 'otherHosts'>>): Broker[] {
  const { protocol, host, pathname } = new URL(config.url)
  return [host, ...(config.otherHosts ?? [])].map(each =>
    brokerOf({ ...config, url: `${protocol}//${each}${pathname}` })
  )
}

function brokerOf(config: BrokerConfig): Broker {
  const { hostname, pathname, port, protocol } = new URL(config.url)
  const isSecure = protocol === 'amqps:'
  return {
    host: bareHost(hostname),
    port: Number(port || (isSecure ? 5671 : 5672)),
    vhost: vhostOf(pathname),
    tls: tlsOptions(config, isSecure, bareHost(hostname)),
    login: loginOf(config)
  }
}

/** amqp://host and amqp://host/ are "/" alike; one that begins with a slash is written %2F. */
function vhostOf(pathname: string): string {
  const written = pathname.replace(/^\//, '')
  if (written === '') return '/'
  try {
    const vhost = decodeURIComponent(written)
    if (Buffer.byteLength(vhost) <= 255) return vhost
  } catch {
    // told below, as one that is too long
  }
  throw wrong('url', 'must end with a virtual host of at most 255 bytes, percent-encoded')
}

function loginOf({ username, password, tls: tlsConfig }: BrokerConfig): Login {
  if (username === undefined && password !== undefined)
    throw wrong('username', 'is missing: needed beside password')
  if (username === undefined) {
    if (tlsConfig?.cert === undefined) throw wrong('username', 'is missing: needed, or tls.cert in its place')
    return { mechanism: 'EXTERNAL', response: Buffer.alloc(0) }
  }
  if (password === undefined) throw wrong('password', 'is missing: needed beside username')
  return { mechanism: 'PLAIN', response: Buffer.from(`\0${username}\0${password}`) }
}

function tlsOptions(
  { tls: config }: BrokerConfig,
  isSecure: boolean,
  host: string
): tls.ConnectionOptions | undefined {
  if (!isSecure) {
    if (config === undefined) return undefined
    throw wrong('tls', 'needs an amqps url beside it')
  }
  const servername = config?.servername ?? (net.isIP(host) === 0 ? host : undefined)
  return {
    ...(config === undefined ? {} : { secureContext: secureContext(config) }),
    ...(servername === undefined ? {} : { servername })
  }
}

function wrong(path: string, detail: string): FaultError {
  return new FaultError('config_invalid', { path, detail })
}
