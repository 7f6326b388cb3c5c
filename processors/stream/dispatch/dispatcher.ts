// Sends what is pending: per partition one batch after the other, over all partitions as many at once as the target
// allows; and acts on what came of it. This is the one place where a retry is decided.
//
//   delivered -> settle    retry, unsent, unknown -> wait with back-off    reject, halt -> halt the stream: the
// partition that met it tries again slowly, all others stand still until it succeeds. (A rejected message halts
// like a wrong credential as long as there are no dead letters: nothing may be skipped silently.)

import type { Failure, Message, Target } from '../../../connectors/connector.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import { Attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import type { BatchRule } from './lane.ts'
import { judge, type Verdict } from './verdict.ts'

/** What the dispatcher needs of its stream. */
export interface DispatchPort {
  readonly target: Target
  readonly attemptTimeoutMs: number
  readonly partitions: Iterable<Partition>
  /** `messages` of the partition were delivered and settled. */
  delivered(partition: Partition, messages: number): void
  /** The state of a partition changed. */
  changed(): void
}

export class Dispatcher {
  readonly #context: StreamContext
  readonly #port: DispatchPort
  readonly #target: Target
  readonly #rule: BatchRule
  readonly #inFlight = new Map<Attempt, Promise<void>>()
  #isSending = false
  /** While the stream is halted: the partition that tries again. */
  #probe: Partition | null = null

  constructor(context: StreamContext, port: DispatchPort) {
    this.#context = context
    this.#port = port
    this.#target = port.target
    const target = port.target
    const { maxMessages, maxBytes } = target.limits
    this.#rule = { maxMessages, maxBytes, destination: message => target.destination?.(message) ?? '' }
  }

  start(): void {
    this.#isSending = true
    this.#pumpAll()
  }

  /** Sends the next batch of the partition if nothing speaks against it. */
  pump(partition: Partition): void {
    if (!this.#isSending || partition.closed || partition.attempt !== null || partition.cancelWait !== null)
      return
    if (partition.lane.length === 0) return
    if (this.#probe?.closed) this.#probe = null
    if (this.#probe !== null && this.#probe !== partition) return
    if (this.#inFlight.size >= this.#target.limits.batchesInFlight) return
    const attempt = this.#begin(partition)
    this.#inFlight.set(attempt, this.#deliver(partition, attempt))
  }

  /** Sends nothing new, waits for what is in flight, and past the deadline gives it up. Invariant 7 */
  async drain(deadlineMs: number): Promise<void> {
    this.#isSending = false
    if (this.#inFlight.size === 0) return
    const all = Promise.all(this.#inFlight.values())
    const cancel = this.#context.clock.after(deadlineMs, () => {
      this.#context.log('drain_overran', { stream: this.#context.stream, attempts: this.#inFlight.size })
      for (const attempt of this.#inFlight.keys()) attempt.abort()
    })
    await all
    cancel()
  }

  #pumpAll(): void {
    for (const partition of this.#port.partitions) this.pump(partition)
  }

  #begin(partition: Partition): Attempt {
    const messages = partition.lane.peek(this.#rule)
    let bytes = 0
    for (const message of messages) bytes += message.size
    const destination = messages[0] === undefined ? '' : this.#rule.destination(messages[0])
    const options = { clock: this.#context.clock, timeoutMs: this.#port.attemptTimeoutMs }
    const attempt = new Attempt({ destination, messages, bytes }, options)
    partition.attempt = attempt
    return attempt
  }

  async #deliver(partition: Partition, attempt: Attempt): Promise<void> {
    const { clock, meter } = this.#context
    const startedMs = clock.now()
    const { messages } = attempt.batch
    const verdict = judge(messages, await attempt.run(this.#target))
    this.#inFlight.delete(attempt)
    partition.attempt = null
    const seconds = (clock.now() - startedMs) / 1000
    const { failure } = verdict
    meter.attempted({
      outcome: failure?.kind ?? 'delivered',
      code: failure?.code ?? null,
      seconds,
      messages: messages.length
    })
    if (!partition.closed) this.#act(partition, messages, verdict) // Invariant 4
    this.#pumpAll()
  }

  #act(partition: Partition, messages: readonly Message[], verdict: Verdict): void {
    this.#settle(partition, messages, verdict)
    if (verdict.failure !== null) {
      this.#wait(partition, verdict.failure, verdict.owed.length)
      return
    }
    partition.failures = 0
    if (partition.state.kind === 'running') return
    if (this.#probe === partition) this.#probe = null
    partition.become({ kind: 'running' })
    this.#port.changed()
  }

  #settle(partition: Partition, messages: readonly Message[], verdict: Verdict): void {
    const { tracker, lane } = partition
    const settled = messages.length - verdict.owed.length
    if (tracker === null || settled === 0) return
    const owed = verdict.owed.length === 0 ? null : new Set(verdict.owed)
    for (const message of messages) if (owed === null || !owed.has(message)) tracker.settle(message.offset)
    if (owed === null) lane.drop(messages.length)
    else lane.replaceHead(messages.length, verdict.owed)
    const oldestMs = messages[0]?.timestampMs ?? 0
    this.#context.meter.confirmed(Math.max(0, this.#context.clock.now() - oldestMs) / 1000)
    this.#port.delivered(partition, settled)
  }

  #wait(partition: Partition, failure: Failure, messages: number): void {
    const { clock, retry, meter } = this.#context
    if (failure.kind === 'unknown') meter.possibleDuplicates(messages)
    if (failure.kind !== 'unsent') partition.failures++
    const isHalt = failure.kind === 'halt' || failure.kind === 'reject'
    const delayMs = isHalt
      ? retry.haltedDelayMs
      : backoffMs(retry, Math.max(1, partition.failures), clock.random())
    const waitMs = Math.max(delayMs, failure.retryAfterMs ?? 0)
    partition.cancelWait = clock.after(waitMs, () => {
      partition.cancelWait = null
      this.pump(partition)
    })
    if (isHalt) this.#probe ??= partition
    else if (this.#probe === partition) this.#probe = null
    const { code, detail } = failure
    const trouble = { code, detail, untilMs: clock.now() + waitMs, attempt: partition.failures }
    partition.become({ kind: isHalt ? 'halted' : 'waiting', trouble })
    this.#context.log('attempt_failed', {
      stream: this.#context.stream,
      ...partition.origin,
      outcome: failure.kind,
      code,
      detail
    })
    this.#port.changed()
  }
}
