// The pages of the admin listener. Health says that the process turns; readiness that it does its work, whatever its
// targets do: a target that is down must not take a pod out of service while Kafka keeps what it is owed.

import type { LogEvent } from '../../../schemas/events.ts'
import { setSourceGauges, setStreamGauges } from '../metrics/gauges.ts'
import { setMemoryGauges } from '../metrics/memory-gauges.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { setPartitionGauges } from '../metrics/partition-gauges.ts'
import type { Streams } from '../streams/streams.ts'
import { AdminListener, json, type Pages, text } from './listener.ts'
import type { Phase, ServiceStatus } from './status.ts'

interface PagesParts {
  readonly metrics: Metrics
  status(): ServiceStatus
  /** Whether single partitions are shown. */
  showsPartitions(): boolean
}

const unready: Readonly<Partial<Record<Phase, string>>> = {
  connecting: 'waiting for Kafka',
  starting: 'starting',
  draining: 'draining',
  stopped: 'stopped'
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
      const { channels, memory, streams } = status()
      setStreamGauges(metrics, streams)
      setSourceGauges(metrics, channels)
      setMemoryGauges(metrics, memory)
      setPartitionGauges(metrics, showsPartitions() ? streams : [])
      return { contentType: metrics.contentType, body: await metrics.page() }
    },
    healthz: () => text('ok'),
    readyz: () => {
      const reason = unready[status().phase]
      return reason === undefined ? text('ready') : text(reason, 503)
    },
    status: () => json(status())
  }
}
