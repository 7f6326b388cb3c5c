// What /metrics shows of single partitions, only where the configuration asks for it: their number is beyond what every
// Prometheus should be given.

import type { StreamReport } from '../admin/status.ts'
import type { Metrics } from './metrics.ts'

/** Sets them as of the moment of the scrape; of no streams, nothing is shown. */
export function setPartitionGauges(
  metrics: Metrics,
  streams: readonly Pick<StreamReport, 'name' | 'partitions'>[]
): void {
  const gauge = metrics.gauge('tailrace_partition_lag_messages')
  gauge.reset()
  for (const { name: stream, partitions } of streams)
    for (const { topic, partition, lag, settledTo } of partitions)
      if (settledTo !== null) gauge.set({ stream, topic, partition }, lag) // of those that are not open it is not known
}
