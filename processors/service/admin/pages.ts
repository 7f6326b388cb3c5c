// The pages of the admin listener.

import type { LogEvent } from '../../../schemas/events.ts'
import { setClockGauge } from '../metrics/clock-skew.ts'
import { setSourceGauges, setStreamGauges } from '../metrics/gauges.ts'
import { setMemoryGauges } from '../metrics/memory-gauges.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { setPartitionGauges } from '../metrics/partition-gauges.ts'
import { setServiceGauges } from '../metrics/service-gauges.ts'
import type { Streams } from '../streams/streams.ts'
import { AdminListener, json, type Pages } from './listener.ts'
import { alive, readiness } from './probes.ts'
import type { ServiceStatus } from './status.ts'

interface PagesParts {
  readonly metrics: Metrics
  status(): ServiceStatus
  /** Whether single partitions are shown. */
  showsPartitions(): boolean
}

export interface AdminParts extends PagesParts {
  readonly streams: Pick<Streams, 'tap' | 'names'>
  /** What whoever looks on must know. */
  readonly token?: string | undefined
  readonly log: LogEvent
}

/** The listener with the pages of a service; not yet open. */
export function adminListener({ streams, token, log, ...parts }: AdminParts): AdminListener {
  const watch = {
    token: token ?? null,
    tap: (name: string) => streams.tap(name),
    streams: () => streams.names
  }
  return new AdminListener(servicePages(parts), log, watch)
}

function servicePages({ metrics, status, showsPartitions }: PagesParts): Pages {
  return {
    metrics: async () => {
      const now = status()
      setServiceGauges(metrics, now)
      setStreamGauges(metrics, now.streams)
      setSourceGauges(metrics, now.channels)
      setMemoryGauges(metrics, now.memory)
      setClockGauge(metrics, now.clockSkewSeconds)
      setPartitionGauges(metrics, showsPartitions() ? now.streams : [])
      return { contentType: metrics.contentType, body: await metrics.page() }
    },
    healthz: alive,
    readyz: () => readiness(status()),
    status: () => json(status())
  }
}
