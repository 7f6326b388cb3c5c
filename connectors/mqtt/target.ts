// The MQTT target: each message is one PUBLISH with QoS 1, delivered when its PUBACK has come. This file makes the
// settings of a connection from the configuration; publisher.ts keeps messages on their way, and outcome.ts decides
// what an answer or a failure means.

import { randomBytes } from 'node:crypto'
import net from 'node:net'
import type tls from 'node:tls'
import { FaultError } from '../../schemas/errors.ts'
import type { Batch, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { bareHost } from '../shared/host.ts'
import type { ConnectionSettings } from '../shared/mqtt/connection.ts'
import { Publisher } from '../shared/mqtt/publisher.ts'
import { secureContext } from '../shared/tls.ts'
import type { MqttTargetConfig } from './target-config.ts'

export class MqttTarget implements Target {
  readonly limits: TargetLimits
  readonly #publisher: Publisher

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: MqttTargetConfig, env: TargetEnv) {
    const { maxMessages, maxBytes, batchesInFlight } = config
    this.limits = { maxMessages, maxBytes, batchesInFlight }
    this.#publisher = new Publisher(connectionSettings(config, env))
  }

  /** Connects, which shows whether the broker takes the credentials. Throws a FaultError when it fails. */
  async open(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#publisher.connect(), signal)
  }

  deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]> {
    return this.#publisher.deliver(batch.messages, signal)
  }

  async close(): Promise<void> {
    await this.#publisher.close()
  }
}

function connectionSettings(
  config: MqttTargetConfig,
  { clock, mask, stream, replay }: TargetEnv
): ConnectionSettings {
  const { username, password, topic, maxInFlight, connectTimeoutMs, ackTimeoutMs } = config
  const url = new URL(config.url)
  if (password !== undefined && username === undefined && config.version === '3.1.1') {
    throw new FaultError('config_invalid', {
      path: 'password',
      detail: 'needs a username beside it with MQTT 3.1.1'
    })
  }
  const isSecure = url.protocol === 'mqtts:'
  return {
    clock,
    host: bareHost(url.hostname),
    port: url.port === '' ? (isSecure ? 8883 : 1883) : Number(url.port),
    tls: tlsOptions(config, isSecure),
    identity: {
      protocolVersion: config.version === '5' ? 5 : 4,
      clientId: clientIdOf(config, stream, replay),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password })
    },
    topic,
    mark: config.version === '5' && replay !== undefined ? { 'tailrace-replay': replay } : null,
    maxInFlight,
    connectTimeoutMs,
    ackTimeoutMs,
    mask
  }
}

/** A replay beside its stream has an id of its own: a broker ends the older of two connections with the same one. */
function clientIdOf({ clientId }: MqttTargetConfig, stream: string, replay: string | undefined): string {
  if (clientId === undefined) return `tailrace-${stream}-${randomBytes(6).toString('hex')}`
  return replay === undefined ? clientId : `${clientId}-replay-${replay}`
}

function tlsOptions(
  { url, tls: config }: MqttTargetConfig,
  isSecure: boolean
): tls.ConnectionOptions | undefined {
  if (!isSecure) {
    if (config === undefined) return undefined
    throw new FaultError('config_invalid', { path: 'tls', detail: 'needs an mqtts url beside it' })
  }
  const { hostname } = new URL(url)
  const isName = net.isIP(bareHost(hostname)) === 0
  const servername = config?.servername ?? (isName ? hostname : undefined)
  return {
    ...(config === undefined ? {} : { secureContext: secureContext(config) }),
    ...(servername === undefined ? {} : { servername })
  }
}

/** Waits for a connection, which goes on coming about when the signal ends the wait. */
function unlessAborted(opened: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () =>
      reject(new FaultError('attempt_aborted', { detail: 'the connection was not open yet' }))
    if (signal.aborted) return give()
    signal.addEventListener('abort', give, { once: true })
    opened.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}
