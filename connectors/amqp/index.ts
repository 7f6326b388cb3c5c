// The definition of the AMQP connector. The code behind it is imported when a stream uses it.

import type { TargetDefinition } from '../connector.ts'
import { amqpTargetSchema } from './target-config.ts'

export const amqpTarget: TargetDefinition<typeof amqpTargetSchema> = {
  kind: 'amqp',
  summary:
    'Publishes messages to an AMQP 0-9-1 broker, such as RabbitMQ, and waits until it has confirmed each.',
  config: amqpTargetSchema,
  async create(config, env) {
    const { AmqpTarget } = await import('./target.ts')
    return new AmqpTarget(config, env)
  }
}
