// What /metrics reads off the streams when it is scraped. Set synchronously and right before the page is rendered,
// so that pending agrees with the counters of the same moment. Invariant 3

import { stateKinds } from '../../stream/health/state.ts'
import type { StreamReport } from '../admin/status.ts'
import type { Metrics } from './metrics.ts'

export function setStreamGauges(metrics: Metrics, streams: readonly StreamReport[]): void {
  const state = metrics.gauge('tailrace_stream_state')
  for (const { name: stream, ...status } of streams) {
    metrics.gauge('tailrace_stream_messages_pending').set({ stream }, status.pending)
    metrics.gauge('tailrace_stream_bytes_pending').set({ stream }, status.pendingBytes)
    const waiting = status.partitions.reduce((sum, partition) => sum + partition.waitingDevices, 0)
    metrics.gauge('tailrace_stream_devices_waiting').set({ stream }, waiting)
    metrics.gauge('tailrace_stream_devices_held').set({ stream }, status.held.devices)
    metrics.gauge('tailrace_stream_messages_held').set({ stream }, status.held.messages)
    metrics.gauge('tailrace_stream_batches_in_flight').set({ stream }, status.concurrency.inFlight)
    metrics.gauge('tailrace_stream_concurrency_limit').set({ stream }, status.concurrency.limit)
    metrics.gauge('tailrace_stream_lag_messages').set({ stream }, status.lag)
    metrics.gauge('tailrace_stream_partitions').set({ stream }, status.partitions.length)
    metrics.gauge('tailrace_stream_oldest_age_seconds').set({ stream }, status.oldestAgeSeconds ?? 0)
    for (const kind of stateKinds) state.set({ stream, state: kind }, kind === status.state ? 1 : 0)
  }
}
