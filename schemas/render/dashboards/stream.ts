// One stream in depth: where its messages go, what its target answers and how fast, and what its processes do for it.

import { aProcess, over } from '../../alerts/promql.ts'
import { type Dashboard, type Panel, picked, processName, quantiles, rate } from './panel.ts'
import { resultPanels } from './stream-results.ts'

const of = (name: Parameters<typeof picked>[0], matchers = '') => picked(name, 'stream', matchers)

const standing: readonly Panel[] = [
  {
    title: 'State',
    description:
      'In how many processes the stream is in which state. halted: a person must act. waiting: it goes on by itself. opening for long: Kafka does not say where it goes on.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    isStacked: true,
    queries: [{ legend: '{{state}}', expr: `${over('sum', 'state', of('tailrace_stream_state'))} > 0` }]
  },
  {
    title: 'Reasons',
    description:
      'Why it waits or is halted, or why its time to loss is not known, and in how many processes; no row where there is no reason. schemas/generated/errors.md says how each is mended.',
    kind: 'table',
    unit: 'none',
    width: 8,
    queries: [
      {
        legend: 'Processes',
        expr: `${over('sum', 'state, code', of('tailrace_stream_trouble'))} or label_replace(${over('sum', 'code', of('tailrace_stream_time_to_loss_unknown'))}, "state", "time to loss unknown", "", "")`
      }
    ]
  },
  {
    title: 'Age, objective and time to loss',
    description:
      'Age without held above the objective pages. Far below the age: single devices are held. Time to loss says until when retention keeps the oldest; it is not drawn where nothing is owed.',
    kind: 'graph',
    unit: 's',
    width: 8,
    queries: [
      { legend: 'age', expr: `max(${of('tailrace_stream_oldest_age_seconds')})` },
      {
        legend: 'age without held',
        expr: `max(${of('tailrace_stream_oldest_unheld_age_seconds')})`
      },
      { legend: 'objective', expr: `max(${of('tailrace_stream_age_objective_seconds')})` },
      { legend: 'time to loss', expr: `min(${of('tailrace_stream_time_to_loss_seconds')}) < Inf` }
    ]
  },
  {
    title: 'Lag and pending',
    description:
      'Lag: messages owed. Pending: those of them that are read and under way. Lag without pending, while it runs, is a consumer that gets nothing: it is rebuilt after a minute.',
    kind: 'graph',
    unit: 'short',
    width: 12,
    queries: [
      { legend: 'lag', expr: `sum(${of('tailrace_stream_lag_messages')})` },
      { legend: 'pending', expr: `sum(${of('tailrace_stream_messages_pending')})` }
    ]
  },
  {
    title: 'Devices that wait, are held, are silent',
    description:
      'waiting: an attempt failed, it is tried again. held: the target refuses the device; "tailrace held" says why. silent: nothing has come of it for long.',
    kind: 'graph',
    unit: 'short',
    width: 12,
    queries: [
      { legend: 'waiting', expr: `sum(${of('tailrace_stream_devices_waiting')})` },
      { legend: 'held', expr: `sum(${of('tailrace_stream_devices_held')})` },
      { legend: 'silent', expr: `sum(${of('tailrace_stream_devices_silent')})` }
    ]
  }
]

