// What a broker's answers and a connection's failures mean to the engine: the one place where that is decided. Pure
// functions over the reason codes of MQTT 5 (2.4) and the return codes of 3.1.1 (3.2.2.3), which share no number; the
// table is in README.md of this folder and is tested entry by entry.

import { type ErrorCode, errors, FaultError } from '../../../schemas/errors.ts'
import { delivered, type Failure, type Outcome } from '../../connector.ts'
import { detailOf, isTlsFailure, nativeCode } from '../tls.ts'

/** A reason code, and what the broker said with it, free of secrets. */
export interface Reason {
  readonly code: number
  readonly text?: string | undefined
}

/** The names of reason codes that a broker may use towards a publisher. */
const names: ReadonlyMap<number, string> = new Map([
  [0x01, 'unacceptable protocol version'],
  [0x02, 'identifier rejected'],
  [0x03, 'server unavailable'],
  [0x04, 'bad user name or password'],
  [0x05, 'not authorized'],
  [0x80, 'unspecified error'],
  [0x81, 'malformed packet'],
  [0x82, 'protocol error'],
  [0x83, 'implementation specific error'],
  [0x84, 'unsupported protocol version'],
  [0x85, 'client identifier not valid'],
  [0x86, 'bad user name or password'],
  [0x87, 'not authorized'],
  [0x88, 'server unavailable'],
  [0x89, 'server busy'],
  [0x8a, 'banned'],
  [0x8b, 'server shutting down'],
  [0x8c, 'bad authentication method'],
  [0x8d, 'keep alive timeout'],
  [0x8e, 'session taken over'],
  [0x8f, 'topic filter invalid'],
  [0x90, 'topic name invalid'],
  [0x91, 'packet identifier in use'],
  [0x93, 'receive maximum exceeded'],
  [0x94, 'topic alias invalid'],
  [0x95, 'packet too large'],
  [0x96, 'message rate too high'],
  [0x97, 'quota exceeded'],
  [0x98, 'administrative action'],
  [0x99, 'payload format invalid'],
  [0x9a, 'retain not supported'],
  [0x9b, 'QoS not supported'],
  [0x9c, 'use another server'],
  [0x9d, 'server moved'],
  [0x9e, 'shared subscriptions not supported'],
  [0x9f, 'connection rate exceeded'],
  [0xa0, 'maximum connect time'],
  [0xa2, 'wildcard subscriptions not supported']
])

/** A CONNACK that differs from "refused". The kind is in the closed list of errors. */
const connackCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [0x01, 'mqtt_version_refused'],
  [0x02, 'mqtt_client_id_refused'],
  [0x03, 'mqtt_unavailable'],
  [0x04, 'mqtt_unauthorized'],
  [0x05, 'mqtt_unauthorized'],
  [0x80, 'mqtt_unavailable'],
  [0x83, 'mqtt_unavailable'],
  [0x84, 'mqtt_version_refused'],
  [0x85, 'mqtt_client_id_refused'],
  [0x86, 'mqtt_unauthorized'],
  [0x87, 'mqtt_unauthorized'],
  [0x88, 'mqtt_unavailable'],
  [0x89, 'mqtt_unavailable'],
  [0x8a, 'mqtt_unauthorized'],
  [0x8c, 'mqtt_unauthorized'],
  [0x97, 'mqtt_unavailable'],
  [0x9f, 'mqtt_unavailable']
])

/** A DISCONNECT over which no message can have been. */
const disconnectCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [0x89, 'mqtt_disconnected'],
  [0x8b, 'mqtt_disconnected'],
  [0x8d, 'mqtt_disconnected'],
  [0x8e, 'mqtt_taken_over'],
  [0x98, 'mqtt_disconnected'],
  [0x9c, 'mqtt_disconnected'],
  [0x9d, 'mqtt_disconnected'],
  [0xa0, 'mqtt_disconnected']
])

/** A PUBACK that differs from "failed, and may succeed later". */
const pubackCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [0x87, 'mqtt_topic_refused'],
  [0x90, 'mqtt_topic_refused'],
  [0x95, 'mqtt_too_large'],
  [0x96, 'mqtt_throttled'],
  [0x97, 'mqtt_throttled'],
  [0x99, 'mqtt_rejected']
])

/**
 * The outcome of one message by its PUBACK or PUBREC. 0x10 says that nobody subscribes; the broker has it all the same. Where
 * messages have topics of their own, a topic that is refused is a matter of its device.
 */
