// The definition of the Google Pub/Sub connector. The code behind it, and Google's client with it, is imported when a
// stream uses it.

import type { TargetDefinition } from '../connector.ts'
import { pubsubTargetSchema } from './target-config.ts'

export const pubsubTarget: TargetDefinition<typeof pubsubTargetSchema> = {
  kind: 'pubsub',
  summary: 'Publishes messages to a topic of Google Pub/Sub, in order per device.',
  config: pubsubTargetSchema,
  async create(config, env) {
    const { PubsubTarget } = await import('./target.ts')
    return new PubsubTarget(config, env)
  }
}
