// A broker as it is configured, for the source and the target alike: where it is, and who connects.

import net from 'node:net'
import type tls from 'node:tls'
import { Type } from 'typebox'
import { type TlsConfig, tlsSchema } from '../../schemas/config.ts'
import { portPattern, secret } from '../../schemas/define.ts'
import { FaultError } from '../../schemas/errors.ts'
import { bareHost } from '../shared/host.ts'
import type { Address } from '../shared/tcp/open-stream.ts'
import { secureContext } from '../shared/tls.ts'

const host = `([^\\s/?#@:\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:${portPattern})?`

export const brokerFields = {
  url: Type.String({
    description:
      'The broker: mqtt://host:port, mqtts:// for TLS, or ws:// and wss:// with a path for a WebSocket. Default ports: 1883, 8883, 80 and 443.',
    pattern: `^(mqtts?://${host}/?|wss?://${host}(/[^\\s#]*)?)$`,
    examples: ['mqtts://broker.example.com', 'wss://broker.example.com/mqtt'],
    'x-expects':
      'mqtt://host:port, mqtts://host:port, ws://host:port/path or wss://host:port/path, without user name and password',
    'x-public': true,
    'x-secret': 'query'
  }),
  version: Type.Enum(['5', '3.1.1'], { description: 'The version of MQTT to speak.', default: '5' }),
  // A name is no secret. A token in place of one is, and stays one by being written as a reference.
  username: Type.Optional(
    Type.String({
      description: 'The user name. Where a platform takes a token as one, write ${env:NAME} or ${file:path}.',
      pattern: '^.{1,16383}$',
      'x-expects': 'text on one line'
    })
  ),
  password: Type.Optional(
    secret('The password; write ${env:NAME} or ${file:path}.', {
      pattern: '^.{1,16383}$',
      'x-expects': 'text on one line'
    })
  ),
  tls: Type.Optional(tlsSchema)
}

export interface BrokerConfig {
  readonly url: string
  readonly version: '5' | '3.1.1'
  readonly username?: string
  readonly password?: string
  readonly tls?: TlsConfig
}

export interface Broker {
  readonly address: Address
  /** Undefined for a connection without TLS. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly login: {
    readonly protocolVersion: 4 | 5
    readonly username?: string
    readonly password?: string
  }
}

/** A url as it may be shown: some brokers behind a WebSocket take a token in the query. */
export function shownUrl(url: string): string {
  return url.replace(/\?.*$/s, '')
}

const defaultPorts: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443
}

/** Throws a FaultError `config_invalid` for what the schema cannot tell. */
export function brokerOf(config: BrokerConfig): Broker {
  const { username, password, version } = config
  const { hostname, pathname, port, protocol, search } = new URL(config.url)
  // MQTT 5 allows it, but the package sends none.
  if (password !== undefined && username === undefined)
    throw new FaultError('config_invalid', { path: 'username', detail: 'is missing: needed beside password' })
  return {
    address: {
      host: bareHost(hostname),
      port: Number(port || defaultPorts[protocol]),
      webSocketPath: protocol.startsWith('ws') ? pathname + search : null
    },
    tls: tlsOptions(config, /^(?:mqtts|wss):$/.test(protocol)),
    login: {
      protocolVersion: version === '5' ? 5 : 4,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password })
    }
  }
}

function tlsOptions(
  { url, tls: config }: BrokerConfig,
  isSecure: boolean
): tls.ConnectionOptions | undefined {
  if (!isSecure) {
    if (config === undefined) return undefined
    throw new FaultError('config_invalid', { path: 'tls', detail: 'needs an mqtts or wss url beside it' })
  }
  const { hostname } = new URL(url)
  const isName = net.isIP(bareHost(hostname)) === 0
  const servername = config?.servername ?? (isName ? hostname : undefined)
  return {
    ...(config === undefined ? {} : { secureContext: secureContext(config) }),
    ...(servername === undefined ? {} : { servername })
  }
}
