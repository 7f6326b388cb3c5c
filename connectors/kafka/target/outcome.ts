// What a broker's answer or a failed connection means to the engine: the one place where that is decided. A pure function
// over what kafkajs throws; the table is in README.md of this folder and is tested entry by entry.

import { type ErrorCode, errors, FaultError } from '../../../schemas/errors.ts'
import type { Failure } from '../../connector.ts'
import { detailOf, isTlsFailure, nativeCode } from '../../shared/tls.ts'
import { protocolType, rootCause } from '../log/kafkajs/client.ts'
import { LeaderUnreachable } from '../log/kafkajs/produce/connections.ts'
import { NoLeader } from '../log/kafkajs/produce/shipper.ts'

export interface Circumstances {
  /** The request may have reached the wire. */
  readonly isWritten: boolean
  /** Topics are made of fields of messages, so that one which is refused is a matter of its devices. */
  readonly haveTopics: boolean
}

/** By the protocol's names of errors. What is not here may have happened to any message. */
const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ['UNKNOWN_TOPIC_OR_PARTITION', 'kafka_target_topic_missing'],
  ['INVALID_TOPIC_EXCEPTION', 'kafka_target_forbidden'],
  ['TOPIC_AUTHORIZATION_FAILED', 'kafka_target_forbidden'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'kafka_target_unauthorized'],
  ['SASL_AUTHENTICATION_FAILED', 'kafka_target_unauthorized'],
  ['UNSUPPORTED_SASL_MECHANISM', 'kafka_target_unauthorized'],
  ['ILLEGAL_SASL_STATE', 'kafka_target_unauthorized'],
  ['SECURITY_DISABLED', 'kafka_target_unauthorized'],
  ['MESSAGE_TOO_LARGE', 'kafka_target_too_large'],
  ['RECORD_LIST_TOO_LARGE', 'kafka_target_too_large'],
  ['INVALID_RECORD', 'kafka_target_rejected'],
  ['INVALID_TIMESTAMP', 'kafka_target_rejected'],
  ['NOT_ENOUGH_REPLICAS', 'kafka_target_few_replicas'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'kafka_target_unreplicated'],
  ['REQUEST_TIMED_OUT', 'kafka_target_unreplicated'],
  ['LEADER_NOT_AVAILABLE', 'kafka_target_no_leader'],
  ['NOT_LEADER_FOR_PARTITION', 'kafka_target_leader_moved'],
  ['REPLICA_NOT_AVAILABLE', 'kafka_target_leader_moved'],
  ['FENCED_LEADER_EPOCH', 'kafka_target_leader_moved'],
  ['UNKNOWN_LEADER_EPOCH', 'kafka_target_leader_moved'],
  ['KAFKA_STORAGE_ERROR', 'kafka_target_leader_moved']
])

/** Where topics are made of fields, what concerns a topic concerns its devices. */
const codesOfDevices: ReadonlyMap<ErrorCode, ErrorCode> = new Map([
  ['kafka_target_topic_missing', 'kafka_target_device_topic_missing'],
  ['kafka_target_forbidden', 'kafka_target_device_forbidden']
])

/** The outcome of messages that were to go to one partition. */
export function outcomeOfError(error: unknown, { isWritten, haveTopics }: Circumstances): Failure {
  const code = codeOf(error, isWritten)
  const detail = describe(error)
  const ofDevice = haveTopics ? codesOfDevices.get(code) : undefined
  if (ofDevice !== undefined) return { kind: 'reject', scope: 'device', code: ofDevice, detail }
  const outcome = errors[code].outcome ?? 'unknown'
  const isSure = outcome === 'halt' || outcome === 'reject' || outcome === 'retry'
  const kind = isSure ? outcome : isWritten ? 'unknown' : 'unsent'
  const failure: Failure = { kind, code, detail }
  return isOfPartition(error) && kind !== 'reject' && kind !== 'halt'
    ? { ...failure, scope: 'device' }
    : failure
}

/** About one partition, or one broker of several, only: others may take what they get, so only its devices have to wait. */
function isOfPartition(error: unknown): boolean {
  if (error instanceof LeaderUnreachable || error instanceof NoLeader) return true
  return protocolType(error) !== undefined
}

/** The broker took none of the messages because of one of them, or because they are too many at once. */
export function isRefusal({ kind, scope }: Failure): boolean {
  return kind === 'reject' && scope === undefined
}

function codeOf(error: unknown, isWritten: boolean): ErrorCode {
  const root = rootCause(error)
  if (root instanceof FaultError) return root.code
  const { name = '' } = (root ?? {}) as { name?: string } // an Error has one
  if (name === 'KafkaJSSASLAuthenticationError') return 'kafka_target_unauthorized'
  if (root instanceof NoLeader) return 'kafka_target_no_leader'
  const type = protocolType(error)
  // A broker that has just started may not know its topics yet; whether there is none is found by asking.
  if (isWritten && type === 'UNKNOWN_TOPIC_OR_PARTITION') return 'kafka_target_leader_moved'
  if (type !== undefined) return codes.get(type) ?? 'kafka_target_failed'
  const isLate = name === 'NoAnswer' || name === 'KafkaJSRequestTimeoutError'
  if (isWritten) return isLate ? 'kafka_target_ack_timeout' : 'kafka_target_connection_lost'
  return isLate ? 'kafka_target_connect_timeout' : codeOfConnecting(root)
}

function codeOfConnecting(root: unknown): ErrorCode {
  const native = nativeCode(root)
  if (isTlsFailure(native)) return 'kafka_target_tls_failed'
  const wasReached = native === '' || brokenEnds.has(native)
  return wasReached ? 'kafka_target_hung_up' : 'kafka_target_connect_failed'
}

const brokenEnds = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE'])

/** As people read it: the protocol's name of an error, or the broker and what happened. */
function describe(error: unknown): string {
  const root = rootCause(error)
  const { broker } = (root ?? {}) as { broker?: unknown } // it is checked
  const type = protocolType(error)
  const text = detailOf(root)
  if (type !== undefined) return `${type}: ${text}`
  return typeof broker === 'string' && !text.includes(broker) ? `${broker}: ${text}` : text
}
