// The definitions of the Wialon connector. The code behind them is imported when a stream uses it.

import type { TargetDefinition } from '../connector.ts'
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
