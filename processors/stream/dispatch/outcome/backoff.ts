// How long to wait before the next attempt: exponential with full jitter (a random time below a ceiling that
// doubles), which spreads the retries of many partitions and processes. What the target asked for is a minimum.

import type { RetryConfig } from '../../../../schemas/stream.ts'

/** `attempt` counts from 1; `random` is in [0, 1). Milliseconds. */
export function backoffMs(retry: RetryConfig, attempt: number, random: number): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(random * ceiling)
}
