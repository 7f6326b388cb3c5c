// Alerts on what becomes of messages one by one: set aside, held, counted wrongly, or out of order.

import { type AlertSpec, codeMeans, installationOf, streamOf } from './alert.ts'
import { channel, grown, over, series, stream } from './promql.ts'

const held = series('tailrace_stream_messages_held')
const heldNow = over('sum', stream, held)

export const messageAlerts = {
  TailraceDeadLettersRising: {
    expr: `${over('sum', `${stream}, code`, grown(series('tailrace_stream_dead_letters_total'), '1h'))} > 10`,
    for: '5m',
    severity: 'ticket',
    summary: `${streamOf} set {{ $value | humanize }} messages aside in an hour: {{ $labels.code }}`,
    reason: `Reason: {{ $labels.code }}. ${codeMeans}`,
    next: 'They lie in its dead-letter topic until retention deletes them there and are not sent again by themselves; all others go on. If the target refuses more than safetyStop allows, the stream halts before all become dead letters.'
  },
  TailraceChannelDeadLettersRising: {
    expr: `${over('sum', `${channel}, code`, grown(series('tailrace_channel_dead_letters_total'), '1h'))} > 10`,
    for: '5m',
    severity: 'ticket',
    summary: `Channel {{ $labels.channel }} of ${installationOf} received {{ $value | humanize }} messages in an hour that it could not read: {{ $labels.code }}`,
    reason: `Reason: {{ $labels.code }}. ${codeMeans}`,
    next: 'They lie in the dead-letter topic of the channel, whole, and no stream gets them. What can be read goes on.'
  },
  TailraceHeldGrowing: {
    expr: `${heldNow} > ${over('sum', stream, `${held} offset 1h`)} + 10`,
    for: '1h',
    severity: 'ticket',
    summary: `${streamOf} holds {{ $value | humanize }} messages of devices that its target refuses, more with every hour`,
    reason:
      'Reason: the target refuses single devices and takes the others; "tailrace held" names each device with what the target said.',
    next: 'Each device is tried again by itself, every five minutes at least, and goes on in order once it is taken. What has waited for held.maxHours becomes a dead letter.'
  },
  TailraceBooksDoNotBalance: {
    expr: `${over('sum', stream, `increase(${series('tailrace_stream_imbalances_total')}[1h])`)} > 0`,
    for: '0m',
    severity: 'ticket',
    summary: `${streamOf} has counted messages wrongly`,
    reason:
      'Reason: what was read is not what ended and what is pending. That is a defect of Tailrace; the log has accounts_imbalanced with the figures.',
    next: 'It goes on delivering. The figures of this process stay wrong until it is restarted; commits do not depend on them.'
  },
  TailraceDevicesMovedPartition: {
    expr: `${over('sum', stream, grown(series('tailrace_stream_key_moves_total'), '1h'))} > 0`,
    for: '0m',
    severity: 'ticket',
    summary: `${streamOf} sees devices in two partitions, so their order is not kept`,
    reason:
      'Reason: partitions were added to a channel while messages of these devices waited, or two producers place devices differently.',
    next: 'It delivers both partitions, each in order. Once the older partition has caught up, order is as before; of producers that differ it is not.'
  }
} as const satisfies Readonly<Record<string, AlertSpec>>
