// What is counted of a process and of its channels: a part of the closed list in metrics.ts.

import type { MetricSpec } from '../metrics.ts'
import { seconds } from './buckets.ts'

export const processMetrics = {
  // Memory
  tailrace_memory_budget_bytes: {
    type: 'gauge',
    help: 'Bytes that sources and streams may hold together (memory.maxBytes)',
    labels: []
  },
  tailrace_memory_needed_bytes: {
    type: 'gauge',
    help: 'Bytes that so many streams and brokers need at least; where it is more than the budget, that may be overdrawn',
    labels: []
  },
  tailrace_memory_used_bytes: {
    type: 'gauge',
    help: 'Bytes of the budget in use: by the messages of streams, and by what sources took and Kafka has not acknowledged',
    labels: ['part']
  },

  // Configuration
  tailrace_config_generation: {
    type: 'gauge',
    help: 'Generation of the configuration in force: 1 at the start, and one more with every change that was applied',
    labels: []
  },
  tailrace_config_reloads_total: {
    type: 'counter',
    help: 'Changes of the configuration that were noticed: applied or refused',
    labels: ['result']
  },
  tailrace_config_last_reload_successful: {
    type: 'gauge',
    help: 'Whether the last change of the configuration was applied (1) or refused as a whole (0)',
    labels: []
  },

  // The process as a whole
  tailrace_service_phase: {
    type: 'gauge',
    help: '1 for the phase the process is in, 0 for the others; connecting until Kafka was reached',
    labels: ['phase']
  },
  tailrace_service_trouble: {
    type: 'gauge',
    help: '1 for the reason why the process does not start yet; nothing where there is none',
    labels: ['code']
  },
  tailrace_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When a certificate or token of the configuration in force expires, in Unix time; path says where it stands',
    labels: ['path', 'kind']
  },
  tailrace_expiry_life_seconds: {
    type: 'gauge',
    help: 'How long the certificate or token is of use from its beginning to its end; nothing where it does not tell when it began',
    labels: ['path', 'kind']
  },
  tailrace_clock_skew_seconds: {
    type: 'gauge',
    help: 'By how much the clock of this process is ahead of that of Kafka, as far as messages show it; negative when behind',
    labels: []
  },

  // Ingest
  tailrace_channel_messages_accepted_total: {
    type: 'counter',
    help: 'Messages stored in Kafka and acknowledged',
    labels: ['channel']
  },
  tailrace_channel_bytes_accepted_total: {
    type: 'counter',
    help: 'Bytes of the messages accepted',
    labels: ['channel']
  },
  tailrace_channel_requests_refused_total: {
    type: 'counter',
    help: 'Requests refused, by error code',
    labels: ['channel', 'code']
  },
  tailrace_channel_dead_letters_total: {
    type: 'counter',
    help: 'What sources received, could not read and set aside as dead letters, by the reason',
    labels: ['channel', 'code']
  },
  tailrace_channel_source_connected: {
    type: 'gauge',
    help: 'Whether a source that connects to somebody is connected (1) or not (0)',
    labels: ['channel', 'source', 'url']
  },
  tailrace_channel_append_waiting_seconds: {
    type: 'gauge',
    help: 'How long the oldest messages that were received have waited for Kafka to take them; 0 while none do',
    labels: ['channel']
  },
  tailrace_append_requests_total: {
    type: 'counter',
    help: 'Produce requests sent to Kafka',
    labels: ['result']
  },
  tailrace_append_seconds: {
    type: 'histogram',
    help: 'From append to the acknowledgement of Kafka',
    labels: [],
    buckets: seconds
  },
  tailrace_build_info: { type: 'gauge', help: '1, with the version as label', labels: ['version'] }
} as const satisfies Record<string, MetricSpec>
