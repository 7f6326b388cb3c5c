// When has a stream taken into memory what it may?

import { overheadBytes } from '../../../../processors/stream/dispatch/lane.ts'
import type { PartitionStatus } from '../../../../processors/stream/health/status.ts'

/** Kafka holds messages of the partition that are not in memory, where each costs its overhead at the least. */
export function leavesSome({ lag, pendingBytes }: PartitionStatus): boolean {
  return lag > pendingBytes / overheadBytes
}
