// The definition of the Event Hubs connector. The code behind it, and the SDK, are imported when a stream uses it.

import type { TargetDefinition } from '../connector.ts'
import { eventHubsTargetSchema } from './target-config.ts'

export const eventHubsTarget: TargetDefinition<typeof eventHubsTargetSchema> = {
  kind: 'eventHubs',
  summary: 'Sends messages to Azure Event Hubs and waits until it has accepted each.',
  config: eventHubsTargetSchema,
  async create(config, env) {
    const { createEventHubsTarget } = await import('./target.ts')
    return createEventHubsTarget(config, env)
  }
}
