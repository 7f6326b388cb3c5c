// Keeps a listener that other machines reach from taking messages from everyone by oversight.

import { FaultError } from '../../../../schemas/errors.ts'
import type { Feed, ListenAddress } from '../../../connector.ts'
import { isLoopback } from '../../../shared/loopback.ts'
import type { HttpSourceConfig } from '../config.ts'

/** Throws `source_unguarded` for a feed that takes messages from anybody, unless only this machine reaches it or it says so. */
export function assertGuarded(feeds: readonly Feed<HttpSourceConfig>[], listen: ListenAddress): void {
  if (isLoopback(listen.host) || listen.tls?.clientCa !== undefined) return
  for (const { channel, config } of feeds) {
    if (knowsSenders(config) || config.insecure) continue
    const detail = `${listen.host} is reached from other machines, and nobody has to prove who they are`
    throw new FaultError('source_unguarded', { path: `channels.${channel}.sources.http`, detail })
  }
}

/** Whether the settings of a source, which need not be valid, say who may send. */
export function knowsSenders(settings: Readonly<Record<string, unknown>>): boolean {
  const { tokens, senders, jwt, webhookSignature } = settings
  return [tokens, senders].some(hasSome) || [jwt, webhookSignature].some(isObject)
}

function hasSome(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
