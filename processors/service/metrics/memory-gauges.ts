// What /metrics shows of the memory of the process: what its configuration allows, and who has how much of that.

import type { MemoryStatus } from '../admin/status.ts'
import type { Metrics } from './metrics.ts'

/** Sets them as of the moment of the scrape. */
export function setMemoryGauges(metrics: Metrics, { maxBytes, neededBytes, usedBytes }: MemoryStatus): void {
  metrics.gauge('tailrace_memory_budget_bytes').set(maxBytes)
  metrics.gauge('tailrace_memory_needed_bytes').set(neededBytes)
  const used = metrics.gauge('tailrace_memory_used_bytes')
  for (const [part, bytes] of Object.entries(usedBytes)) used.set({ part }, bytes)
}
