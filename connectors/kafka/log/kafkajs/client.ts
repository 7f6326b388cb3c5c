// Builds the kafkajs client from our configuration, and turns what kafkajs throws into faults of the closed list.
// kafkajs logs at length about what we retry anyway, so its log goes to ours at debug level, warnings and errors only.
// A producer made from this client must name its partitioner, or kafkajs prints a warning on the terminal.

import { Kafka, type KafkaConfig as KafkajsConfig, logLevel, type SASLOptions } from 'kafkajs'
import { brokersOf, type KafkaConfig } from '../../../../schemas/config.ts'
import { type ErrorCode, FaultError, messageOf } from '../../../../schemas/errors.ts'
import type { LogEvent } from '../../../../schemas/events.ts'
import type { Allowance } from './arriving/allowance.ts'
import type { OpenSockets } from './arriving/open-sockets.ts'
import { socketFactory } from './arriving/socket.ts'
import { withMendedClusters } from './direct/cluster.ts'
import { installTimerGuard } from './timer-guard.ts'

/**
 * How long connections and requests may take, and how often kafkajs repeats what failed. That makes about 3 s of an
 * outage in all; what must outlast it loops around these.
 */
const patient = {
  connectionTimeout: 10_000,
  authenticationTimeout: 10_000,
  requestTimeout: 30_000,
  retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 }
}

/**
 * The client from which consumers, producers and admins are made. Connects nowhere yet. Without `arriving` its responses
 * take as much memory as they are long.
 */
export function createKafka(config: KafkaConfig, log: LogEvent, arriving?: Allowance): Kafka {
  return clientWith({ ...settings(config, log), socketFactory: socketFactory(arriving) })
}

/** The same for somebody who waits: every broker is tried once, for `timeoutMs` at most. */
export function createHastyKafka(config: KafkaConfig, log: LogEvent, timeoutMs: number): Kafka {
  return clientWith({
    ...settings(config, log),
    connectionTimeout: timeoutMs,
    authenticationTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    retry: triesEachOnce(config)
  })
}

/**
 * Clients of one broker each, from which the others become known. kafkajs begins with the first of several again and again, and
 * passes on to the next only when that has failed in a certain way: one that swallows packets would hide all others.
 */
export interface Clients {
  /** How many brokers there are to begin with. */
  readonly count: number
  /** That of the next broker in turn. */
  next(): Kafka
}

/** `create` is called once for each broker. */
export function clientsOf(config: KafkaConfig, create: (config: KafkaConfig) => Kafka): Clients {
  const kafkas = brokersOf(config.brokers).map(broker => create({ ...config, brokers: [broker] }))
  let turn = 0
  return {
    count: kafkas.length,
    next: () => kafkas[turn++ % kafkas.length] ?? create(config)
  }
}

/**
 * How long one of them may take within `totalMs`: at least two are tried, and the next attempt goes on with the next. More would
 * leave too little time to brokers that are far away, or have just started.
 */
export function shareOf({ count }: Pick<Clients, 'count'>, totalMs: number): number {
  return count > 1 ? totalMs / 2 : totalMs
}

/** For somebody who keeps the time of each call and repeats what failed. */
export function createSingleTryKafka(config: KafkaConfig, log: LogEvent, connectTimeoutMs: number): Kafka {
  return clientWith({
    ...settings(config, log),
    connectionTimeout: connectTimeoutMs,
    authenticationTimeout: connectTimeoutMs,
    retry: triesEachOnce(config)
  })
}

/** The same, where connections that hang are cut. */
export function createWatchedKafka(config: KafkaConfig, log: LogEvent, sockets: OpenSockets): Kafka {
  const neverMs = 2 ** 29 // six days; kafkajs adds several of them up, and a timer takes no more than 2^31
  return clientWith({
    ...settings(config, log),
    socketFactory: sockets.factory,
    connectionTimeout: neverMs,
    authenticationTimeout: neverMs,
    enforceRequestTimeout: false,
    retry: triesEachOnce(config)
  })
}

