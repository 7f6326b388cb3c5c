// The closed list of alerts and of the series that Prometheus records for them and for scaling. Their names are an interface:
// silences, routes and runbooks rely on them. `npm run generate` renders helm/tailrace/rules/tailrace.yaml and a reference page.
// Every figure is taken over all processes of a stream, so that one that leaves, comes or is restarted is no alarm.

import type { AlertSpec } from './alert.ts'
import { ingestAlerts } from './ingest.ts'
import { messageAlerts } from './messages.ts'
import { processAlerts } from './processes.ts'
import { progressAlerts } from './progress.ts'
import { over, series, stream } from './promql.ts'

/** The groups of alerts, each evaluated as a whole. */
export const alertGroups: Readonly<Record<string, Readonly<Record<string, AlertSpec>>>> = {
  'tailrace-progress': progressAlerts,
  'tailrace-messages': messageAlerts,
  'tailrace-ingest': ingestAlerts,
  'tailrace-processes': processAlerts
}

/** A series that is recorded, with what it is for. */
export interface RecordSpec {
  readonly expr: string
  readonly help: string
}

export const records: Readonly<Record<string, RecordSpec>> = {
  'tailrace:stream_useful_replicas': {
    expr: `clamp_min(ceil(${over('sum', stream, series('tailrace_stream_useful_replicas'))} - 0.001), 1)`,
    help: 'Replicas that a stream has use for, at least 1; what scaling by KEDA looks at'
  },
  'tailrace:stream_replicas': {
    expr: over('count', stream, series('tailrace_stream_partitions')),
    help: 'Processes that run a stream'
  },
  'tailrace:stream_lag_messages': {
    expr: over('sum', stream, series('tailrace_stream_lag_messages')),
    help: 'Messages of a stream that are not settled, over all its processes'
  },
  'tailrace:stream_oldest_age_seconds': {
    expr: over('max', stream, series('tailrace_stream_oldest_age_seconds')),
    help: 'Age of the oldest of them'
  },
  'tailrace:stream_time_to_loss_seconds': {
    expr: over('min', stream, series('tailrace_stream_time_to_loss_seconds')),
    help: 'Until retention may delete the first of them'
  }
}

/** Where the section of an alert stands, from the top of the repository. */
export function runbookOf(alert: string): string {
  return `helm/runbooks/alerts.md#${alert.toLowerCase()}`
}