const pace: readonly Panel[] = [
  {
    title: 'Duration of attempts',
    description:
      'How long the target takes to answer. If it is long and concurrency is used up, more replicas or a higher concurrency help only where the target can take more.',
    kind: 'graph',
    unit: 's',
    width: 8,
    queries: quantiles(of('tailrace_stream_attempt_seconds_bucket'))
  },
  {
    title: 'From Kafka to the confirmation of the target',
    description: 'What a message takes through Tailrace, the wait for its turn included.',
    kind: 'graph',
    unit: 's',
    width: 8,
    queries: quantiles(of('tailrace_stream_confirmation_seconds_bucket'))
  },
  {
    title: 'Messages in a batch',
    description: 'Small batches with a high lag: devices wait, or the limits of the target are small.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: quantiles(of('tailrace_stream_batch_messages_bucket'))
  },
  {
    title: 'Batches in flight',
    description:
      'At the limit all the time: the target sets the pace. With adaptiveConcurrency the limit is what was found to be best.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: [
      { legend: 'in flight', expr: `sum(${of('tailrace_stream_batches_in_flight')})` },
      { legend: 'limit', expr: `sum(${of('tailrace_stream_concurrency_limit')})` }
    ]
  },
  {
    title: 'Destinations whose breaker is open',
    description:
      'Each is tried with one attempt at a time until it takes something again. With one destination only, the stream waits.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: [{ legend: processName, expr: over('sum', aProcess, of('tailrace_stream_destinations_down')) }]
  },
  {
    title: 'Held up by rateLimit alone',
    description:
      'A share of the time. Near 1 the limit sets the pace, and not the target: raise rateLimit if the target may be sent more.',
    kind: 'graph',
    unit: 'percentunit',
    width: 8,
    queries: [
      {
        legend: processName,
        expr: over('sum', aProcess, rate(of('tailrace_stream_rate_limited_seconds_total')))
      }
    ]
  }
]

const group: readonly Panel[] = [
  {
    title: 'Partitions by process',
    description:
      'Unequal shares for long: a process is missing in the group, or several versions of the configuration run.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    isStacked: true,
    queries: [{ legend: processName, expr: over('sum', aProcess, of('tailrace_stream_partitions')) }]
  },
  {
    title: 'Replicas',
    description:
      'Processes that run it, and as many as it has use for: 1 while its target is away, never more than partitions with something to do.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: [
      { legend: 'useful', expr: `clamp_min(ceil(sum(${of('tailrace_stream_useful_replicas')}) - 0.001), 1)` },
      { legend: 'running', expr: `count(${of('tailrace_stream_partitions')})` }
    ]
  },
  {
    title: 'Rebalances and rebuilt consumers, 1 h',
    description:
      'Rebalances come with processes that join and leave. Many without that: processes are too slow to stay in the group. A consumer is rebuilt when it gets nowhere.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: [
      { legend: 'rebalances', expr: `sum(increase(${of('tailrace_stream_rebalances_total')}[1h]))` },
      { legend: 'rebuilt', expr: `sum(increase(${of('tailrace_stream_rebuilds_total')}[1h]))` }
    ]
  },
  {
    title: 'Drained and committed before it joined again',
    description:
      'How long the gate holds up a rebalance. Near the five seconds it may take at most, what is in flight then is sent again: shorten attemptTimeoutMs.',
    kind: 'graph',
    unit: 's',
    width: 8,
    queries: quantiles(of('tailrace_stream_gate_seconds_bucket'))
  },
  {
    title: 'Commits',
    description:
      'refused: the partition moved meanwhile, harmless. failed for long: Kafka takes no commits, and a restart would send again what is not committed.',
    kind: 'graph',
    unit: 'cps',
    width: 8,
    queries: [
      { legend: '{{result}}', expr: over('sum', 'result', rate(of('tailrace_stream_commits_total'))) }
    ]
  },
  {
    title: 'Bytes that wait',
    description:
      'Fetched and not ended, by process. It is bounded by the share of the stream in memory.maxBytes.',
    kind: 'graph',
    unit: 'bytes',
    width: 8,
    queries: [{ legend: processName, expr: over('sum', aProcess, of('tailrace_stream_bytes_pending')) }]
  }
]

export const streamDashboard: Dashboard = {
  title: 'Tailrace / Stream',
  uid: 'tailrace-stream',
  description: 'One stream in depth.',
  variable: { name: 'stream', of: 'tailrace_stream_partitions', several: false },
  rows: [
    { title: 'Where it stands', panels: standing },
    { title: 'What becomes of its messages', panels: resultPanels },
    { title: 'How fast its target is', panels: pace },
    { title: 'Its group and its processes', panels: group }
  ]
}
