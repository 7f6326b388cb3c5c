// What is counted of streams: a part of the closed list in metrics.ts.

import type { MetricSpec } from '../metrics.ts'
import { seconds, sizes } from './buckets.ts'

export const streamMetrics = {
  // Accounting, Invariant 3: read = the sum of ended over all ends + pending
  tailrace_stream_messages_read_total: {
    type: 'counter',
    help: 'Messages read from Kafka; one that waits in the held topic is read again there for each try of its device',
    labels: ['stream']
  },
  tailrace_stream_messages_ended_total: {
    type: 'counter',
    help: 'Messages read that ended: delivered, filtered, expired, dead_lettered, held, already_settled or returned; each try of a held device that is refused counts its message as read and as held once more',
    labels: ['stream', 'end']
  },
  tailrace_stream_messages_pending: {
    type: 'gauge',
    help: 'Messages read that have not ended; what was only fetched is not read yet',
    labels: ['stream']
  },
  tailrace_stream_imbalances_total: {
    type: 'counter',
    help: 'Times the books of a stream were found not to balance; anything but 0 is a defect',
    labels: ['stream']
  },
  tailrace_stream_devices_waiting: {
    type: 'gauge',
    help: 'Devices whose messages wait because an attempt failed',
    labels: ['stream']
  },
  tailrace_stream_devices_held: {
    type: 'gauge',
    help: 'Devices that wait in the held topic because the target refuses them, or puts them off for long',
    labels: ['stream']
  },
  tailrace_stream_devices_silent: {
    type: 'gauge',
    help: 'Devices of which nothing has come for longer than silence.afterSeconds, those never heard among them; each process counts those of its partitions',
    labels: ['stream']
  },
  tailrace_stream_messages_held: {
    type: 'gauge',
    help: 'Messages that wait in the held topic for their devices to be taken again',
    labels: ['stream']
  },
  tailrace_stream_bytes_pending: {
    type: 'gauge',
    help: 'Bytes of messages that were fetched and have not ended, with what each costs beside its key and value',
    labels: ['stream']
  },

  // Delivery
  tailrace_stream_attempts_total: {
    type: 'counter',
    help: 'Attempts by outcome',
    labels: ['stream', 'outcome', 'code']
  },
  tailrace_stream_attempt_seconds: {
    type: 'histogram',
    help: 'Duration of attempts',
    labels: ['stream'],
    buckets: seconds
  },
  tailrace_stream_confirmation_seconds: {
    type: 'histogram',
    help: 'From Kafka getting the oldest message of a batch to the confirmation of the target',
    labels: ['stream'],
    buckets: seconds
  },
  tailrace_stream_batch_messages: {
    type: 'histogram',
    help: 'Messages in a batch',
    labels: ['stream'],
    buckets: sizes
  },
  tailrace_stream_possible_duplicates_total: {
    type: 'counter',
    help: 'Messages sent again after an attempt with unknown outcome',
    labels: ['stream']
  },
  tailrace_stream_rate_limited_seconds_total: {
    type: 'counter',
    help: 'Time for which rateLimit alone kept messages waiting',
    labels: ['stream']
  },
  tailrace_stream_batches_in_flight: {
    type: 'gauge',
    help: 'Batches that were sent and are not answered yet',
    labels: ['stream']
  },
  tailrace_stream_concurrency_limit: {
    type: 'gauge',
    help: 'Batches that may be in flight at the moment; with adaptiveConcurrency, what was found to be best',
    labels: ['stream']
  },
  tailrace_stream_dead_letters_total: {
    type: 'counter',
    help: 'Messages set aside as dead letters, by the reason',
    labels: ['stream', 'code']
  },
  tailrace_stream_destinations_down: {
    type: 'gauge',
    help: 'Destinations whose breaker is open, so that they are tried with one attempt at a time',
    labels: ['stream']
  },

  // Position
  tailrace_stream_lag_messages: {
    type: 'gauge',
    help: 'Messages not yet settled, in the partitions assigned here; nothing while partitions are opening and none is known',
    labels: ['stream']
  },
  tailrace_stream_oldest_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest unsettled message, held ones among them; nothing while partitions are opening and none is known',
    labels: ['stream']
  },
  tailrace_stream_oldest_unheld_age_seconds: {
    type: 'gauge',
    help: 'The same without messages that are held for their device: what an objective is about',
    labels: ['stream']
  },
  tailrace_stream_age_objective_seconds: {
    type: 'gauge',
    help: 'The age that no unsettled message that is not held should reach, where the stream has an objective',
    labels: ['stream']
  },
  tailrace_stream_time_to_loss_seconds: {
    type: 'gauge',
    help: 'Until retention may delete the first message that is not settled, in the partitions assigned here; +Inf where nothing is owed or kept for ever',
    labels: ['stream']
  },
  tailrace_stream_time_to_loss_unknown: {
    type: 'gauge',
    help: '1 for the reason why the time to loss of something owed is not known until somebody acts, such as settings of a topic that may not be read; nothing where there is none',
    labels: ['stream', 'code']
  },
  tailrace_stream_useful_replicas: {
    type: 'gauge',
    help: 'What this process adds to the number of replicas that the stream has use for; the sum over all processes, at least 1, is that number',
    labels: ['stream']
  },
  tailrace_stream_partitions: { type: 'gauge', help: 'Partitions assigned here', labels: ['stream'] },
  tailrace_stream_state: {
    type: 'gauge',
    help: '1 for the state the stream is in, 0 for the others',
    labels: ['stream', 'state']
  },
  tailrace_stream_trouble: {
    type: 'gauge',
    help: '1 for the reason why the stream waits or is halted; nothing where there is none',
    labels: ['stream', 'state', 'code']
  },
  tailrace_stream_halts_total: {
    type: 'counter',
    help: 'Times the stream halted, by the reason',
    labels: ['stream', 'code']
  },
  tailrace_stream_commits_total: {
    type: 'counter',
    help: 'Commits by result: ok, refused or failed',
    labels: ['stream', 'result']
  },
  tailrace_stream_rebalances_total: {
    type: 'counter',
    help: 'Times the stream was told its partitions anew',
    labels: ['stream']
  },
  tailrace_stream_gate_seconds: {
    type: 'histogram',
    help: 'How long a stream drained and committed before it joined its group again',
    labels: ['stream'],
    buckets: seconds
  },
  tailrace_stream_rebuilds_total: { type: 'counter', help: 'Consumers rebuilt', labels: ['stream'] },
  tailrace_stream_key_moves_total: {
    type: 'counter',
    help: 'Sampled devices seen in a second partition',
    labels: ['stream']
  },

  // Partitions, only where metrics.partitions asks for them
  tailrace_partition_lag_messages: {
    type: 'gauge',
    help: 'Messages not yet settled, by partition that is open',
    labels: ['stream', 'topic', 'partition']
  }
} as const satisfies Record<string, MetricSpec>
