// The definitions of the Wialon IPS connector. The code behind them is imported when a stream or channel uses it.

import type { SourceDefinition, TargetDefinition } from '../connector.ts'
import { wialonIpsSourceSchema } from './source-config.ts'
import { wialonIpsTargetSchema } from './target-config.ts'

export const wialonIpsTarget: TargetDefinition<typeof wialonIpsTargetSchema> = {
  kind: 'wialonIps',
  summary: 'Sends messages by Wialon IPS, with a connection and a login for each device.',
  config: wialonIpsTargetSchema,
  async create(config, env) {
    const { WialonIpsTarget } = await import('./target.ts')
    return new WialonIpsTarget(config, env)
  }
}

export const wialonIpsSource: SourceDefinition<typeof wialonIpsSourceSchema> = {
  kind: 'wialonIps',
  summary: 'Takes what devices send by Wialon IPS, and answers each packet once Kafka has its messages.',
  config: wialonIpsSourceSchema,
  setsAside: true,
  async create(feeds, env) {
    const { WialonIpsSource } = await import('./source.ts')
    return new WialonIpsSource(feeds, env)
  }
}
