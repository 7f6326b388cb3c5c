// Alerts on what a stream owes: that it is lost when nobody acts, that it is late, that it does not move.

import type { MetricName } from '../metrics.ts'
import { type AlertSpec, codeMeans, processOf, streamOf, streamTrouble } from './alert.ts'

import { aProcess, over, series, stream } from './promql.ts'

const left = over('min', stream, series('tailrace_stream_time_to_loss_seconds'))
const leftBefore = (time: string) =>
  over('min', stream, `${series('tailrace_stream_time_to_loss_seconds')} offset ${time}`)
const age = over('max', stream, series('tailrace_stream_oldest_age_seconds'))
/** A device that its target refuses waits in the held topic and holds nobody up. */
const unheldAge = over('max', stream, series('tailrace_stream_oldest_unheld_age_seconds'))
const objective = over('max', stream, series('tailrace_stream_age_objective_seconds'))

/**
 * Less is left than before. A stream that keeps up has the same time left all day, however short the retention of its channel is
 * and however old what it holds for single devices; 15 s are what batches and scrapes make it differ. A stream that delivers nearly
 * as much as comes in is seen after an hour. It may fall at once where
 * retention is set, or where something else becomes what is lost first: that is over in five minutes, and alerts wait for longer.
 * Where nothing is left any more, nothing can fall.
 */
const isFalling = `(${left} < ${leftBefore('5m')} - 15 or ${left} < (${leftBefore('1h')} < +Inf) - 60 or ${left} < 300)`

const isIn = (states: string, labels = stream) =>
  `${over('max', labels, series('tailrace_stream_state', `state=~"${states}"`))} == 1`

/** A process stands still by itself while others go on, so this is looked at process by process. */
const here = `${aProcess}, stream`
const inProcess = (name: MetricName) => over('sum', here, series(name))
const owed = `${inProcess('tailrace_stream_lag_messages')} - ${inProcess('tailrace_stream_messages_held')}`
/** Ends that a stream has to work for; the others come without any progress. */
const works = series('tailrace_stream_messages_ended_total', 'end!~"returned|already_settled"')
const noneEnds = `${over('sum', here, `rate(${works}[10m])`)} == 0`
const isWaiting = `${inProcess('tailrace_stream_devices_waiting')} > 0`

const duration = '{{ $value | humanizeDuration }}'

export const progressAlerts = {
  TailraceTimeToLossShort: {
    expr: `2 * ${left} < ${age} and ${isFalling}`,
    for: '15m',
    severity: 'ticket',
    summary: `${streamOf} has used up two thirds of the time that Kafka keeps its messages`,
    reason: streamTrouble,
    next: 'It goes on trying, and everything waits in Kafka. What is not delivered when retention reaches it is deleted; the page for that comes a day before.'
  },
  TailraceTimeToLossCritical: {
    expr: `${left} < 86400 and (${left} < ${age} or ${left} < 21600 and ${age} == 0) and ${isFalling}`,
    for: '10m',
    severity: 'page',
    summary: `${streamOf} loses messages in ${duration}`,
    reason: streamTrouble,
    next: 'Nothing that happens by itself prevents it, unless its target comes back: Kafka deletes what is older than the retention of the channel. Raise the retention first, then mend the reason.'
  },
  /** Of a stream that owes nothing for a moment nothing is unknown. */
  TailraceTimeToLossUnknown: {
    expr: `${over('max', `${stream}, code`, `max_over_time(${series('tailrace_stream_time_to_loss_unknown')}[15m])`)} == 1`,
    for: '1h',
    severity: 'ticket',
    summary: `${streamOf} does not know when Kafka deletes what it owes, so no alert warns of it: {{ $labels.code }}`,
    reason: `Reason: {{ $labels.code }}; the settings of a topic cannot be read. ${codeMeans}`,
    next: 'It delivers as ever, and asks again every 15 seconds. Until it is answered nobody is told before messages are lost.'
  },
  TailraceAgeAboveObjective: {
    expr: `${unheldAge} > ${objective}`,
    for: '5m',
    severity: 'page',
    summary: `${streamOf} is ${duration} behind, more than its objective allows`,
    reason: streamTrouble,
    next: 'It goes on trying and catches up by itself, in order, once its target takes messages. Nothing is lost before retention reaches it.'
  },
  TailraceStreamHalted: {
    expr: `${over('max', 'namespace, job, stream, code', series('tailrace_stream_trouble', 'state="halted"'))} == 1`,
    for: '10m',
    severity: 'page',
    summary: `${streamOf} is halted: {{ $labels.code }}`,
    reason: `Reason: {{ $labels.code }}. ${codeMeans}`,
    next: 'Everything waits in Kafka. Where that can help it tries again once a minute and resumes by itself as soon as the reason is mended; a lost position it never decides by itself.'
  },
  TailraceStreamHaltsAgain: {
    expr: `${over('max', 'namespace, job, stream, code', `increase(${series('tailrace_stream_halts_total')}[1h])`)} > 5`,
    for: '10m',
    severity: 'ticket',
    summary: `${streamOf} halts again and again: {{ $labels.code }}`,
    reason: `Reason: {{ $labels.code }}, {{ $value | humanize }} times in an hour. ${codeMeans}`,
    next: 'It resumes by itself each time, and is late by as long as it was halted.'
  },
  TailraceStreamNoProgress: {
    expr: `${owed} > 0 and ${noneEnds} unless ${isIn('waiting|halted|paused', here)} unless ${isWaiting}`,
    for: '10m',
    severity: 'page',
    summary: `${streamOf} owes {{ $value | humanize }} messages, and none has ended for ten minutes in ${processOf}`,
    reason: streamTrouble,
    next: 'It builds its consumer anew after a minute without progress, and that has not helped. Everything waits in Kafka. Restart the process, and report the log: this is a defect.'
  },
  TailraceStreamNotOpen: {
    expr: isIn('starting|opening'),
    for: '15m',
    severity: 'ticket',
    summary: `${streamOf} has not found out where it goes on for a quarter of an hour`,
    reason: streamTrouble,
    next: 'It goes on trying. Partitions that are open deliver, the others wait in Kafka.'
  },
  TailraceStreamGone: {
    expr: `${over('count', stream, `${series('tailrace_stream_partitions')} offset 1h`)} unless ${over('count', stream, series('tailrace_stream_partitions'))}`,
    for: '15m',
    severity: 'ticket',
    summary: `${streamOf} runs nowhere any more, and did an hour ago`,
    reason:
      'Reason: no process that is scraped has it. It was taken out of the configuration, or the pool that runs it does not start.',
    next: 'Its messages wait in Kafka until retention deletes them, and as long as it runs nowhere nothing tells how long that is. If it was taken out on purpose, this ends by itself within the hour.'
  }
} as const satisfies Readonly<Record<string, AlertSpec>>