export function outcomeOfPuback(reason: Reason, haveTopics: boolean): Outcome {
  if (reason.code < 0x80) return delivered
  const code = pubackCodes.get(reason.code) ?? 'mqtt_publish_failed'
  const detail = `PUBACK ${describe(reason)}`
  if (code === 'mqtt_topic_refused' && haveTopics)
    return { kind: 'reject', scope: 'device', code: 'mqtt_device_refused', detail }
  const failure: Failure = { kind: kindOf(code), code, detail }
  // An answer about this message only: others may pass, so only its device has to wait.
  return code === 'mqtt_publish_failed' ? { ...failure, scope: 'device' } : failure
}

/** What a refusing CONNACK means for the connection. */
export function faultOfConnack(reason: Reason): FaultError {
  const detail = `CONNACK ${describe(reason)}`
  return new FaultError(connackCodes.get(reason.code) ?? 'mqtt_connect_refused', { detail })
}

/** What a DISCONNECT of the broker means for the connection. */
export function faultOfDisconnect(reason: Reason): FaultError {
  const code = disconnectCodes.get(reason.code) ?? 'mqtt_connection_lost'
  return new FaultError(code, { detail: `DISCONNECT ${describe(reason)}` })
}

/** What any other error means for the connection; `isOpen` once the broker has accepted it. */
export function faultOfError(error: unknown, isOpen: boolean): FaultError {
  if (error instanceof FaultError) return error
  const status = upgradeStatus(error)
  if (status !== undefined) return faultOfUpgrade(status)
  return new FaultError(codeOfError(error, isOpen), { detail: detailOf(error), cause: error })
}

/** What it means that a connection ended without an error. */
export function faultOfEnd(isOpen: boolean): FaultError {
  const code = isOpen ? 'mqtt_connection_lost' : 'mqtt_hung_up'
  return new FaultError(code, { detail: 'the connection was closed' })
}

/** The HTTP status with which a server refused a WebSocket. */
function upgradeStatus(error: unknown): number | undefined {
  const message = error instanceof Error ? error.message : ''
  const [, status] = /^Unexpected server response: (\d+)$/.exec(message) ?? []
  return status === undefined ? undefined : Number(status)
}

/**
 * 408 and 429 tell to come later; what else is a mistake of the client would be the same then. It is none of user name and password,
 * also with 401 and 403, since these are not sent before the WebSocket stands.
 */
function faultOfUpgrade(status: number): FaultError {
  const isLater = status >= 500 || status === 408 || status === 429
  const detail = `HTTP ${status} in place of a WebSocket`
  return new FaultError(isLater ? 'mqtt_unavailable' : 'mqtt_web_socket_refused', { detail })
}

/** The outcome of messages whose connection ended; `sent` tells whether they may have reached the wire. */
export function outcomeOfFault(fault: FaultError, sent: boolean): Failure {
  const kind = sent ? 'unknown' : fault.spec.outcome === 'halt' ? 'halt' : 'unsent'
  return { kind, code: fault.code, detail: fault.detail ?? '' }
}

function codeOfError(error: unknown, isOpen: boolean): ErrorCode {
  const native = nativeCode(error)
  if (isTlsFailure(native)) return 'mqtt_tls_failed'
  // The parser of the package gives its errors no code, but neither does its keep-alive.
  const isParser = error instanceof Error && native === '' && error.message !== 'Keepalive timeout'
  if (isParser || notWebSocket.test(native)) return 'mqtt_answer_malformed'
  if (isOpen) return 'mqtt_connection_lost'
  return wasReached(error) ? 'mqtt_hung_up' : 'mqtt_connect_failed'
}

/** What came is no HTTP, or no frame of a WebSocket. */
const notWebSocket = /^(HPE_|WS_ERR_)/

/** Whether it was a connection that broke, and not one that did not come about. */
function wasReached(error: unknown): boolean {
  const isOfConnect = error instanceof Error && 'syscall' in error && error.syscall === 'connect'
  return !isOfConnect && brokenEnds.has(nativeCode(error))
}

const brokenEnds = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE'])

function kindOf(code: ErrorCode): Failure['kind'] {
  return errors[code].outcome ?? 'unknown'
}

/** As people read it. */
export function describe({ code, text }: Reason): string {
  const name = names.get(code) ?? 'unknown reason'
  const said = text === undefined || text === '' ? '' : `: ${text}`
  return `0x${code.toString(16).padStart(2, '0')} ${name}${said}`
}
