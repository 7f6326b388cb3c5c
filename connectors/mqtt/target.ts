// The MQTT target: messages are published, each delivered when its PUBACK has come. This file makes the settings of
// the connections from the configuration; shared/publishing keeps messages on their way, and shared/mqtt/outcome.ts decides
// what an answer or a failure means.

import type { TargetEnv } from '../connector.ts'
import { clientIdsOf } from '../shared/mqtt/client-id.ts'
import { MqttProtocol } from '../shared/mqtt/publish/protocol.ts'
import { Publications } from '../shared/mqtt/publish/publications.ts'
import { ConnectionPublisher } from '../shared/publishing/connection-publisher.ts'
import { type Publisher, PublishingTarget } from '../shared/publishing/publishing-target.ts'
import { brokerOf } from './broker.ts'
import type { MqttTargetConfig } from './target-config.ts'

export class MqttTarget extends PublishingTarget {
  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: MqttTargetConfig, env: TargetEnv) {
    super(config, publishersOf(config, env))
  }
}

function publishersOf(config: MqttTargetConfig, env: TargetEnv): Publisher[] {
  const { qos, retain, maxInFlight, connectTimeoutMs, ackTimeoutMs } = config
  const { clock, mask } = env
  const { address, login, tls } = brokerOf(config)
  const publications = new Publications({ config, isVersion5: config.version === '5', env })
  const { haveTopics } = publications
  const settings = {
    ...{ clock, mask, address, tls },
    ...{ qos, retain, haveTopics, maxInFlight, connectTimeoutMs, ackTimeoutMs }
  }
  return clientIdsOf(config.clientId, env, config.connections).map(clientId => {
    const identity = { ...login, clientId }
    return new ConnectionPublisher(new MqttProtocol({ ...settings, identity }, publications), clock)
  })
}
