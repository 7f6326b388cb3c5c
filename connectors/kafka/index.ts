// The definition of the Kafka target: another cluster, or another topic. The code behind it is imported when a stream
// uses it; the log that all messages pass through (log/) is no connector.

import type { TargetDefinition } from '../connector.ts'
import { kafkaTargetSchema } from './target/config.ts'

export const kafkaTarget: TargetDefinition<typeof kafkaTargetSchema> = {
  kind: 'kafka',
  summary: 'Appends messages to topics of a Kafka cluster and waits until all replicas in sync have them.',
  config: kafkaTargetSchema,
  async create(config, env) {
    const { KafkaTarget } = await import('./target/target.ts')
    return new KafkaTarget(config, env)
  }
}
