// The definitions of the HTTP connector. The code behind them is imported when a stream or channel uses it.

import type { SourceDefinition, TargetDefinition } from '../connector.ts'
import { httpRehearsal } from './rehearsal.ts'
import { httpSourceConfig } from './source/config.ts'
import { httpTargetSchema } from './target-config.ts'

export const httpSource: SourceDefinition<typeof httpSourceConfig> = {
  kind: 'http',
  summary: 'Receives messages that are POSTed to a channel.',
  config: httpSourceConfig,
  async create(feeds, env) {
    const { HttpSource } = await import('./source.ts')
    return new HttpSource(feeds, env)
  }
}

export const httpTarget: TargetDefinition<typeof httpTargetSchema> = {
  kind: 'http',
  summary: 'POSTs batches of messages to an HTTP endpoint and waits for its answer.',
  config: httpTargetSchema,
  async create(config, env) {
    const { HttpTarget } = await import('./target.ts')
    return new HttpTarget(config, env)
  },
  rehearsal: httpRehearsal
}
