// The definitions of the MQTT connector. The code behind them is imported when a channel or stream uses it.

import type { SourceDefinition, TargetDefinition } from '../connector.ts'
import { mqttSourceConfig } from './source-config.ts'
import { mqttTargetSchema } from './target-config.ts'

export const mqttSource: SourceDefinition<typeof mqttSourceConfig> = {
  kind: 'mqtt',
  summary: 'Subscribes to topics of an MQTT broker, and acknowledges what Kafka has.',
  config: mqttSourceConfig,
  setsAside: true,
  connects: true,
  async create(feeds, env) {
    const { MqttSource } = await import('./source.ts')
    return new MqttSource(feeds, env)
  }
}

export const mqttTarget: TargetDefinition<typeof mqttTargetSchema> = {
  kind: 'mqtt',
  summary: 'Publishes messages to an MQTT broker and waits until it has confirmed each.',
  config: mqttTargetSchema,
  async create(config, env) {
    const { MqttTarget } = await import('./target.ts')
    return new MqttTarget(config, env)
  }
}
