// Sends what is pending: over all partitions of the stream, as many batches at once as are allowed, a device in one
// of them at a time. What an attempt's outcome means for each message is decided in outcome/verdict.ts and acted
// on in outcome/aftermath.ts; this file decides what is sent when.

import type { TargetLimits } from '../../../connectors/connector.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { PartitionState } from '../health/state.ts'
import type { PendingBatch } from './batch.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { Destination } from './destination.ts'
import { Destinations } from './destinations.ts'
import type { Lane, Pending } from './lane.ts'
import { Aftermath, type Rejected } from './outcome/aftermath.ts'
import { Breaker } from './outcome/breaker.ts'
import { Load } from './pace/load.ts'
import { RateLimit } from './pace/rate-limit.ts'
import type { DispatchOptions, DispatchPort } from './port.ts'
import { Sending } from './sending.ts'

/** Of the batches in flight, at most for destinations that failed last, while there is something for others. */
const trialsShare = 1 / 32

export class Dispatcher {
  /** Closed unless the target as a whole fails. */
  readonly breaker: Breaker
  readonly destinations: Destinations
  readonly #context: StreamContext
  readonly #options: DispatchOptions
  readonly #port: DispatchPort
  readonly #builder: BatchBuilder
  readonly #aftermath: Aftermath
  readonly #sending: Sending
  readonly #rate: RateLimit
  readonly #load: Load

