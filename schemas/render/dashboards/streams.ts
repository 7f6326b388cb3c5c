// All streams at a glance: one row each, with what a person has to know to decide whether to act.

import { grown, over, stream } from '../../alerts/promql.ts'
import { type Dashboard, type Panel, picked, rate, type Threshold } from './panel.ts'
import { processPanels } from './processes.ts'

const ofStream = (name: Parameters<typeof picked>[0], matchers = '') => picked(name, 'stream', matchers)
const inState = (state: string) => ofStream('tailrace_stream_state', `state="${state}"`)
const total = (name: Parameters<typeof picked>[0]) => over('sum', stream, ofStream(name))

/** 3 halted, 2 waits, 1 paused, 0 all else: the worst that any process says. */
const worst = over(
  'max',
  stream,
  `${inState('halted')} * 3 or ${inState('waiting')} * 2 or ${inState('paused')} or ${inState('running')} * 0`
)
const age = over('max', stream, ofStream('tailrace_stream_oldest_age_seconds'))
const left = over('min', stream, ofStream('tailrace_stream_time_to_loss_seconds'))
const delivered = over(
  'sum',
  stream,
  rate(ofStream('tailrace_stream_messages_ended_total', 'end="delivered"'))
)
const deadLetters = over('sum', stream, grown(ofStream('tailrace_stream_dead_letters_total'), '1h'))
const replicas = over('count', stream, ofStream('tailrace_stream_partitions'))
const useful = `clamp_min(ceil(${total('tailrace_stream_useful_replicas')} - 0.001), 1)`

const glance: Panel = {
  title: 'Streams',
  description:
    'The worst that any process of a stream says. halted: a person must act, the reason says on what. waits: its target, or Kafka, is away; everything waits in Kafka and goes out by itself. Look up the reason in schemas/generated/errors.md.',
  kind: 'table',
  unit: 'short',
  width: 24,
  words: { 0: 'runs', 1: 'paused', 2: 'waits', 3: 'halted' },
  thresholds: [
    { from: 0, colour: 'green' },
    { from: 1, colour: 'yellow' },
    { from: 2, colour: 'orange' },
    { from: 3, colour: 'red' }
  ],
  queries: [
    { legend: 'State', expr: worst, unit: 'none' },
    {
      legend: 'Reason',
      expr: over('max', `${stream}, code`, ofStream('tailrace_stream_trouble')),
      unit: 'none'
    },
    { legend: 'Lag', expr: total('tailrace_stream_lag_messages') },
    { legend: 'Age', expr: age, unit: 's' },
    { legend: 'Time to loss', expr: `${left} < Inf`, unit: 's' },
    { legend: 'Delivered/s', expr: delivered, unit: 'cps' },
    { legend: 'Dead letters, 1 h', expr: deadLetters },
    { legend: 'Held', expr: total('tailrace_stream_messages_held') },
    { legend: 'Useful replicas', expr: useful },
    { legend: 'Replicas', expr: replicas }
  ]
}

/** A figure that should be 0: in this colour where it is not. */
const noneOf = (
  legend: string,
  expr: string,
  colour: Threshold['colour']
): Omit<Panel, 'title' | 'description'> => ({
  kind: 'stat',
  unit: 'none',
  width: 6,
  thresholds: [
    { from: 0, colour: 'green' },
    { from: 1, colour }
  ],
  queries: [{ legend, expr }]
})

/** How many streams are in a state. */
const streamsIn = (state: 'halted' | 'waiting') => `sum(${over('max', stream, inState(state))})`

const howMany: readonly Panel[] = [
  {
    title: 'Halted',
    description:
      'Streams that a person must help. The table has their reasons; the runbook of TailraceStreamHalted says how.',
    ...noneOf('Halted', streamsIn('halted'), 'red')
  },
  {
    title: 'Waiting',
    description: 'Streams whose target or Kafka is away. They go on by themselves; watch their time to loss.',
    ...noneOf('Waiting', streamsIn('waiting'), 'orange')
  },
  {
    title: 'Shortest time to loss',
    description:
      'Until Kafka deletes the first message that is still owed. Below a day, raise the retention of the channel first, then mend the reason (runbook: retention near).',
    kind: 'stat',
    unit: 's',
    width: 6,
    thresholds: [
      { from: 0, colour: 'red' },
      { from: 86_400, colour: 'orange' },
      { from: 259_200, colour: 'green' }
    ],
    queries: [
      { legend: 'Shortest time to loss', expr: `min(${ofStream('tailrace_stream_time_to_loss_seconds')})` }
    ]
  },
  {
    title: 'Books that do not balance',
    description:
      'Messages read, less those that ended and those pending. Anything but 0 is a defect: report the log around it.',
    ...noneOf(
      'Not accounted for',
      `abs(sum(${ofStream('tailrace_stream_messages_read_total')}) - sum(${ofStream('tailrace_stream_messages_ended_total')}) - sum(${ofStream('tailrace_stream_messages_pending')}))`,
      'red'
    )
  }
]

const graphs: readonly Panel[] = [
  {
    title: 'Lag',
    description:
      'Messages owed, held ones among them. It rises while a target is away or slower than what comes in; then look at time to loss.',
    kind: 'graph',
    unit: 'short',
    width: 12,
    queries: [{ legend: '{{stream}}', expr: total('tailrace_stream_lag_messages') }]
  },
  {
    title: 'Age of the oldest message',
    description:
      'How far behind a stream is. A line that rises as fast as time is a stream that does not move: the table says why.',
    kind: 'graph',
    unit: 's',
    width: 12,
    queries: [{ legend: '{{stream}}', expr: age }]
  },
  {
    title: 'Delivered',
    description: 'Messages a second that targets confirmed.',
    kind: 'graph',
    unit: 'cps',
    width: 12,
    queries: [{ legend: '{{stream}}', expr: delivered }]
  },
  {
    title: 'Time to loss',
    description:
      'Until retention reaches what is owed; nothing is drawn where nothing is owed. A falling line reaches 0 when nobody acts.',
    kind: 'graph',
    unit: 's',
    width: 12,
    thresholds: [
      { from: 0, colour: 'red' },
      { from: 86_400, colour: 'green' }
    ],
    queries: [{ legend: '{{stream}}', expr: `${left} < Inf` }]
  },
  {
    title: 'Dead letters and held messages',
    description:
      'Set aside for good in the last hour, and waiting for their device. "tailrace dead-letters list" and "tailrace held" show which.',
    kind: 'graph',
    unit: 'short',
    width: 12,
    queries: [
      { legend: '{{stream}} dead letters', expr: deadLetters },
      { legend: '{{stream}} held', expr: total('tailrace_stream_messages_held') }
    ]
  },
  {
    title: 'Replicas',
    description:
      'Processes that run a stream, and as many as it has use for. More than are useful only cost; fewer, for long, are a maximum that is too small.',
    kind: 'graph',
    unit: 'none',
    width: 12,
    queries: [
      { legend: '{{stream}} useful', expr: useful },
      { legend: '{{stream}} running', expr: replicas }
    ]
  }
]

export const streamsDashboard: Dashboard = {
  title: 'Tailrace / Streams',
  uid: 'tailrace-streams',
  description: 'All streams at a glance.',
  variable: { name: 'stream', of: 'tailrace_stream_partitions', several: true },
  rows: [
    { title: 'At a glance', panels: [...howMany, glance] },
    { title: 'Over time', panels: graphs },
    { title: 'Processes', panels: processPanels }
  ]
}
