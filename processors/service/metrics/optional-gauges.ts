// What /metrics shows of streams only where there is something to show, and else not at all: the reason for which one waits or
// is halted, and what its configuration asks for.

import type { MetricName } from '../../../schemas/metrics.ts'
import type { StreamReport } from '../admin/status.ts'
import type { Metrics } from './metrics.ts'

/** Undefined: there is nothing to show. */
const read = {
  tailrace_stream_devices_silent: status => status.silent?.devices,
  tailrace_stream_age_objective_seconds: status => status.objective?.maxAgeSeconds,
  tailrace_stream_time_to_loss_seconds: ({ timeToLossSeconds: seconds }) =>
    seconds === null ? Number.POSITIVE_INFINITY : seconds
} satisfies Partial<Record<MetricName, (status: StreamReport) => number | undefined>>

/** Sets them as of the moment of the scrape. */
export function setOptionalGauges(metrics: Metrics, streams: readonly StreamReport[]): void {
  for (const [name, valueIn] of Object.entries(read)) {
    const gauge = metrics.gauge(name as keyof typeof read) // the keys of `read` are its own
    gauge.reset()
    for (const status of streams) {
      const value = valueIn(status)
      if (value !== undefined) gauge.set({ stream: status.name }, value)
    }
  }
  setTroubles(metrics, streams)
}

function setTroubles(metrics: Metrics, streams: readonly StreamReport[]): void {
  const gauge = metrics.gauge('tailrace_stream_trouble')
  gauge.reset()
  for (const { name: stream, state, trouble } of streams)
    if (trouble !== undefined) gauge.set({ stream, state, code: trouble.code }, 1)
}
