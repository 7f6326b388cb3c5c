// The MQTT target: messages are published, each delivered when its PUBACK has come. This file makes the settings of
// the connections from the configuration; shared/mqtt/publish/publisher.ts keeps messages on their way, and outcome.ts there decides
// what an answer or a failure means.

import type { Batch, Message, Outcome, Target, TargetEnv, TargetLimits } from '../connector.ts'
import { clientIdOf } from '../shared/mqtt/client-id.ts'
import type { ConnectionSettings } from '../shared/mqtt/connection.ts'
import { Publications } from '../shared/mqtt/publish/publications.ts'
import { Publisher } from '../shared/mqtt/publish/publisher.ts'
import { Publishers } from '../shared/mqtt/publish/publishers.ts'
import { brokerOf } from './broker.ts'
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

function connectionSettings(
  config: MqttTargetConfig,
  env: TargetEnv,
  haveTopics: boolean
): ConnectionSettings {
  const { clock, mask } = env
  const { qos, retain, maxInFlight, connectTimeoutMs, ackTimeoutMs } = config
  const { address, login, tls } = brokerOf(config)
  return {
    ...{ clock, address, tls },
    identity: { ...login, clientId: clientIdOf(config.clientId, env) },
    ...{ qos, retain, haveTopics, maxInFlight, connectTimeoutMs, ackTimeoutMs, mask }
  }
}
