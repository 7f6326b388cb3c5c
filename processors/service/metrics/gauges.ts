// What /metrics reads off the streams and sources when it is scraped. Set synchronously and right before the page is rendered,
// so that pending agrees with the counters of the same moment. Invariant 3

import type { MetricName } from '../../../schemas/metrics.ts'
import { stateKinds } from '../../stream/health/state.ts'
import type { ChannelStatus, StreamReport } from '../admin/status.ts'
import type { Metrics } from './metrics.ts'

/** Undefined: there is nothing to show. */
const read = {
  tailrace_stream_messages_pending: status => status.pending,
  tailrace_stream_bytes_pending: status => status.pendingBytes,
  tailrace_stream_devices_waiting: status =>
    status.partitions.reduce((sum, partition) => sum + partition.waitingDevices, 0),
  tailrace_stream_devices_held: status => status.held.devices,
  tailrace_stream_messages_held: status => status.held.messages,
  tailrace_stream_batches_in_flight: status => status.concurrency.inFlight,
  tailrace_stream_concurrency_limit: status => status.concurrency.limit,
  tailrace_stream_destinations_down: status => status.destinationsDown,
  tailrace_stream_lag_messages: status => known(status, status.lag),
  tailrace_stream_useful_replicas: status => status.usefulReplicas,
  tailrace_stream_partitions: status => status.partitions.length,
  tailrace_stream_oldest_age_seconds: status => known(status, status.oldestAgeSeconds ?? 0),
  tailrace_stream_oldest_unheld_age_seconds: status => known(status, status.oldestUnheldAgeSeconds ?? 0),
  tailrace_stream_devices_silent: status => status.silent?.devices,
  tailrace_stream_age_objective_seconds: status => status.objective?.maxAgeSeconds,
  tailrace_stream_time_to_loss_seconds: ({ timeToLossSeconds: seconds }) =>
    seconds === null ? Number.POSITIVE_INFINITY : seconds
} satisfies Partial<Record<MetricName, (status: StreamReport) => number | undefined>>

/**
 * Of what is owed, as far as it is known: while partitions, and with them those of their held messages, are not open, nothing
 * is not said to be nothing.
 */
function known({ partitions }: Pick<StreamReport, 'partitions'>, owed: number): number | undefined {
  return owed === 0 && partitions.some(({ settledTo }) => settledTo === null) ? undefined : owed
}

/** Of a stream that a changed configuration has no more, nothing is shown. */
export function setStreamGauges(metrics: Metrics, streams: readonly StreamReport[]): void {
  for (const [name, valueIn] of Object.entries(read)) {
    const gauge = metrics.gauge(name as keyof typeof read) // the keys of `read` are its own
    gauge.reset()
    for (const status of streams) {
      const value = valueIn(status)
      if (value !== undefined) gauge.set({ stream: status.name }, value)
    }
  }
  setStates(metrics, streams)
}

/** The state of each, and the reason where it waits or is halted. */
function setStates(metrics: Metrics, streams: readonly StreamReport[]): void {
  const state = metrics.gauge('tailrace_stream_state')
  const troubled = metrics.gauge('tailrace_stream_trouble')
  const unknown = metrics.gauge('tailrace_stream_time_to_loss_unknown')
  for (const gauge of [state, troubled, unknown]) gauge.reset()
  for (const { name: stream, state: now, trouble, timeToLossUnknownCode: code } of streams) {
    if (code !== undefined) unknown.set({ stream, code }, 1)
    for (const kind of stateKinds) state.set({ stream, state: kind }, kind === now ? 1 : 0)
    if (trouble !== undefined) troubled.set({ stream, state: now, code: trouble.code }, 1)
  }
}

/** Where several sessions of a channel are at one address, the worst of them is shown. */
export function setSourceGauges(
  metrics: Metrics,
  channels: readonly Pick<ChannelStatus, 'name' | 'appendWaitsSeconds' | 'connections'>[]
): void {
  const waiting = metrics.gauge('tailrace_channel_append_waiting_seconds')
  waiting.reset()
  for (const { name: channel, appendWaitsSeconds } of channels) waiting.set({ channel }, appendWaitsSeconds)
  const gauge = metrics.gauge('tailrace_channel_source_connected')
  gauge.reset()
  for (const { name: channel, connections = [] } of channels)
    for (const { source, url } of connections) {
      const same = connections.filter(other => other.source === source && other.url === url)
      gauge.set({ channel, source, url }, same.every(({ state }) => state === 'connected') ? 1 : 0)
    }
}
