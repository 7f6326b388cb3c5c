// Which request is answered how: each fault befalls a share of the requests, chosen by chance, the rest are taken.

import type { Reply } from '../../../connectors/http/double.ts'

/** Shares are parts of 1. */
export interface Faults {
  readonly status: number
  readonly latencyMs: number
  readonly failShare: number
  readonly resetShare: number
  readonly hangShare: number
}

/** `chance` is a random number in [0, 1). */
export function replyFor(faults: Faults, chance: number): Reply {
  const { failShare, resetShare, hangShare, latencyMs } = faults
  if (chance < resetShare) return { kind: 'reset' }
  if (chance < resetShare + hangShare) return { kind: 'hang' }
  const failed = chance < resetShare + hangShare + failShare
  return { kind: 'answer', status: failed ? 503 : faults.status, afterMs: latencyMs }
}
