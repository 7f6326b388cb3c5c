// What is to be seen of the processes themselves, whatever streams they run.

import { aProcess, installation, over } from '../../alerts/promql.ts'
import { type Panel, picked, processName } from './panel.ts'

export const processPanels: readonly Panel[] = [
  {
    title: 'Processes by phase',
    description:
      'connecting for long: Kafka is not reached; nothing is delivered or received there. Such a process is not restarted for it.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    isStacked: true,
    queries: [{ legend: '{{phase}}', expr: over('sum', 'phase', picked('tailrace_service_phase', null)) }]
  },
  {
    title: 'Memory used of the budget',
    description:
      'What is held, and what so many streams need at least: above 1 the budget may be overdrawn. Raise memory.maxBytes, and the limit of the pod with it.',
    kind: 'graph',
    unit: 'percentunit',
    width: 8,
    thresholds: [
      { from: 0, colour: 'green' },
      { from: 0.9, colour: 'red' }
    ],
    queries: [
      {
        legend: processName,
        expr: `${over('sum', aProcess, picked('tailrace_memory_used_bytes', null))} / (${over('max', aProcess, picked('tailrace_memory_budget_bytes', null))} > 0)`
      },
      {
        legend: `${processName}: needed at least`,
        expr: `${over('max', aProcess, picked('tailrace_memory_needed_bytes', null))} / (${over('max', aProcess, picked('tailrace_memory_budget_bytes', null))} > 0)`
      }
    ]
  },
  {
    title: 'Event-loop delay, slowest of a hundred',
    description:
      'Above a second for long, a process does more than one processor can: add replicas, or put heavy streams into a pool of their own.',
    kind: 'graph',
    unit: 's',
    width: 8,
    queries: [
      {
        legend: processName,
        expr: over('max', aProcess, picked('tailrace_nodejs_eventloop_lag_p99_seconds', null))
      }
    ]
  },
  {
    title: 'Restarts and refused configurations, 1 h',
    description:
      'A restart begins all streams anew. A refused configuration changes nothing: the log has every mistake.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: [
      {
        legend: 'restarts',
        expr: `sum(changes(${picked('tailrace_process_start_time_seconds', null)}[1h]))`
      },
      {
        legend: 'refused',
        expr: `sum(increase(${picked('tailrace_config_reloads_total', null, 'result="refused"')}[1h]))`
      }
    ]
  },
  {
    title: 'Clock ahead of Kafka',
    description: 'Ages and ttlSeconds are wrong by as much. Set the clock right.',
    kind: 'graph',
    unit: 's',
    width: 8,
    queries: [
      { legend: processName, expr: over('max', aProcess, picked('tailrace_clock_skew_seconds', null)) }
    ]
  },
  {
    title: 'Certificates and tokens expire in',
    description: 'Renew what is below two weeks; a renewed file is noticed without a restart.',
    kind: 'table',
    unit: 's',
    width: 8,
    thresholds: [
      { from: 0, colour: 'red' },
      { from: 172_800, colour: 'orange' },
      { from: 1_209_600, colour: 'green' }
    ],
    queries: [
      {
        legend: 'Expires in',
        expr: `${over('min', `${installation}, path, kind`, picked('tailrace_expiry_timestamp_seconds', null))} - time()`
      }
    ]
  }
]
