// Keeps a listener that other machines reach from taking messages from everyone by oversight.

import { FaultError } from '../../../schemas/errors.ts'
import type { Feed } from '../../connector.ts'
import { isLoopback } from '../../shared/loopback.ts'
import type { HttpSourceConfig } from './config.ts'

/** Throws `source_unguarded` for a feed without tokens, unless only this machine reaches it or it says so. */
export function assertGuarded(feeds: readonly Feed<HttpSourceConfig>[], host: string): void {
  if (isLoopback(host)) return
  for (const { channel, config } of feeds) {
    if (config.tokens !== undefined || config.insecure) continue
    const detail = `${host} is reached from other machines and no tokens are set`
    throw new FaultError('source_unguarded', { path: `channels.${channel}.sources.http`, detail })
  }
}
