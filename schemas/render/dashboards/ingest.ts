// What comes in: what senders and sources bring, what is refused, and how fast Kafka takes it.

import { channel, grown, over } from '../../alerts/promql.ts'
import { type Dashboard, type Panel, picked, quantiles, rate } from './panel.ts'

const ofChannel = (name: Parameters<typeof picked>[0]) => picked(name, 'channel')
const everywhere = (name: Parameters<typeof picked>[0], matchers = '') => picked(name, null, matchers)

const received: readonly Panel[] = [
  {
    title: 'Accepted',
    description:
      'Messages a second that Kafka has on all replicas in sync, so that their sender was answered. A line that falls to 0: ask the senders, or look at what is refused.',
    kind: 'graph',
    unit: 'cps',
    width: 12,
    queries: [
      {
        legend: '{{channel}}',
        expr: over('sum', channel, rate(ofChannel('tailrace_channel_messages_accepted_total')))
      }
    ]
  },
  {
    title: 'Bytes accepted',
    description: 'What the topics of the channels grow by; retention in bytes has to hold it.',
    kind: 'graph',
    unit: 'Bps',
    width: 12,
    queries: [
      {
        legend: '{{channel}}',
        expr: over('sum', channel, rate(ofChannel('tailrace_channel_bytes_accepted_total')))
      }
    ]
  },
  {
    title: 'Refused requests',
    description:
      'kafka_unavailable and overloaded: senders are told to repeat, and may lose what they cannot keep (runbook of TailraceSendersRefused). Others: the sender does something wrong; the code says what.',
    kind: 'graph',
    unit: 'cps',
    width: 12,
    queries: [
      {
        legend: '{{channel}} {{code}}',
        expr: over('sum', `${channel}, code`, rate(ofChannel('tailrace_channel_requests_refused_total')))
      }
    ]
  },
  {
    title: 'Set aside because it could not be read, 1 h',
    description:
      'What sources received and could not read: "tailrace dead-letters list CHANNEL --channel" shows it.',
    kind: 'graph',
    unit: 'short',
    width: 12,
    queries: [
      {
        legend: '{{channel}} {{code}}',
        expr: over('sum', `${channel}, code`, grown(ofChannel('tailrace_channel_dead_letters_total'), '1h'))
      }
    ]
  },
  {
    title: 'Sources that are not connected',
    description:
      'Of sources that connect to somebody: 1 where no process is connected, so nothing comes from there. /status says why, under connections of the channel.',
    kind: 'table',
    unit: 'none',
    width: 12,
    words: { 0: 'connected', 1: 'not connected' },
    thresholds: [
      { from: 0, colour: 'green' },
      { from: 1, colour: 'red' }
    ],
    queries: [
      {
        legend: 'Connection',
        expr: `1 - ${over('max', `${channel}, source, url`, ofChannel('tailrace_channel_source_connected'))}`
      }
    ]
  },
  {
    title: 'Memory of sources and streams',
    description:
      'Bytes of the budget in use, by who uses them. Sources that use theirs up refuse senders with 503.',
    kind: 'graph',
    unit: 'bytes',
    width: 12,
    isStacked: true,
    queries: [{ legend: '{{part}}', expr: over('sum', 'part', everywhere('tailrace_memory_used_bytes')) }]
  }
]

const kafka: readonly Panel[] = [
  {
    title: 'Waiting for Kafka',
    description:
      'How long the oldest messages of a channel have waited to be acknowledged. Above 5 s /status says so; it is given up after a while, and senders are told to repeat.',
    kind: 'graph',
    unit: 's',
    width: 12,
    queries: [
      {
        legend: '{{channel}}',
        expr: over('max', channel, ofChannel('tailrace_channel_append_waiting_seconds'))
      }
    ]
  },
  {
    title: 'From append to the acknowledgement of Kafka',
    description: 'What every sender waits for. Seconds are a Kafka that is short of disk or replicas.',
    kind: 'graph',
    unit: 's',
    width: 12,
    queries: quantiles(everywhere('tailrace_append_seconds_bucket'))
  },
  {
    title: 'Produce requests',
    description:
      'failed without any ok: Kafka takes nothing (runbook: Kafka down). Some failed: a broker was replaced, and they were repeated.',
    kind: 'graph',
    unit: 'cps',
    width: 12,
    queries: [
      {
        legend: '{{result}}',
        expr: over('sum', 'result', rate(everywhere('tailrace_append_requests_total')))
      }
    ]
  }
]

export const ingestDashboard: Dashboard = {
  title: 'Tailrace / Ingest',
  uid: 'tailrace-ingest',
  description: 'What comes in, what is refused, and how fast Kafka takes it.',
  variable: { name: 'channel', of: 'tailrace_channel_messages_accepted_total', several: true },
  rows: [
    { title: 'Channels', panels: received },
    { title: 'Kafka', panels: kafka }
  ]
}
