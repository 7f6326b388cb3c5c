// The definition of the MQTT connector. The code behind it is imported when a stream uses it.

import type { TargetDefinition } from '../connector.ts'
import { mqttTargetSchema } from './target-config.ts'

export const mqttTarget: TargetDefinition<typeof mqttTargetSchema> = {
  kind: 'mqtt',
  summary: 'Publishes messages to an MQTT broker and waits until it has confirmed each.',
  config: mqttTargetSchema,
  async create(config, env) {
    const { MqttTarget } = await import('./target.ts')
    return new MqttTarget(config, env)
  }
}