function clientWith(config: KafkajsConfig): Kafka {
  return withMendedClusters(new Kafka(config))
}

/** A broker may stand in one text with others. */
function triesEachOnce({ brokers }: KafkaConfig) {
  return { initialRetryTime: 100, retries: brokers.length - 1 }
}

function settings(config: KafkaConfig, log: LogEvent): KafkajsConfig {
  installTimerGuard()
  return {
    clientId: config.clientId,
    brokers: [...config.brokers],
    socketFactory: socketFactory(),
    ...patient,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, label, log: { timestamp, logger, stack, ...fields } }) =>
        log('kafka_client', { namespace, label, ...fields }),
    ...security(config)
  }
}

function security({ tls, sasl }: KafkaConfig): Pick<KafkajsConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls && { ssl: { ...tls } }),
    // kafkajs spells the same shape as one variant per mechanism, and writes into it: a configuration is frozen.
    ...(sasl && { sasl: { ...sasl } as SASLOptions })
  }
}

/** Fields that errors of kafkajs and of sockets may have. */
interface KafkajsError {
  readonly name?: string
  /** The protocol's name of the error, such as ILLEGAL_GENERATION. */
  readonly type?: string
  readonly topic?: string
  readonly retriable?: boolean
  readonly cause?: unknown
}

const codeByType: Readonly<Record<string, ErrorCode>> = {
  TOPIC_AUTHORIZATION_FAILED: 'kafka_unauthorized',
  GROUP_AUTHORIZATION_FAILED: 'kafka_unauthorized',
  CLUSTER_AUTHORIZATION_FAILED: 'kafka_unauthorized',
  SASL_AUTHENTICATION_FAILED: 'kafka_unauthorized',
  UNSUPPORTED_SASL_MECHANISM: 'kafka_unauthorized',
  ILLEGAL_SASL_STATE: 'kafka_unauthorized',
  SECURITY_DISABLED: 'kafka_unauthorized',
  UNKNOWN_TOPIC_OR_PARTITION: 'topic_missing',
  INVALID_TOPIC_EXCEPTION: 'topic_missing',
  ILLEGAL_GENERATION: 'commit_refused',
  UNKNOWN_MEMBER_ID: 'commit_refused',
  REBALANCE_IN_PROGRESS: 'commit_refused'
}

/** The innermost cause that kafkajs wrapped, which is what really happened. */
export function rootCause(error: unknown): unknown {
  const { cause } = (error ?? {}) as KafkajsError // every field is optional and checked
  return cause === undefined || cause === error ? error : rootCause(cause)
}

/** The protocol's name of an error, such as ILLEGAL_GENERATION, where it came from a broker's answer. */
export function protocolType(error: unknown): string | undefined {
  const { type } = (rootCause(error) ?? {}) as KafkajsError // as above
  return type
}

/**
 * The fault behind anything that kafkajs threw: `kafka_unauthorized`, `topic_missing` or `commit_refused` where the
 * broker said so, `internal` where nothing of it came from Kafka, and `kafka_unreachable` for the rest.
 */
export function kafkaFault(error: unknown): FaultError {
  if (error instanceof FaultError) return error
  const root = rootCause(error)
  if (root instanceof FaultError) return root
  const { name = '', type, topic } = (root ?? {}) as KafkajsError // as above
  const about = { detail: messageOf(root), cause: error, ...(topic !== undefined && { path: topic }) }
  return new FaultError(codeOf(name, type), about)
}

function codeOf(name: string, type: string | undefined): ErrorCode {
  if (name === 'KafkaJSSASLAuthenticationError') return 'kafka_unauthorized'
  const known = type === undefined ? undefined : codeByType[type]
  if (known !== undefined) return known
  return name.startsWith('KafkaJS') ? 'kafka_unreachable' : 'internal'
}
