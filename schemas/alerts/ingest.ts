// Alerts on what is received: here data may be lost before it is in Kafka, at those who send it.

import { type AlertSpec, codeMeans, installationOf } from './alert.ts'
import { channel, grown, installation, over, series } from './promql.ts'

const channelOf = `Channel {{ $labels.channel }} of ${installationOf}`
const appends = (result: string) =>
  `${over('sum', installation, `rate(${series('tailrace_append_requests_total', `result="${result}"`)}[5m])`)} > 0`

const refusals = over(
  'sum',
  `${channel}, code`,
  grown(series('tailrace_channel_requests_refused_total', 'code=~"kafka_unavailable|overloaded"'), '2m')
)
/** Kafka is given up after ten seconds, and until then nobody is refused: how long one waits begins again and again. */
const waits = over('max', channel, `max_over_time(${series('tailrace_channel_append_waiting_seconds')}[2m])`)

export const ingestAlerts = {
  /** Two minutes without a refusal are a stall that is over, so only what goes on all the time lasts for ten. */
  TailraceSendersRefused: {
    expr: `${refusals} > 0 or label_replace(${waits} > 5, "code", "kafka_unavailable", "", "")`,
    for: '10m',
    severity: 'page',
    summary: `${channelOf} has refused senders or kept them waiting for ten minutes: {{ $labels.code }}`,
    reason: `Reason: {{ $labels.code }}. ${codeMeans}`,
    next: 'Senders are told to repeat, and what they repeat is taken as soon as Kafka takes messages again. What a sender has no room to keep until then is lost there.'
  },
  TailraceKafkaTakesNothing: {
    expr: `${appends('failed')} unless ${appends('ok')}`,
    for: '10m',
    severity: 'page',
    summary: `Kafka has taken nothing from ${installationOf} for ten minutes, for no channel and no stream`,
    reason:
      'Reason: produce requests fail and none succeeds; the log has the code: Kafka cannot be reached, refuses, or has too few replicas in sync.',
    next: 'Nothing is acknowledged to senders and sources, and all goes on by itself when Kafka takes messages again. What a sender has no room to keep until then is lost there.'
  },
  TailraceSourceDisconnected: {
    expr: `${over('max', `${channel}, source, url`, series('tailrace_channel_source_connected'))} == 0`,
    for: '15m',
    severity: 'ticket',
    summary: `${channelOf} has received nothing from {{ $labels.url }} for a quarter of an hour`,
    reason:
      'Reason: its {{ $labels.source }} source is not connected; /status says why, under connections of the channel.',
    next: 'It connects again by itself. What the other side keeps for it meanwhile arrives then; what that has no room for is lost there.'
  }
} as const satisfies Readonly<Record<string, AlertSpec>>
