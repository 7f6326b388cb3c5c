// What a broker's answers and a connection's failures mean to the engine: the one place where that is decided. Pure
// functions over the reply codes of AMQP 0-9-1 (specification 1.2) and the words of RabbitMQ where a code says too little;
// the table is in README.md of this folder and is tested entry by entry.

import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
import type { Failure } from '../connector.ts'
import { detailOf, isTlsFailure, nativeCode } from '../shared/tls.ts'
import { namedIn } from './named.ts'

/** A reply code, and what the broker said with it: by that messages are found, and it may hold secrets. */
export interface Reason {
  readonly code: number
  readonly text: string
  /** The same, free of secrets. Default: the text has none. */
  readonly shown?: string
}

/** Where a message goes, and how long it is: what a refusal can be about. */
export interface Place {
  readonly exchange: string
  readonly routingKey: string
  readonly bodyBytes: number
}

/** Which parts of the place are made of fields of the message, so that a refusal says nothing about other devices. */
export interface Varies {
  readonly exchange: boolean
  readonly routingKey: boolean
  /** The headers, by which a headers exchange routes. */
  readonly headers: boolean
}

/** How far a connection had come when the broker ended it. */
export type Stage = 'login' | 'vhost' | 'channel' | 'queue' | 'open'

/** What does not come about now and may later: CONNECTION_FORCED, RESOURCE_ERROR, INTERNAL_ERROR. */
const passing: ReadonlySet<number> = new Set([320, 506, 541])
/** Of these the first is no message's fault. Over one the broker may fail again and again, which only shows when it is alone. */
const passingWhenOpen: ReadonlyMap<number, ErrorCode> = new Map([
  [320, 'amqp_disconnected'],
  [506, 'amqp_broker_failed'],
  [541, 'amqp_broker_failed']
])

/** What the end of a connection or channel, told by the broker, means for the connection. */
export function faultOfClose(reason: Reason, stage: Stage): FaultError {
  return new FaultError(codeOfClose(reason, stage), { detail: describe(reason) })
}

function codeOfClose({ code, text }: Reason, stage: Stage): ErrorCode {
  if (stage === 'open') return passingWhenOpen.get(code) ?? 'amqp_connection_lost'
  // RabbitMQ has no code of its own for a user or virtual host with as many connections as it may have.
  if (passing.has(code) || /\blimit\b/.test(text)) return 'amqp_unavailable'
  if (stage === 'login') return code === 403 ? 'amqp_unauthorized' : 'amqp_connect_refused'
  if (stage === 'vhost')
    return [402, 403, 404, 530].includes(code) ? 'amqp_vhost_refused' : 'amqp_connect_refused'
  if (code === 404) return stage === 'queue' ? 'amqp_queue_missing' : 'amqp_exchange_missing'
  return code === 403 ? 'amqp_exchange_refused' : 'amqp_connect_refused'
}

/** What any other error means for the connection; `isOpen` once the broker has accepted it. */
export function faultOfError(error: unknown, isOpen: boolean): FaultError {
  if (error instanceof FaultError) return error
  return new FaultError(codeOfError(error, isOpen), { detail: detailOf(error), cause: error })
}

/** What it means that a connection ended without an error and without a word. */
export function faultOfEnd(isOpen: boolean): FaultError {
  return new FaultError(isOpen ? 'amqp_connection_lost' : 'amqp_hung_up', {
    detail: 'the connection was closed'
  })
}

function codeOfError(error: unknown, isOpen: boolean): ErrorCode {
  const native = nativeCode(error)
  if (isTlsFailure(native)) return 'amqp_tls_failed'
  if (isOpen) return 'amqp_connection_lost'
  const isOfConnect = error instanceof Error && 'syscall' in error && error.syscall === 'connect'
  const broke = native === 'ECONNRESET' || native === 'ECONNABORTED' || native === 'EPIPE'
  return broke && !isOfConnect ? 'amqp_hung_up' : 'amqp_connect_failed'
}

/** The outcome of messages whose connection ended; `sent` tells whether they may have reached the wire. */
export function outcomeOfFault(fault: FaultError, sent: boolean): Failure {
  const kind = sent ? 'unknown' : fault.spec.outcome === 'halt' ? 'halt' : 'unsent'
  return { kind, code: fault.code, detail: fault.detail ?? '' }
}

