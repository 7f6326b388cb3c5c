// The closed list of everything that can go wrong, and the one error class that carries an entry of it.
// A code is stable: it appears in logs, metrics, HTTP answers, exit codes and dead letters, and users match on it.

import { connectorErrors } from './errors/connectors.ts'
import { streamErrors } from './stream/errors.ts'

/** What the engine does about a failed attempt; the meanings are in connectors/README.md. */
export type OutcomeKind = 'delivered' | 'retry' | 'unsent' | 'unknown' | 'reject' | 'halt'

export interface ErrorSpec {
  /** What happened, as a sentence without a full stop; details are appended after a colon. */
  readonly sentence: string
  /** What a person can do about it. */
  readonly hint?: string
  /** The outcome a target reports with this code. */
  readonly outcome?: Exclude<OutcomeKind, 'delivered'>
  /** The target says so because it is sent too much at once. */
  readonly isOverload?: boolean
  /**
   * No message is the reason as far as is known, so none is set aside for it, unless the stream says with `maxAttempts` that it
   * wants that.
   */
  readonly isBlameless?: boolean
  /** The status an HTTP source or the admin listener answers with. */
  readonly httpStatus?: number
  /** The exit code of a command that ends with it: 1 runtime, 2 invalid configuration, 3 environment. */
  readonly exitCode?: 1 | 2 | 3
}

const withoutLocalKafka = `Do one of these:
  install what is missing:    apt-get install default-jre-headless maven
  run Kafka in a container:   docker run -p 9092:9092 apache/kafka:4.3.1
                              export KAFKA_BROKERS=127.0.0.1:9092
  use a Kafka that you have:  export KAFKA_BROKERS=host:port`

