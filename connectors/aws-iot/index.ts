// The definition of the AWS IoT Core connector. The code behind it is imported when a stream uses it.

import type { TargetDefinition } from '../connector.ts'
import { awsIotTargetSchema } from './target-config.ts'

export const awsIotTarget: TargetDefinition<typeof awsIotTargetSchema> = {
  kind: 'awsIot',
  summary: 'Publishes messages to AWS IoT Core and waits until it has confirmed each, within its quotas.',
  config: awsIotTargetSchema,
  async create(config, env) {
    if (config.mode === 'https') {
      const { AwsIotHttpsTarget } = await import('./https/target.ts')
      return new AwsIotHttpsTarget(config, env)
    }
    const { AwsIotTarget } = await import('./target.ts')
    return new AwsIotTarget(config, env)
  }
}
