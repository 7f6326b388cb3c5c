// What becomes of the messages of a stream: the panels of its ends, its attempts, and what is wrong with single messages.

import { grown, over } from '../../alerts/promql.ts'
import { type Panel, picked, rate } from './panel.ts'

const of = (name: Parameters<typeof picked>[0], matchers = '') => picked(name, 'stream', matchers)

export const resultPanels: readonly Panel[] = [
  {
    title: 'Ends',
    description:
      'Every message read ends in exactly one of these. already_settled and returned come with restarts and moved partitions, and are sent by nobody twice for it.',
    kind: 'graph',
    unit: 'cps',
    width: 8,
    isStacked: true,
    queries: [
      {
        legend: '{{end}}',
        expr: `${over('sum', 'end', rate(of('tailrace_stream_messages_ended_total')))} > 0`
      }
    ]
  },
  {
    title: 'Attempts',
    description:
      'What the target answers. retry and unsent: it is away or asks to wait. unknown: nobody knows whether it took them. halt: credentials, address or configuration; see the code.',
    kind: 'graph',
    unit: 'cps',
    width: 8,
    queries: [
      {
        legend: '{{outcome}} {{code}}',
        expr: over('sum', 'outcome, code', rate(of('tailrace_stream_attempts_total')))
      }
    ]
  },
  {
    title: 'Books',
    description:
      'Read, less what ended and what is pending. It is 0 at every scrape, or Tailrace has a defect.',
    kind: 'graph',
    unit: 'none',
    width: 8,
    thresholds: [
      { from: 0, colour: 'green' },
      { from: 1, colour: 'red' }
    ],
    queries: [
      {
        legend: 'not accounted for',
        expr: `sum(${of('tailrace_stream_messages_read_total')}) - sum(${of('tailrace_stream_messages_ended_total')}) - sum(${of('tailrace_stream_messages_pending')})`
      }
    ]
  },
  {
    title: 'Dead letters, 1 h',
    description:
      'Set aside for good, by the reason. "tailrace dead-letters list" shows them; once the reason is mended, resend them.',
    kind: 'graph',
    unit: 'short',
    width: 8,
    queries: [
      { legend: '{{code}}', expr: over('sum', 'code', grown(of('tailrace_stream_dead_letters_total'), '1h')) }
    ]
  },
  {
    title: 'Possible duplicates',
    description:
      'Sent again after an attempt of which nobody knows whether the target took it: time-outs, cut connections, kills. Receivers tell them by the id of a message.',
    kind: 'graph',
    unit: 'cps',
    width: 8,
    queries: [{ legend: 'messages', expr: `sum(${rate(of('tailrace_stream_possible_duplicates_total'))})` }]
  },
  {
    title: 'Halts and moved devices, 1 h',
    description:
      'Halts by the reason. Devices seen in a second partition: partitions were added while they had messages waiting, or producers place devices differently (runbook: partitions raised).',
    kind: 'graph',
    unit: 'none',
    width: 8,
    queries: [
      {
        legend: 'halted: {{code}}',
        expr: over('sum', 'code', grown(of('tailrace_stream_halts_total'), '1h'))
      },
      { legend: 'moved devices', expr: `sum(increase(${of('tailrace_stream_key_moves_total')}[1h]))` }
    ]
  }
]
