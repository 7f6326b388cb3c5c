// Sends what is pending: over all partitions of the stream, as many batches at once as are allowed, a device in one
// of them at a time. What an attempt's outcome means for each message is decided in outcome/verdict.ts and acted
// on in outcome/aftermath.ts; this file decides what is sent when.

import type { Target } from '../../../connectors/connector.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { PartitionState } from '../health/state.ts'
import type { End } from '../settlement/accounts.ts'
import { Attempt } from './attempt.ts'
import type { PendingBatch } from './batch.ts'
import { BatchBuilder } from './batch-builder.ts'
import { Chain } from './chain.ts'
import { Destination } from './destination.ts'
import type { Lane, Pending } from './lane.ts'
import { Aftermath, type Rejected } from './outcome/aftermath.ts'
import { Breaker } from './outcome/breaker.ts'

/** How long ready messages wait for a batch to fill while others are in flight. */
const lingerMs = 50

export interface DispatchOptions {
  /** Batches in flight over all destinations. */
  readonly concurrency: number
  readonly attemptTimeoutMs: number
  /** Age since Kafka got it at which a message is not sent any more; null: any age is sent. */
  readonly ttlMs: number | null
}

/** What the dispatcher needs of its stream. */
export interface DispatchPort {
  readonly target: Target
  /** Messages ended; relieved() is called for their partitions, too. */
  ended(end: End, messages: number): void
  relieved(partition: Partition): void
  /** The target will never take this message. */
  rejected(rejected: Rejected): void
  /** What the stream's state depends on has changed. */
  changed(): void
}

export class Dispatcher {
  /** Closed unless the target as a whole fails. */
  readonly breaker: Breaker
  readonly destinations = new Map<string, Destination>()
  readonly #context: StreamContext
  readonly #options: DispatchOptions
  readonly #port: DispatchPort
  readonly #builder: BatchBuilder
  readonly #aftermath: Aftermath
  readonly #inFlight = new Map<Attempt, { readonly batch: PendingBatch; readonly done: Promise<void> }>()
  /** Destinations that may have something to send, taken in turn. */
  readonly #turn = new Chain<Destination>()
  #isSending = false

