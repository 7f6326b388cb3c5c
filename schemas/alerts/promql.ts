// The little PromQL that alerts and dashboards are made of. A metric is named by what is in the closed list, so that a query
// cannot name one that does not exist. The labels of a scrape tell processes apart: `namespace` and `job` are those of an
// installation, `pod` and `instance` those of a process.

import type { MetricName } from '../metrics.ts'

/** What Prometheus says of every scrape, and prom-client of every process, as far as alerts and dashboards look at it. */
export const processMetrics = [
  'up',
  'tailrace_process_start_time_seconds',
  'tailrace_process_cpu_seconds_total',
  'tailrace_process_resident_memory_bytes',
  'tailrace_nodejs_eventloop_lag_p99_seconds'
] as const

/** The parts of a histogram are series of their own. */
type HistogramPart = `${MetricName}_${'bucket' | 'sum' | 'count'}`
export type Measured = MetricName | HistogramPart | (typeof processMetrics)[number]

/** One installation. */
export const installation = 'namespace, job'
/** One stream over all its processes. */
export const stream = `${installation}, stream`
/** One channel over all processes. */
export const channel = `${installation}, channel`
/** One process: `pod` in a cluster, elsewhere `instance` alone. */
export const aProcess = `${installation}, pod, instance`

/** The series of a metric, all or those that match. */
export function series(name: Measured, matchers = ''): string {
  return matchers === '' ? name : `${name}{${matchers}}`
}

/** An aggregation: `over('sum', stream, ...)` is one figure for each stream. */
export function over(how: 'sum' | 'min' | 'max' | 'count', labels: string, expression: string): string {
  return labels === '' ? `${how}(${expression})` : `${how} by (${labels}) (${expression})`
}

/**
 * By how much a counter grew, series by series. `increase` does not see what a series began with: where a reason is counted
 * for the first time, or a process is new, that is all of it.
 */
export function grown(counter: string, window: string): string {
  return `((${counter} unless ${counter} offset ${window}) or increase(${counter}[${window}]))`
}
