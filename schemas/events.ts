// The closed list of log events. A log line is an event's name, its sentence and fields; nothing is interpolated,
// so a line can be searched by name. Levels: info a state changed, warn it recovers by itself, error a person must act.

export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface EventSpec {
  readonly level: Level
  /** A past-tense sentence. */
  readonly sentence: string
}

const list = {
  service_started: { level: 'info', sentence: 'Tailrace started' },
  start_failed: { level: 'error', sentence: 'Tailrace could not start' },
  service_stopping: { level: 'info', sentence: 'Tailrace began to drain' },
  service_stopped: { level: 'info', sentence: 'Tailrace stopped' },
  config_applied: { level: 'info', sentence: 'A changed configuration was applied' },
  config_unchanged: { level: 'info', sentence: 'A configuration was read again and says the same' },
  config_refused: {
    level: 'error',
    sentence: 'A changed configuration was refused as a whole, and the one before stays in force'
  },
  expiry_near: {
    level: 'warn',
    sentence:
      'Certificates or tokens of the configuration were found to expire within 14 days, or to have expired; told once a day'
  },
  attributes_changed: { level: 'info', sentence: 'Changed attributes of devices were taken' },
  attributes_invalid: {
    level: 'error',
    sentence: 'Changed attributes of devices were refused as a whole, and those before stay in force'
  },
  attributes_skipped: {
    level: 'warn',
    sentence: 'Records of the attributes topic were skipped, and their devices keep what they had'
  },
  attributes_failed: {
    level: 'warn',
    sentence: 'The attributes topic could not be read and is tried again; what is known stays in force'
  },
  listener_opened: { level: 'info', sentence: 'A listener was opened' },
  topic_created: { level: 'info', sentence: 'A topic was created' },
  topic_differs: { level: 'warn', sentence: 'A topic was found to differ from the configuration' },
  partitions_raised: {
    level: 'warn',
    sentence: "A channel's partitions were raised, so devices may have moved to another partition"
  },
  key_in_two_partitions: {
    level: 'warn',
    sentence: 'A device was seen in two partitions, so its order cannot be promised'
  },
  stream_state_changed: { level: 'info', sentence: 'A stream changed its state' },
  stream_waiting: { level: 'warn', sentence: 'A stream had to wait' },
  stream_halted: { level: 'error', sentence: 'A stream halted' },
  partitions_lost: {
    level: 'info',
    sentence: 'All partitions were lost, to other members or with the membership'
  },
  partitions_assigned: { level: 'info', sentence: 'Partitions were assigned' },
  partitions_handed_back: { level: 'info', sentence: 'Partitions were drained and handed back' },
  drain_overran: { level: 'warn', sentence: 'The drain deadline passed with attempts in flight' },
  device_held: {
    level: 'warn',
    sentence:
      'Devices were refused, or put off for long, so their messages wait in the held topic; at most one line in ten seconds for each reason'
  },
  device_released: {
    level: 'info',
    sentence:
      'Nothing of devices waits in the held topic any more, so what comes of them is sent directly; at most one line in ten seconds'
  },
  device_silent: {
    level: 'warn',
    sentence: 'Devices have been silent for too long: Kafka got nothing of them, so they are not forwarded'
  },
  device_heard: { level: 'info', sentence: 'Devices that had been silent for too long were heard again' },
  silence_full: {
    level: 'warn',
    sentence:
      'More devices were heard than are remembered at most, so those silent longest are forgotten and not told of'
  },
  ledger_failed: {
    level: 'warn',
    sentence: 'The ledger could not be read or written and is tried again; delivery goes on'
  },
  ledger_full: {
    level: 'warn',
    sentence: 'The ledger was found to have as many devices as it remembers at most, so others are left out'
  },
  dead_lettered: {
    level: 'warn',
    sentence: 'Messages were set aside as dead letters; at most one line in ten seconds for each reason'
  },
  commit_failed: { level: 'warn', sentence: 'A commit failed and is tried again' },
  stream_stuck: {
    level: 'warn',
    sentence:
      'Partitions had messages to read and got nowhere, so their consumer is built anew, unless a topic of the stream is missing'
  },
  accounts_imbalanced: {
    level: 'error',
    sentence: 'The books of a stream do not balance: messages were miscounted'
  },
  consumer_rebuilt: { level: 'warn', sentence: 'A consumer was rebuilt' },
  kafka_waiting: { level: 'warn', sentence: 'Kafka could not be reached and is tried again' },
  append_failed: {
    level: 'warn',
    sentence: 'Kafka did not take messages, so the sender was told to repeat them'
  },
  source_connected: { level: 'info', sentence: 'A source connected' },
  source_waiting: { level: 'warn', sentence: 'A source lost its connection or got none, and tries again' },
  source_halted: { level: 'error', sentence: 'A source was refused, and tries again now and then' },
  session_lost: {
    level: 'warn',
    sentence: 'The broker had no session of this client any more, so what was published meanwhile may be lost'
  },
  session_new: {
    level: 'warn',
    sentence:
      'The broker had no session of this client: unless the client is new, what was published while it was away is lost'
  },
  session_shortened: {
    level: 'warn',
    sentence: 'The broker keeps the session of this client for a shorter time than it was asked to'
  },
  set_aside: {
    level: 'warn',
    sentence:
      'What a source received and could not read was set aside as dead letters of its channel; at most one line in ten seconds for each reason'
  },
  certificate_renewed: { level: 'info', sentence: 'A renewed certificate was taken' },
  handshake_failed: { level: 'warn', sentence: 'Connections were refused in the TLS handshake' },
  sender_refused: {
    level: 'warn',
    sentence: 'Senders, or what they sent, were refused; at most one line a minute for each reason'
  },
  request_failed: { level: 'error', sentence: 'A request failed inside of Tailrace' },
  stop_failed: { level: 'warn', sentence: 'A part of Tailrace did not stop in order' },
  memory_small: {
    level: 'warn',
    sentence: 'The memory budget was found too small for the streams and brokers, and may be overdrawn'
  },
  rejection_unhandled: { level: 'error', sentence: 'Something failed unobserved' },
  round_failed: {
    level: 'error',
    sentence:
      'Something that is done beside the delivery failed inside of Tailrace and is tried again; delivery goes on'
  },
  spans_lost: {
    level: 'warn',
    sentence: 'The collector did not take spans of traces, which are lost; delivery goes on'
  },
  kafka_client: { level: 'debug', sentence: 'The Kafka client reported' },
  answer_unasked: {
    level: 'warn',
    sentence: 'A target answered although nothing waited for an answer, so its connection was closed'
  },
  fields_left_out: {
    level: 'warn',
    sentence:
      'Fields of messages, or parts of them, were left out, since the protocol or a message cannot carry them'
  },
  attempt_failed: { level: 'debug', sentence: 'An attempt failed' }
} as const satisfies Record<string, EventSpec>

export type EventName = keyof typeof list
export const events: Readonly<Record<EventName, EventSpec>> = list

/** Writes one log line. Injected wherever something is logged; the sink is pino (processors/service/log.ts). */
export type LogEvent = (name: EventName, fields?: Readonly<Record<string, unknown>>) => void
