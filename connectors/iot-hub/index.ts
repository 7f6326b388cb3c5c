// The definition of the Azure IoT Hub connector. The code behind it is imported when a stream uses it.

import type { TargetDefinition } from '../connector.ts'
import { iotHubTargetSchema } from './target-config.ts'

export const iotHubTarget: TargetDefinition<typeof iotHubTargetSchema> = {
  kind: 'iotHub',
  summary: 'Sends messages to Azure IoT Hub, each as its own device, and waits until it has confirmed each.',
  config: iotHubTargetSchema,
  async create(config, env) {
    if (config.mode === 'mqtt') {
      const { IotHubMqttTarget } = await import('./mqtt/target.ts')
      return new IotHubMqttTarget(config, env)
    }
    const { IotHubHttpsTarget } = await import('./https/target.ts')
    return new IotHubHttpsTarget(config, env)
  }
}
