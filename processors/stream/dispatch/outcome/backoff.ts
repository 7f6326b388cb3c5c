// How long to wait before the next attempt: exponential with full jitter (a random time below a ceiling that
// doubles), which spreads the retries of many partitions and processes. What the target asked for is a minimum.

import type { Failure } from '../../../../connectors/connector.ts'
import type { RetryConfig } from '../../../../schemas/stream.ts'
import type { StreamContext } from '../../context.ts'

/** `attempt` counts from 1; `random` is in [0, 1). Milliseconds. */
export function backoffMs(retry: RetryConfig, attempt: number, random: number): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(random * ceiling)
}

/** The wait after `failures` failures in a row, of which this is the last: slow after a halt. Milliseconds. */
export function waitAfterMs(
  { clock, retry }: Pick<StreamContext, 'clock' | 'retry'>,
  { kind, retryAfterMs }: Failure,
  failures: number
): number {
  const delayMs =
    kind === 'halt' ? retry.haltedDelayMs : backoffMs(retry, Math.max(1, failures), clock.random())
  return Math.max(delayMs, retryAfterMs ?? 0)
}