  constructor(context: StreamContext, options: DispatchOptions, port: DispatchPort) {
    this.#context = context
    this.#options = options
    this.#port = port
    this.breaker = new Breaker(context, () => this.pump())
    this.#builder = new BatchBuilder({
      limits: port.target.limits,
      destinationOf: message => this.#destinationOf(message),
      isExpired: message => this.#isExpired(message),
      expired: message => this.#expire(message),
      passedOver: lane => this.release(lane)
    })
    this.#aftermath = new Aftermath(context, this, port)
  }

  /** What keeps all messages from being delivered: the target, or every destination there is something for. */
  get trouble(): PartitionState | null {
    if (this.breaker.trouble !== null) return this.breaker.trouble
    const troubles = [...this.destinations.values()].map(({ breaker }) => breaker.trouble)
    return troubles.every(trouble => trouble !== null) ? (troubles[0] ?? null) : null
  }

  start(): void {
    this.#isSending = true
    this.pump()
  }

  /** Takes a message that was read. Call pump() after the last one. */
  offer(message: Pending): void {
    const { lane } = message
    lane.pending.push(message)
    if (lane.state === 'idle') this.release(lane)
    else if (lane.state === 'ready' && lane.destination !== null) lane.destination.readyMessages++
  }

  /** Sends as much as is ready and allowed. */
  pump(): void {
    while (this.#isSending && this.#inFlight.size < this.#options.concurrency) {
      if (!this.breaker.allows(this.#inFlight.size)) return
      const destination = this.#turn.shift()
      if (destination === null) return
      destination.isQueued = false
      const batch = this.#next(destination)
      if (batch !== null) this.#send(batch)
    }
  }

  /** A lane that no batch has any more: ready if it has messages left, gone if not. */
  release(lane: Lane): void {
    const { partition } = lane
    const { head } = lane.pending
    lane.taken = null
    lane.become('idle')
    if (partition.closed) return
    if (head === null) {
      partition.lanes.remove(lane)
      return
    }
    const destination = this.#destination(this.#destinationOf(head))
    destination.addLane(lane)
    this.wake(destination)
  }

  /** Notes that a destination may have something to send. */
  wake(destination: Destination): void {
    if (destination.isQueued) return
    destination.isQueued = true
    this.#turn.push(destination)
  }

  /** Sends nothing new, waits for what is in flight, and past the deadline gives it up. Invariant 7 */
  async drain(deadlineMs: number): Promise<void> {
    this.#isSending = false
    if (this.#inFlight.size === 0) return
    const all = Promise.all([...this.#inFlight.values()].map(({ done }) => done))
    const cancel = this.#context.clock.after(deadlineMs, () => {
      this.#context.log('drain_overran', { stream: this.#context.stream, attempts: this.#inFlight.size })
      for (const attempt of this.#inFlight.keys()) attempt.abort()
    })
    await all
    cancel()
  }

  /** Forgets what is pending of partitions that are assigned elsewhere, and gives up what only they had in flight. */
  dropClosed(): void {
    for (const destination of this.destinations.values())
      for (const batch of destination.dropClosed()) this.#aftermath.goOn(batch)
    for (const [attempt, { batch }] of this.#inFlight)
      if (batch.lanes.every(lane => lane.partition.closed)) attempt.abort()
  }

  /** Ends all timers. Call after drain(). */
  close(): void {
    this.breaker.close()
    for (const destination of this.destinations.values()) destination.close()
  }

  #destinationOf(message: Pending): string {
    return this.#port.target.destination?.(message) ?? ''
  }

  #destination(name: string): Destination {
    let destination = this.destinations.get(name)
    if (destination === undefined) {
      destination = new Destination(this.#context, name, halfOpened => {
        this.wake(halfOpened)
        this.pump()
      })
      this.destinations.set(name, destination)
    }
    return destination
  }

  /** What the destination is to be sent now; null when it has nothing, or must not be sent anything. */
  #next(destination: Destination): PendingBatch | null {
    const { limits } = this.#port.target
    if (destination.inFlight >= limits.batchesInFlight || !destination.breaker.allows(destination.inFlight))
      return null
    const again = destination.batches.shift()
    if (again !== null) return this.#again(again)
    if (
      destination.readyMessages < limits.maxMessages &&
      destination.inFlight > 0 &&
      !destination.isOverdue
    ) {
      this.#linger(destination)
      return null
    }
    destination.isOverdue = false
    const batch = this.#builder.build(destination)
    if (batch === null && destination.isIdle) this.#forget(destination)
    return batch
  }

  #forget(destination: Destination): void {
    destination.close()
    this.destinations.delete(destination.name)
  }

  #again(batch: PendingBatch): PendingBatch | null {
    this.#builder.expire(batch)
    if (batch.messages.length > 0) return batch
    this.#aftermath.goOn(batch)
    this.wake(batch.destination) // others may be ready there
    return null
  }

  #linger(destination: Destination): void {
    if (destination.readyMessages === 0) return
    destination.cancelLinger ??= this.#context.clock.after(lingerMs, () => {
      destination.cancelLinger = null
      destination.isOverdue = true
      this.wake(destination)
      this.pump()
    })
  }

  #send(batch: PendingBatch): void {
    const { destination, messages } = batch
    for (const lane of batch.lanes) lane.become('inFlight')
    destination.inFlight++
    this.wake(destination)
    const options = { clock: this.#context.clock, timeoutMs: this.#options.attemptTimeoutMs }
    const attempt = new Attempt({ destination: destination.name, messages, bytes: batch.bytes }, options)
    this.#inFlight.set(attempt, { batch, done: this.#deliver(batch, attempt) })
  }

  async #deliver(batch: PendingBatch, attempt: Attempt): Promise<void> {
    const startedMs = this.#context.clock.now()
    const outcome = await attempt.run(this.#port.target)
    const { destination } = batch
    this.#inFlight.delete(attempt)
    destination.inFlight--
    this.#aftermath.of(batch, outcome, startedMs)
    this.wake(destination)
    this.pump()
  }

  #isExpired(message: Pending): boolean {
    const { ttlMs } = this.#options
    return ttlMs !== null && this.#context.clock.now() - message.timestampMs > ttlMs
  }

  #expire(message: Pending): void {
    const { partition } = message.lane
    if (partition.closed) return
    partition.settle(message)
    this.#port.relieved(partition)
    this.#port.ended('expired', 1)
  }
}
