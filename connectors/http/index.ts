// The definitions of the HTTP connector. The code behind them is imported when a stream or channel uses it.

import type { TargetDefinition } from '../connector.ts'
import { httpTargetSchema } from './target-config.ts'

export const httpTarget: TargetDefinition<typeof httpTargetSchema> = {
  kind: 'http',
  summary: 'POSTs batches of messages to an HTTP endpoint and waits for its answer.',
  config: httpTargetSchema,
  async create(config, env) {
    const { HttpTarget } = await import('./target.ts')
    return new HttpTarget(config, env)
  }
}
