// The meters that the parts of a service count with. Each call is one chunk, batch, request or commit, never one
// message, so that counting costs nothing beside the work.

import type { AppendMeter } from '../../../connectors/kafka/log/kafkajs/produce/shipper.ts'
import type { IngestMeter } from '../../ingest/ingest.ts'
import type { StreamMeter } from '../../stream/meter.ts'
import { ends } from '../../stream/settlement/accounts.ts'
import type { ClockSkew } from './clock-skew.ts'
import type { Metrics } from './metrics.ts'

/** What the consumer of a stream counts. */
export interface ConsumerMeter {
  readonly rebuilt: () => void
}

/** The meter of one stream. Every way a message can end is on the page from the start, at 0. */
export function streamMeter(metrics: Metrics, stream: string): StreamMeter & ConsumerMeter {
  const read = metrics.counter('tailrace_stream_messages_read_total').labels({ stream })
  const ended = metrics.counter('tailrace_stream_messages_ended_total')
  const attempts = metrics.counter('tailrace_stream_attempts_total')
  const attemptSeconds = metrics.histogram('tailrace_stream_attempt_seconds').labels({ stream })
  const confirmationSeconds = metrics.histogram('tailrace_stream_confirmation_seconds').labels({ stream })
  const batchMessages = metrics.histogram('tailrace_stream_batch_messages').labels({ stream })
  const possibleDuplicates = metrics.counter('tailrace_stream_possible_duplicates_total').labels({ stream })
  const rateLimited = metrics.counter('tailrace_stream_rate_limited_seconds_total').labels({ stream })
  const deadLetters = metrics.counter('tailrace_stream_dead_letters_total')
  const keyMoves = metrics.counter('tailrace_stream_key_moves_total').labels({ stream })
  const imbalances = metrics.counter('tailrace_stream_imbalances_total').labels({ stream })
  for (const counter of [read, imbalances, possibleDuplicates, rateLimited, keyMoves]) counter.inc(0)
  // Looking a child up by its labels costs more than counting: what every batch needs is looked up once.
  const endedBy = new Map(ends.map(end => [end, ended.labels({ stream, end })]))
  const attemptsDelivered = attempts.labels({ stream, outcome: 'delivered', code: '' })
  for (const child of endedBy.values()) child.inc(0)
  return {
    read: messages => read.inc(messages),
    ended: (end, messages) => endedBy.get(end)?.inc(messages),
    attempted({ outcome, code, seconds, messages }) {
      if (outcome === 'delivered') attemptsDelivered.inc()
      else attempts.inc({ stream, outcome, code: code ?? '' })
      attemptSeconds.observe(seconds)
      batchMessages.observe(messages)
    },
    confirmed: seconds => confirmationSeconds.observe(seconds),
    rateLimited: seconds => rateLimited.inc(seconds),
    possibleDuplicates: messages => possibleDuplicates.inc(messages),
    deadLettered: (code, messages) => deadLetters.inc({ stream, code }, messages),
    keyMoved: () => keyMoves.inc(1),
    imbalanced: () => imbalances.inc(1),
    ...membershipMeter(metrics, stream)
  }
}

/** What a stream counts as the member of its group. */
function membershipMeter(metrics: Metrics, stream: string) {
  const commits = metrics.counter('tailrace_stream_commits_total')
  const halts = metrics.counter('tailrace_stream_halts_total')
  const rebalances = metrics.counter('tailrace_stream_rebalances_total').labels({ stream })
  const gateSeconds = metrics.histogram('tailrace_stream_gate_seconds').labels({ stream })
  const rebuilds = metrics.counter('tailrace_stream_rebuilds_total').labels({ stream })
  for (const counter of [rebalances, rebuilds]) counter.inc(0)
  return {
    halted: code => halts.inc({ stream, code }),
    rebalanced: () => rebalances.inc(),
    gated: seconds => gateSeconds.observe(seconds),
    committed: result => commits.inc({ stream, result }),
    rebuilt: () => rebuilds.inc(1)
  } satisfies Partial<StreamMeter & ConsumerMeter>
}

export function ingestMeter(metrics: Metrics): IngestMeter {
  const messagesAccepted = metrics.counter('tailrace_channel_messages_accepted_total')
  const bytesAccepted = metrics.counter('tailrace_channel_bytes_accepted_total')
  const refused = metrics.counter('tailrace_channel_requests_refused_total')
  const deadLetters = metrics.counter('tailrace_channel_dead_letters_total')
  return {
    accepted(channel, messages, bytes) {
      messagesAccepted.inc({ channel }, messages)
      bytesAccepted.inc({ channel }, bytes)
    },
    refused: (channel, code) => refused.inc({ channel, code }),
    setAside: (channel, code, count) => deadLetters.inc({ channel, code }, count)
  }
}

export function appendMeter(metrics: Metrics, skew: Pick<ClockSkew, 'stored'>): AppendMeter {
  const requests = metrics.counter('tailrace_append_requests_total')
  const latency = metrics.histogram('tailrace_append_seconds')
  return {
    produced(result, seconds) {
      requests.inc({ result })
      latency.observe(seconds)
    },
    stored: times => skew.stored(times)
  }
}
