// The contract of connectors: what a target and a source must do, and all that they may know. An author of a
// connector needs no other page. A connector reports outcomes; it cannot reach offsets, retries, order or dead
// letters (Invariant 8), and it never imports another connector or a processor.

import type { Static, TSchema } from 'typebox'
import type { ListenTlsConfig } from '../schemas/config.ts'
import type { ErrorCode, OutcomeKind } from '../schemas/errors.ts'
import type { LogEvent } from '../schemas/events.ts'
import type { Clock } from './clock.ts'
import type { Message } from './kafka/log/message.ts'
import type { ByteBudget } from './shared/byte-budget.ts'
import type { Mask } from './shared/mask.ts'
import type { Trouble } from './trouble.ts'

export type { Message } from './kafka/log/message.ts'

/** What waits or is refused together with the message it was reported for. */
export type Scope = 'message' | 'device' | 'destination' | 'target'

/** A failed attempt, in the engine's vocabulary. `detail` is for people: never put a secret into it. */
export interface Failure {
  readonly kind: Exclude<OutcomeKind, 'delivered'>
  /** Default: reject = message; retry, unsent and unknown = destination; halt = target. */
  readonly scope?: Scope
  /** The least time to wait, when the target named one. */
  readonly retryAfterMs?: number
  readonly code: ErrorCode
  readonly detail: string
}

/** Delivered; `answer` is what the target said beyond yes, if anything. */
export interface Delivered {
  readonly kind: 'delivered'
  readonly answer?: string
}

export type Outcome = Delivered | Failure
export const delivered: Delivered = { kind: 'delivered' }

/** Messages of one destination, those of one device in order. Raw bytes: a connector parses only if it must. */
export interface Batch {
  readonly destination: string
  readonly messages: readonly Message[]
  /** Sum of the values' lengths. */
  readonly bytes: number
  /** The W3C trace context of the attempt, where it is traced: passed on by protocols that have a place for it. */
  readonly traceparent?: string
}

export interface TargetLimits {
  readonly maxMessages: number
  /** Sum of the values' lengths in one batch. A single larger message travels alone. */
  readonly maxBytes: number
  /** Batches in flight per destination. */
  readonly batchesInFlight: number
  /** Batches in flight over all destinations; default: as many as the stream allows. */
  readonly totalBatchesInFlight?: number
}

/** Delivers batches. Several deliver() calls may run at once, up to `limits.batchesInFlight`. */
export interface Target {
  readonly limits: TargetLimits
  /** The destination of a message; without this method the target has only one. Must be pure. */
  destination?(message: Message): string
  /**
   * Called before the first deliver(), and again after it threw, until it has resolved. Throws a FaultError, of a code
   * that has an outcome, when it is clear that no delivery can succeed now.
   */
  open(signal: AbortSignal): Promise<void>
  /**
   * One call is one attempt. Resolves with one outcome for the batch as a whole, or one per message in order,
   * once the other side has answered or `signal` fired; after the signal it must settle promptly (`unknown` if
   * anything may have been sent, else `unsent`). Must not retry, reorder, or throw: a throw counts as `unknown`.
   */
  deliver(batch: Batch, signal: AbortSignal): Promise<Outcome | Outcome[]>
  /**
   * Closes every socket and timer. Called once, also when open() was not called or threw. What is still under way, which
   * is rare, settles as if its signal had fired; an open() throws a code whose outcome is `unsent`, as it does when its
   * signal fires.
   */
  close(): Promise<void>
}

/** What a target gets from its surroundings. */
export interface TargetEnv {
  readonly stream: string
  readonly clock: Clock
  readonly log: LogEvent
  /** Whatever the other side or an SDK says goes through it before it becomes a detail. */
  readonly mask: Mask
  /**
   * Set where messages are sent once more, beside the stream itself, by the name of the replay: what is sent is marked
   * with it where the protocol has a place for that, and identities are not those of the stream.
   */
  readonly replay?: string
  /** How long after Kafka got them the stream's messages are of use, in ms; unset: for ever. */
  readonly ttlMs?: number | undefined
}

/** A message as a source hands it over: the bytes to store, and the device they are of. */
export interface Incoming {
  /** UTF-8 of `ident`; becomes the Kafka key. */
  readonly key: Buffer
  /** One JSON object, stored as it is. */
  readonly value: Buffer
}

/**
 * Resolves once Kafka has all of the messages (acks=all); rejects with a FaultError when it may not have. Invariant 6.
 * `traceparent` is what the sender said of its trace, as it came (W3C Trace Context).
 */
export type Append = (messages: readonly Incoming[], traceparent?: string) => Promise<void>

