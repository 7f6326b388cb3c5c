// The closed list of metrics: names, types, labels and units are an interface that dashboards and alerts rely on.
// Base units; no label ever names a device.

import { processMetrics } from './metrics/process.ts'
import { streamMetrics } from './metrics/stream.ts'

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

const list = { ...streamMetrics, ...processMetrics } as const satisfies Record<string, MetricSpec>

export type MetricName = keyof typeof list
export const metrics: Readonly<Record<MetricName, MetricSpec>> = list