/** A message that was given back (and is confirmed after that, which says that it was dealt with, not that it is stored). */
export function outcomeOfReturn(reason: Reason, { exchange, routingKey }: Place, varies: Varies): Failure {
  const detail = `${describe(reason)} (exchange "${exchange}", routing key "${routingKey}")`
  // There nothing can be bound: the routing key is the name of a queue.
  const isByName = exchange === ''
  return varies.exchange || varies.routingKey || varies.headers
    ? {
        ...{ kind: 'reject', scope: 'device', detail },
        code: isByName ? 'amqp_device_queue_missing' : 'amqp_device_unroutable'
      }
    : { kind: 'halt', code: isByName ? 'amqp_queue_missing' : 'amqp_unroutable', detail }
}

/** The broker says no more than that it could not take the message. Of places of their own others may have room. */
export function outcomeOfNack(varies: Varies): Failure {
  const failure: Failure = { kind: 'retry', code: 'amqp_nacked', detail: 'basic.nack' }
  return varies.exchange || varies.routingKey || varies.headers ? { ...failure, scope: 'device' } : failure
}

/** A message that was not confirmed in time, on a connection that goes on: the broker takes nothing, or has passed it over. */
export function outcomeOfTimeout({
  ackTimeoutMs,
  blocked
}: {
  readonly ackTimeoutMs: number
  readonly blocked: string | null
}): Failure {
  const detail = `not confirmed after ${ackTimeoutMs} ms`
  return blocked === null
    ? { kind: 'unknown', scope: 'device', code: 'amqp_passed_over', detail }
    : { kind: 'unknown', code: 'amqp_blocked', detail: onOneLine(`${detail}: ${blocked}`) }
}

/** A message that was not sent, because the broker takes none. */
export function outcomeOfBlock(blocked: string): Failure {
  return { kind: 'unsent', code: 'amqp_blocked', detail: onOneLine(blocked) }
}

/**
 * The outcomes of all messages that were sent on a channel and not answered when the broker closed it over one of them. It
 * closes it for the first that it objects to, and does not look at those behind it; those before may be stored. Who it was
 * it says in words only, so nobody is blamed unless these name him, or he was alone.
 */
export function outcomesOfChannelClose(reason: Reason, places: readonly Place[], varies: Varies): Failure[] {
  const named = namedIn(reason.text, places)
  const isAlone = places.length === 1
  const isAnyNamed = named.includes(true)
  return places.map((_, at) => {
    const detail = describe(reason)
    if (named[at] === true || isAlone) return { ...blame(reason, varies), detail }
    return isAnyNamed
      ? { kind: 'unknown', scope: 'device', code: 'amqp_channel_shared', detail }
      : { kind: 'unknown', code: codeOfUnnamed(reason), detail }
  })
}

/** What it means for the message that it is about. */
function blame({ code, text }: Reason, varies: Varies): Pick<Failure, 'kind' | 'scope' | 'code'> {
  if (code === 403 || code === 404) {
    const isTopic = text.includes("access to topic '")
    const isOfDevice = isTopic ? varies.routingKey || varies.exchange : varies.exchange
    if (isOfDevice) return { kind: 'reject', scope: 'device', code: 'amqp_device_refused' }
    return { kind: 'halt', code: code === 404 ? 'amqp_exchange_missing' : 'amqp_exchange_refused' }
  }
  if (/message size \d+ is larger/.test(text)) return { kind: 'reject', code: 'amqp_too_large' }
  if (code === 406 || code === 311) return { kind: 'reject', code: 'amqp_rejected' }
  return { kind: 'unknown', code: codeOfUnnamed({ code, text }) }
}

function codeOfUnnamed({ code }: Reason): ErrorCode {
  return passingWhenOpen.get(code) ?? 'amqp_channel_closed'
}

/** As people read it, on one line. RabbitMQ begins its words with the name of the code. */
export function describe({ code, text, shown = text }: Reason): string {
  return `${code} ${onOneLine(shown)}`.trim()
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