/** What a source received and cannot make a message of. */
export interface Broken {
  /** The very bytes that came. */
  readonly bytes: Buffer
  /** Whose they are, where that is known. */
  readonly device?: string
  readonly code: ErrorCode
  /** What is wrong, in one line for people; never a secret. */
  readonly detail: string
  /** Where it came from: the MQTT topic, the address of the sender. */
  readonly from: string
}

/**
 * Resolves once Kafka has all of it (acks=all) among the channel's dead letters, so that it may be acknowledged;
 * rejects with a FaultError as `append` does.
 */
export type SetAside = (broken: readonly Broken[]) => Promise<void>

/** A channel as a source sees it. */
export interface Feed<C> {
  readonly channel: string
  readonly config: C
  readonly append: Append
  /** For sources whose definition has `setsAside`. */
  readonly setAside: SetAside
}

/** Receives messages for all channels that use this connector in this process. */
export interface Source<C = unknown> {
  /** Begins to receive. Rejects with a FaultError when it cannot (a port in use, a refused credential). */
  start(): Promise<void>
  /**
   * From now on it serves these feeds, without a pause for those that stay; what is being received ends as it began.
   * Where it listens it goes on to do so, with the certificate of now. Rejects with a FaultError, and nothing has
   * changed, when it cannot serve them.
   */
  update(feeds: readonly Feed<C>[], listen: ListenAddress): Promise<void>
  /** Stops to receive, lets running requests end within `deadlineMs`, and closes every socket. */
  stop(deadlineMs: number): Promise<void>
  /** Of a source that connects to somebody: how each of its connections is; for /status and the metrics. */
  readonly connections?: readonly SourceConnection[]
}

/** A connection that a source opens and keeps. */
export interface SourceConnection {
  readonly channel: string
  /** Whom it connects to, without what may be secret. */
  readonly url: string
  readonly state: 'starting' | 'connected' | 'waiting' | 'halted'
  /** Since when it is in this state, in Unix ms. */
  readonly sinceMs: number
  /** Why it is not connected. */
  readonly trouble?: Trouble
}

export interface SourceEnv {
  readonly clock: Clock
  readonly log: LogEvent
  readonly meter: SourceMeter
  /** Room for messages until they are appended, which all sources of the process share. Invariant 5 */
  readonly budget: ByteBudget
  /**
   * Resolves once there is a Kafka to append to. Who listens refuses its senders until then; who connects to somebody waits
   * for it first, so as to take nothing that it cannot store. Unset: there is one.
   */
  readonly kafkaReached?: Promise<void>
  /** Where HTTP sources listen. */
  readonly listen: ListenAddress
}

/** Counts what a source does; every call is one request or packet, not one message. */
export interface SourceMeter {
  accepted(channel: string, messages: number, bytes: number): void
  refused(channel: string, code: ErrorCode): void
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Without it, what comes is not encrypted. */
  readonly tls?: ListenTlsConfig
}

/** Something that an other side does wrong; its messages are `a1` to `a4`, `b1` to `b4` and `c1`. */
export interface Misbehaviour {
  /** A sentence about the other side: `answers 503 for two minutes`. */
  readonly title: string
  /** Lines as in a policy test: `503 until 2m`, `400 when b1`. */
  readonly answers: readonly string[]
}

/**
 * A target whose other side is played, for `tailrace test`: everything else is as it is in earnest. Without one of its
 * own a target can be told outcomes only.
 */
export interface Rehearsal<C> {
  /** Some of the answers that it can be told, for people; the first one accepts. */
  readonly examples: readonly [accepts: string, ...others: string[]]
  isAnswer(text: string): boolean
  /** What accepts, where that goes by the settings; default: the first of the examples. */
  accepts?(config: C): string
  /** What other sides of this kind do wrong, each as answers of a policy test, for `tailrace certify`. */
  misbehaviours(config: C): readonly Misbehaviour[]
  /** `next` is called once by every deliver(), before that returns, and says what the other side answers. */
  create(config: C, env: TargetEnv, next: () => string): Promise<Target>
}

/** The definition of a target: one per folder, in its index.ts, which must import target.ts lazily. */
export interface TargetDefinition<S extends TSchema = TSchema> {
  /** The key under `target:`, a noun of the protocol. */
  readonly kind: string
  readonly summary: string
  readonly config: S
  create(config: Static<S>, env: TargetEnv): Promise<Target>
  readonly rehearsal?: Rehearsal<Static<S>>
}

/** The definition of a source; the same rules. One source serves all feeds of its kind. */
export interface SourceDefinition<S extends TSchema = TSchema> {
  readonly kind: string
  readonly summary: string
  readonly config: S
  /** It sets aside what it cannot read, since its protocol has no way to refuse it: its channels have dead letters. */
  readonly setsAside?: true
  /** It connects to somebody, such as a broker, rather than waiting for senders to connect. */
  readonly connects?: true
  create(feeds: readonly Feed<Static<S>>[], env: SourceEnv): Promise<Source<Static<S>>>
}
