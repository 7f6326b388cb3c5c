// The definitions of the Wialon connector. The code behind them is imported when a stream uses it.

import type { SourceDefinition, TargetDefinition } from '../connector.ts'
import { wialonSourceSchema } from './source-config.ts'
import { wialonTargetSchema } from './target-config.ts'

export const wialonTarget: TargetDefinition<typeof wialonTargetSchema> = {
  kind: 'wialon',
  summary: 'Sends messages as Wialon Retranslator 1.0 packets and waits for the answer to each.',
  config: wialonTargetSchema,
  async create(config, env) {
    const { WialonTarget } = await import('./target.ts')
    return new WialonTarget(config, env)
  }
}

export const wialonSource: SourceDefinition<typeof wialonSourceSchema> = {
  kind: 'wialon',
  summary: 'Takes Wialon Retranslator 1.0 packets and answers each once Kafka has its message.',
  config: wialonSourceSchema,
  setsAside: true,
  async create(feeds, env) {
    const { WialonSource } = await import('./source.ts')
    return new WialonSource(feeds, env)
  }
}
