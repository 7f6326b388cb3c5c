// The MQTT target: messages are published, each delivered when its PUBACK has come. This file makes the settings of
// the connections from the configuration; shared/mqtt/publish/publisher.ts keeps messages on their way, and outcome.ts there decides
// what an answer or a failure means.

import net from 'node:net'
import type tls from 'node:tls'
import { FaultError } from '../../schemas/errors.ts'
import type { Batch, Message, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { bareHost } from '../shared/host.ts'
import { clientIdOf } from '../shared/mqtt/client-id.ts'
import type { ConnectionSettings } from '../shared/mqtt/connection.ts'
import { Publications } from '../shared/mqtt/publish/publications.ts'
import { Publisher } from '../shared/mqtt/publish/publisher.ts'
import { Publishers } from '../shared/mqtt/publish/publishers.ts'
import { secureContext } from '../shared/tls.ts'
import type { MqttTargetConfig } from './target-config.ts'

export class MqttTarget implements Target {
  readonly limits: TargetLimits
  /** The connection of a device, by its number; only where there are several. */
  readonly destination?: (message: Message) => string
  readonly #publishers: Publishers

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: MqttTargetConfig, env: TargetEnv) {
    const { maxMessages, maxBytes, batchesInFlight, connections } = config
    this.limits = { maxMessages, maxBytes, batchesInFlight }
    const publications = new Publications({ config, isVersion5: config.version === '5', env })
    const settings = connectionSettings(config, env, publications.haveTopics)
    const { clientId } = settings.identity
    const publishers = Array.from({ length: connections }, (_, at) => {
      const identity = connections === 1 ? {} : { clientId: `${clientId}-${at}` }
      return new Publisher({ ...settings, identity: { ...settings.identity, ...identity } }, publications)
    })
    this.#publishers = new Publishers(publishers)
    const { destination } = this.#publishers
    if (destination !== undefined) this.destination = destination
  }

  /** Connects, which shows whether the broker takes the credentials. Throws a FaultError when it fails. */
  open(signal: AbortSignal): Promise<void> {
    return this.#publishers.open(signal)
  }

  deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    return this.#publishers.deliver(batch, signal)
  }

  close(): Promise<void> {
    return this.#publishers.close()
  }
}

const defaultPorts: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443
}

function connectionSettings(
  config: MqttTargetConfig,
  env: TargetEnv,
  haveTopics: boolean
): ConnectionSettings {
  const { clock, mask } = env
  const { username, password, qos, retain, maxInFlight, connectTimeoutMs, ackTimeoutMs } = config
  const { hostname, pathname, port, protocol, search } = new URL(config.url)
  if (password !== undefined && username === undefined && config.version === '3.1.1') {
    throw new FaultError('config_invalid', {
      path: 'password',
      detail: 'needs a username beside it with MQTT 3.1.1'
    })
  }
  return {
    clock,
    address: {
      host: bareHost(hostname),
      port: Number(port || defaultPorts[protocol]),
      webSocketPath: protocol.startsWith('ws') ? pathname + search : null
    },
    tls: tlsOptions(config, /^(?:mqtts|wss):$/.test(protocol)),
    identity: {
      protocolVersion: config.version === '5' ? 5 : 4,
      clientId: clientIdOf(config.clientId, env),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password })
    },
    ...{ qos, retain, haveTopics, maxInFlight, connectTimeoutMs, ackTimeoutMs, mask }
  }
}

function tlsOptions(
  { url, tls: config }: MqttTargetConfig,
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
