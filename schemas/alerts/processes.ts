// Alerts on the processes and their configuration: they concern every stream that runs there.

import { type AlertSpec, installationOf, processOf, serviceTrouble } from './alert.ts'
import { aProcess, installation, over, series } from './promql.ts'

const phaseIs = (labels: string, phase: string) =>
  over('max', labels, series('tailrace_service_phase', `phase="${phase}"`))
const everyProcess = over('count', installation, series('tailrace_build_info'))
const everyProcessBefore = over('count', installation, `${series('tailrace_build_info')} offset 1h`)

const timeLeft = `${series('tailrace_expiry_timestamp_seconds')} - time()`

/**
 * Less than so many days are left, or of a life of less than eight weeks less than a part of it: what is made for so short is
 * renewed by a program, which may wait until a tenth is left. What does not tell its life is looked at by days alone.
 */
const endsWithin = (days: number, part: number) => {
  const life = series('tailrace_expiry_life_seconds')
  const isYoung = `(${timeLeft} >= ${life} / ${part} and ${life} < 56 * 86400)`
  return over('min', 'namespace, job, path, kind', `${timeLeft} < ${days} * 86400 unless ${isYoung}`)
}

const expiry = {
  summary: `The {{ $labels.kind }} at {{ $labels.path }} of ${installationOf} {{ if gt $value 0.0 }}expires in {{ $value | humanizeDuration }}{{ else }}has expired{{ end }}`,
  reason:
    'Reason: what stands at {{ $labels.path }} in the configuration was not renewed: nobody does it, or what should do it has failed.'
}

export const processAlerts = {
  TailraceNothingScraped: {
    expr: `absent(${series('tailrace_build_info')}) or (${everyProcessBefore} unless ${everyProcess})`,
    for: '10m',
    severity: 'page',
    summary: `No process of Tailrace{{ if $labels.job }} (${installationOf}){{ end }} is scraped, so no stream and no channel is watched`,
    reason:
      'Reason: nothing runs, or Prometheus does not reach the admin listeners (a NetworkPolicy, a monitor whose labels match nothing).',
    next: 'If processes run, all goes on unseen. If none does, messages of streams wait in Kafka and senders are refused, whose data may be lost.'
  },
  TailraceNothingRuns: {
    expr: `${phaseIs(installation, 'running')} == 0`,
    for: '10m',
    severity: 'page',
    summary: `No process of ${installationOf} has got to work for ten minutes: no stream delivers, no channel receives`,
    reason: serviceTrouble,
    next: 'The processes go on trying and begin by themselves once the reason is gone. Messages of streams wait in Kafka; what senders cannot keep until then is lost there.'
  },
  TailraceNotReady: {
    expr: `${phaseIs(aProcess, 'connecting')} == 1`,
    for: '15m',
    severity: 'ticket',
    summary: `The ${processOf} of ${installationOf} has waited for Kafka for a quarter of an hour and runs no stream`,
    reason: serviceTrouble,
    next: 'It goes on trying and is not restarted for it. Other processes of the same streams deliver meanwhile.'
  },
  TailraceProcessUnreachable: {
    expr: `${over('min', aProcess, series('up'))} == 0 and on (${installation}) ${everyProcess}`,
    for: '15m',
    severity: 'ticket',
    summary: `The ${processOf} of ${installationOf} has not been scraped for a quarter of an hour, its streams are not watched there`,
    reason:
      'Reason: it does not start (exit code 2 is the configuration, its last lines in the log say where), hangs, or cannot be reached.',
    next: 'One that does not start is started again and again. Other processes take its partitions over within seconds and deliver them.'
  },
  TailraceRestartLoop: {
    expr: `${over('max', aProcess, `changes(${series('tailrace_process_start_time_seconds')}[30m])`)} > 2`,
    for: '0m',
    severity: 'page',
    summary: `The ${processOf} of ${installationOf} was restarted {{ $value | humanize }} times in half an hour; each time its streams begin anew`,
    reason:
      'Reason: its last lines in the log, and its exit code: 2 the configuration, 3 the environment, 137 killed for its memory.',
    next: 'It is started again and again, with longer and longer breaks. What was in flight each time may be delivered twice; nothing is lost.'
  },
  /** A change that needs a restart is refused by every process until it is replaced, one after the other. */
  TailraceConfigRefused: {
    expr: `${over('min', installation, series('tailrace_config_last_reload_successful'))} == 0`,
    for: '45m',
    severity: 'ticket',
    summary: `A changed configuration of ${installationOf} was refused as a whole, for all its streams`,
    reason:
      'Reason: a mistake in it, or a change that needs a restart; the log has config_refused with every mistake, /status under config.',
    next: 'The configuration before stays in force, and everything goes on with it. A process that is started anew does not start with a mistake.'
  },
  TailraceExpirySoon: {
    expr: endsWithin(14, 16),
    for: '1h',
    severity: 'ticket',
    ...expiry,
    next: 'Tailrace renews nothing itself. A renewed file is noticed without a restart.'
  },
  TailraceExpiryNow: {
    expr: endsWithin(2, 32),
    for: '5m',
    severity: 'page',
    ...expiry,
    next: 'When it has expired its stream halts and keeps everything in Kafka, or its senders are refused. A renewed file is noticed without a restart.'
  },
  TailraceMemorySmall: {
    expr: `${over('max', aProcess, series('tailrace_memory_needed_bytes'))} > ${over('max', aProcess, series('tailrace_memory_budget_bytes'))}`,
    for: '15m',
    severity: 'ticket',
    summary: `The ${processOf} of ${installationOf} has a smaller memory budget than its streams need`,
    reason:
      'Reason: memory.maxBytes is less than the {{ $value | humanize1024 }}B that so many streams and brokers need at least.',
    next: 'It goes on and may take more than memory.maxBytes. Where its container has a limit it may be killed for that, and what was in flight is sent again.'
  },
  TailraceClockSkewed: {
    expr: `${over('max', aProcess, `abs(${series('tailrace_clock_skew_seconds')})`)} > 30`,
    for: '15m',
    severity: 'ticket',
    summary: `The clock of the ${processOf} of ${installationOf} differs from that of Kafka by {{ $value | humanizeDuration }}`,
    reason: 'Reason: one of the two machines does not keep its time; all streams there count ages by it.',
    next: 'Delivery goes on. Ages, time to loss and ttlSeconds are wrong by as much: a stream with ttlSeconds may drop what is not too old.'
  }
} as const satisfies Readonly<Record<string, AlertSpec>>