  constructor(context: StreamContext, options: DispatchOptions, port: DispatchPort) {
    this.#context = context
    this.#options = options
    this.#port = port
    this.breaker = new Breaker(context, () => this.pump())
    this.#rate = new RateLimit(context.clock, options.rateLimit, {
      share: () => port.share(),
      opened: () => this.pump(),
      waited: seconds => {
        context.meter.rateLimited(seconds)
        this.#load.limited(seconds)
      }
    })
    this.destinations = new Destinations(context, {
      ...{ target: port.target, isAdaptive: options.adaptiveConcurrency },
      opened: () => this.pump(),
      changed: () => port.changed()
    })
    this.#builder = new BatchBuilder({
      limits: () => this.#limits,
      destinationOf: message => this.destinations.nameOf(message),
      isExpired: message => this.#isExpired(message),
      expired: message => this.#expire(message),
      ...{ onePerDevice: options.onePerDevice, extraBytes: this.#extraBytes },
      passedOver: lane => this.release(lane)
    })
    this.#aftermath = new Aftermath(context, this, port)
    this.#load = new Load(context.clock, {
      room: () => Math.min(this.#most, this.destinations.room),
      limits: () => this.#limits
    })
    this.#sending = new Sending(context, {
      ...{ attemptTimeoutMs: options.attemptTimeoutMs, port, destinations: this.destinations },
      ...{ aftermath: this.#aftermath, load: this.#load },
      refused: rejected => this.refused(rejected),
      pump: () => this.pump()
    })
  }

  /** What keeps all messages from being delivered: the target, or every destination there is something for. */
  get trouble(): PartitionState | null {
    return this.breaker.trouble ?? this.destinations.trouble
  }

  /** Batches in flight now, as many as may be, what they were lately, and the destinations that take nothing. */
  get standing() {
    const { concurrency: found, bound, down, known } = this.destinations
    const limit = Math.min(this.#most, found)
    return {
      concurrency: { inFlight: this.#sending.inFlight.size, limit },
      load: { ...this.#load.report, isTargetFull: limit < Math.min(this.#most, bound) },
      destinationsDown: this.breaker.isClosed ? down : known
    }
  }

  start(): void {
    this.#sending.isHalted = false
    this.pump()
  }

  /** Takes a message that was read. Call pump() after the last one. */
  offer(message: Pending): void {
    const { lane } = message
    lane.push(message)
    if (lane.state === 'idle') this.release(lane)
    else if (lane.state === 'ready' && lane.destination !== null) lane.destination.readyMessages++
  }

  /** Sends as much as is ready and allowed. */
  pump(): void {
    const most = this.#most
    while (!this.#sending.isHalted && this.#sending.inFlight.size < most) {
      if (!this.breaker.allows(this.#sending.inFlight.size) || !this.#rate.isOpen()) return
      const destination = this.destinations.next(Math.ceil(most * trialsShare))
      if (destination === null && this.destinations.isOpenForMore() && this.#port.take()) continue
      const due = destination ?? this.destinations.postponed()
      if (due === null) return
      const batch = this.#next(due)
      if (batch !== null) this.#send(batch)
    }
  }

  /** A lane that no batch has any more: ready if it has messages left, gone if not. */
  release(lane: Lane): void {
    const { partition } = lane
    const { head } = lane
    lane.taken = null
    lane.become('idle')
    if (partition.closed) return
    if (head === null) {
      partition.lanes.remove(lane)
      return
    }
    if (head.lack !== null) {
      this.#port.held.lack(lane, head.lack)
      return
    }
    const destination = this.destinations.of(head)
    destination.addLane(lane)
    this.destinations.wake(destination)
  }

  /** A step rejects a message; true when the stream halts for it. */
  refused(rejected: Rejected): boolean {
    return this.#aftermath.refused(rejected)
  }

  /** What waits keeps the partition from reading on, for want of `lacks`: let it wait elsewhere. */
  makeRoom(partition: Partition, lacks: 'offsets' | 'memory'): void {
    this.#aftermath.makeRoom(partition, lacks)
  }

  /** Sends nothing new, waits for what is in flight, and past the deadline gives it up. Invariant 7 */
  async drain(deadlineMs: number): Promise<void> {
    this.#sending.isHalted = true
    await this.#sending.inFlight.drain(deadlineMs)
  }

  /** Forgets what is pending of partitions that are assigned elsewhere, and gives up what only they had in flight. */
  dropClosed(): void {
    for (const destination of this.destinations) {
      for (const batch of destination.dropClosed()) this.#aftermath.goOn(batch)
      this.destinations.wake(destination) // to be forgotten if nothing is left
    }
    this.#sending.inFlight.dropClosed()
    this.#context.trace?.dropClosed()
  }

  /** Ends all timers. Call after drain(). */
  close(): void {
    this.breaker.close()
    this.#rate.close()
    this.#sending.inFlight.close()
    this.#context.trace?.close()
    for (const destination of this.destinations) destination.close()
  }

  /** Batches in flight over all destinations. */
  get #most(): number {
    const { totalBatchesInFlight = Number.POSITIVE_INFINITY } = this.#port.target.limits
    return Math.min(this.#options.concurrency, totalBatchesInFlight)
  }

  get #limits(): TargetLimits {
    return this.#rate.capped(this.#port.target.limits)
  }

  /** What the destination is to be sent now; null when it has nothing, or must not be sent anything. */
  #next(destination: Destination): PendingBatch | null {
    const { maxMessages } = this.#limits
    if (!this.destinations.isOpen(destination)) return null
    while (destination.readyMessages < maxMessages && this.#port.take()) {}
    const again = this.#isAgainDue(destination) ? destination.batches.shift() : null
    destination.wasAgain = again !== null
    if (again !== null) return this.#again(again)
    if (destination.readyMessages < maxMessages && destination.inFlight > 0 && !destination.isOverdue) {
      destination.linger(() => {
        this.destinations.wake(destination)
        this.pump()
      })
      return null
    }
    destination.isOverdue = false
    const batch = this.#builder.build(destination)
    if (batch !== null) return batch
    if (destination.isIdle) this.destinations.forget(destination)
    else if (destination.batches.length > 0) this.destinations.wake(destination)
    return null
  }

  /**
   * Batches that are sent again go first. Of probes only every other one: were it always the same batch, and that the
   * culprit, nothing else would ever be tried.
   */
  #isAgainDue(destination: Destination): boolean {
    const isProbe = !this.breaker.isClosed || !destination.breaker.isClosed
    return !isProbe || !destination.wasAgain || destination.readyMessages === 0
  }

  #again(batch: PendingBatch): PendingBatch | null {
    this.#builder.expire(batch)
    if (batch.messages.length > 0) return batch
    this.#aftermath.goOn(batch)
    this.destinations.wake(batch.destination) // others may be ready there
    return null
  }

  #send(batch: PendingBatch): void {
    const { messages, bytes } = batch
    this.#rate.spend(messages.length, bytes + messages.length * this.#extraBytes)
    this.#sending.begin(batch)
  }

  /** What a message may yet grow by. */
  get #extraBytes(): number {
    return this.#port.sequences?.extraBytes ?? 0
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
    this.#port.expired(message)
    this.#context.trace?.ended('expired', message)
    if (this.#context.tap.isOn) this.#context.tap.ended('expired', message)
  }
}