const list = {
  // Configuration and environment
  config_invalid: { sentence: 'The configuration is not valid', exitCode: 2 },
  expression_invalid: { sentence: 'The expression is not valid', exitCode: 2 },
  config_unreadable: { sentence: 'The configuration cannot be read', exitCode: 3 },
  config_needs_restart: {
    sentence: 'The configuration changes what can be changed only by a restart of the process',
    exitCode: 1
  },
  file_exists: {
    sentence: 'The file is there already and is not overwritten',
    hint: 'Name another file, or remove this one first.',
    exitCode: 3
  },
  usage: {
    sentence: 'The command line is not valid',
    hint: 'Add --help to see what the command takes.',
    exitCode: 2
  },
  watch_unreachable: {
    sentence: 'No admin listener answers there',
    hint: 'Start it with "tailrace run", or say where it is with --url.',
    exitCode: 3
  },
  watch_refused: { sentence: 'The process does not let one look on', exitCode: 1 },
  internal: {
    sentence: 'Tailrace itself failed',
    hint: 'Please report this with the log around it.',
    exitCode: 1
  },
  file_unreadable: { sentence: 'The file cannot be read', exitCode: 3 },
  file_unwritable: { sentence: 'The file cannot be written', exitCode: 3 },
  send_refused: {
    sentence: 'The receiver takes no messages from this sender',
    hint: 'Check --url and the token (--token or TAILRACE_TOKEN).',
    exitCode: 1
  },
  listen_failed: {
    sentence: 'The listener could not be opened',
    hint: 'Stop what uses the port, or choose another host and port; ports below 1024 need a privilege.',
    exitCode: 3
  },

  // Kafka
  kafka_unreachable: {
    sentence: 'Kafka cannot be reached',
    hint: 'Check kafka.brokers, the network and the TLS and SASL settings.',
    exitCode: 3
  },
  kafka_no_leader: {
    sentence: 'Nobody leads a partition in Kafka, so that it cannot be read or written',
    hint: 'Bring back a broker that has the partition. The others are read and written meanwhile. With three replicas the loss of a broker takes the leader from no partition.',
    exitCode: 3
  },
  kafka_unauthorized: {
    sentence: 'Kafka refused the credentials or the permission',
    hint: 'Check kafka.sasl and the ACLs listed in connectors/kafka/README.md.',
    outcome: 'halt',
    exitCode: 3
  },
  kafka_unavailable: {
    ...{ sentence: 'Kafka did not take the messages in time', httpStatus: 503, exitCode: 1 },
    hint: 'Nothing is confirmed to senders: what they repeat is taken once Kafka takes messages again. Look at the brokers: disks, replicas in sync.'
  },
  commit_refused: { sentence: 'Kafka refused the commit: this member has lost its place in the group' },
  group_busy: {
    sentence: 'The stream is running, so its offsets cannot be moved',
    hint: 'Stop every process that runs it first; one that died is forgotten after 8 seconds.',
    exitCode: 1
  },
  consumer_failed: { sentence: 'The consumer stopped and is being rebuilt' },
  topic_missing: {
    ...{ sentence: 'The topic does not exist and may not be created', exitCode: 3 },
    hint: 'Create it, or let Tailrace create topics. Of one that was deleted while a stream ran, "tailrace offsets" says where the stream stands.'
  },
  topic_differs: {
    sentence: 'The topic is not as the configuration says',
    hint: 'Tailrace never changes an existing topic: change the topic or the configuration.'
  },
  position_lost: {
    sentence: 'Kafka no longer holds the messages at the committed position',
    hint: 'Retention has overtaken this stream. Decide where it continues: stop it and run "tailrace offsets STREAM --to earliest", latest or a time.',
    outcome: 'halt'
  },
  dead_letter_missing: {
    sentence: 'There is no such dead letter',
    hint: 'It may have been deleted by retention; "tailrace dead-letters list STREAM" shows what there is.',
    exitCode: 1
  },
  commits_lost: {
    sentence: 'The stream has run before, and Kafka has forgotten how far it had got',
    hint: 'Its group was deleted, its topics were created anew, or it was away for longer than offsets.retention.minutes. Decide where it continues: stop it and run "tailrace offsets STREAM --to earliest", latest or a time.',
    outcome: 'halt'
  },
  dead_letter_too_large: {
    sentence: 'Kafka does not take a dead letter because of its size',
    hint: 'Raise max.message.bytes of the dead-letter topic: nothing is lost, and it is tried again by itself.',
    outcome: 'halt'
  },
  held_elsewhere: {
    sentence: 'Another member has the held partition that belongs to this partition',
    hint: 'It settles once all members of the group run the same configuration.'
  },
  held_device_unknown: {
    sentence: 'No such device waits',
    hint: '"tailrace held STREAM" shows those that do; it may have been taken meanwhile.',
    exitCode: 1
  },
  held_too_large: {
    sentence: 'The held topic does not take a record of this size, so the message cannot wait there',
    hint: 'Raise max.message.bytes of the held topic, and resend the dead letter.'
  },
  held_too_long: {
    sentence: 'The message has waited for its device as long as held.maxHours allows',
    hint: 'The target still refuses the device; once that is mended, resend its dead letters.'
  },
  held_discarded: { sentence: 'Somebody discarded what the device had waiting' },
  records_corrupt: {
    sentence: 'Kafka returned bytes that are no records',
    hint: 'Check the topic on the brokers; to go on after the damage, stop the stream and move it past it with "tailrace offsets STREAM --to TOPIC/PARTITION=OFFSET".',
    outcome: 'halt'
  },

  // The local Kafka
  java_missing: { sentence: 'A local Kafka needs Java 17 or newer', hint: withoutLocalKafka, exitCode: 3 },
  maven_missing: {
    sentence: 'A local Kafka needs Maven to download Apache Kafka',
    hint: withoutLocalKafka,
    exitCode: 3
  },
  local_kafka_failed: { sentence: 'The local Kafka failed', exitCode: 3 },

  // Ingest
  body_malformed: { sentence: 'The body is not what its content type says', httpStatus: 400 },
  message_invalid: { sentence: 'Some messages are not valid', httpStatus: 400 },
  token_refused: { sentence: 'The bearer token is missing or does not open this channel', httpStatus: 401 },
  signature_refused: { sentence: 'The signature is missing or not valid', httpStatus: 401 },
  web_page_refused: {
    sentence: 'Web pages may send only to channels where one has to prove who one is',
    httpStatus: 403
  },
  channel_unknown: { sentence: 'There is no such channel', httpStatus: 404 },
  path_unknown: { sentence: 'There is nothing at this path', httpStatus: 404 },
  method_not_allowed: { sentence: 'The method is not allowed here', httpStatus: 405 },
  body_too_large: { sentence: 'The request is larger than this channel takes', httpStatus: 413 },
  media_type_unsupported: { sentence: 'The content type is not supported', httpStatus: 415 },
  encoding_unsupported: { sentence: 'The content encoding is not supported', httpStatus: 415 },

  rate_limited: { sentence: 'More messages were sent than this sender may send', httpStatus: 429 },
  request_malformed: { sentence: 'The request is not valid HTTP', httpStatus: 400 },
  headers_too_large: { sentence: 'The headers of the request are too large', httpStatus: 431 },
  request_timeout: { sentence: 'The request did not arrive in time', httpStatus: 408 },
  request_aborted: { sentence: 'The sender went away before its request was complete', httpStatus: 400 },
  overloaded: { sentence: 'Too much is being received at once', httpStatus: 503 },
  connections_exceeded: {
    sentence: 'As many senders are connected as may be at once',
    hint: 'Raise maxConnections of the source, or find out who connects without need.'
  },
  source_unguarded: {
    sentence: 'A channel would take messages from anyone who can reach it',
    hint: 'Give the source tokens, or listen.tls a clientCa, let listen.host be a loopback address, or write insecure: true.',
    exitCode: 2
  },

  // Attempts
  address_forbidden: {
    sentence: 'The target is at an address to which nothing may be sent',
    hint: 'Check the host in url and what it resolves to; allowPrivateAddresses of the target is for private networks.',
    outcome: 'halt'
  },
  attempt_timeout: { sentence: 'The attempt ran past its deadline', outcome: 'unknown' },
  attempt_aborted: {
    sentence: 'The attempt was given up because the partition or the process is going away',
    outcome: 'unknown'
  },
  too_many_rejected: {
    sentence: 'The target rejected so many messages that the stream stopped',
    hint: 'Look at the dead letters and the target; raise safetyStop where so many are to be expected.',
    outcome: 'halt'
  },
  target_threw: { sentence: 'The connector failed in an unexpected way', outcome: 'unknown' },

  ...streamErrors,
  ...connectorErrors
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof list
export const errors: Readonly<Record<ErrorCode, ErrorSpec>> = list

/** A fault of the closed list. `detail` says what exactly, `path` where (a file, a configuration path, a topic). */
export class FaultError extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly path: string | undefined

  constructor(code: ErrorCode, about: { detail?: string; path?: string; cause?: unknown } = {}) {
    const where = about.path === undefined ? '' : `${about.path}: `
    const what = about.detail === undefined ? '' : `: ${about.detail}`
    super(`${where}${errors[code].sentence}${what}`, about.cause === undefined ? {} : { cause: about.cause })
    this.name = 'FaultError'
    this.code = code
    this.detail = about.detail
    this.path = about.path
  }

  get spec(): ErrorSpec {
    return errors[this.code]
  }
}

/** The message of anything that was thrown, for logs and details. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
