// The destinations of a target for which something is pending, and the turn in which they may be sent something.

import type { Target } from '../../../connectors/connector.ts'
import type { StreamContext } from '../context.ts'
import type { PartitionState } from '../health/state.ts'
import { Chain } from './chain.ts'
import { Destination } from './destination.ts'
import type { Pending } from './lane.ts'
import { ConcurrencyLimit } from './pace/concurrency-limit.ts'

export interface DestinationsPort {
  readonly target: Target
  /** How many batches in flight each takes best is found out; else it is what the target says. */
  readonly isAdaptive: boolean
  /** A destination that was closed for a while may be sent something again. */
  opened(): void
  /** What the stream's state depends on has changed. */
  changed(): void
}

export class Destinations {
  readonly #context: StreamContext
  readonly #port: DestinationsPort
  readonly #byName = new Map<string, Destination>()
  readonly #turn = new Chain<Destination>()
  /** In trouble, and to be tried when fewer others are. */
  readonly #postponed = new Chain<Destination>()
  /** Batches in flight to destinations in trouble. */
  trials = 0
  /** As many as had messages at the same time once: those that have none are forgotten. */
  #mostAtOnce = 1
  /** Messages that all of them have confirmed, those that are forgotten included. */
  confirmed = 0
  /** Of a target that has one destination: what it has learnt outlives the destination, which is forgotten when idle. */
  readonly #onlyLimit: ConcurrencyLimit

  constructor(context: StreamContext, port: DestinationsPort) {
    this.#context = context
    this.#port = port
    this.#onlyLimit = this.#createLimit()
  }

  /** Batches that may be in flight to all of them. */
  get concurrency(): number {
    if (!this.isMany) return this.#onlyLimit.found
    return [...this].reduce((sum, { limit }) => sum + limit.found, 0)
  }

  /** Batches that could be in flight to all of them, whatever was found out. */
  get bound(): number {
    return this.known * this.#onlyLimit.max
  }

  /** Batches that may be in flight to as many of them as have messages at times. */
  get room(): number {
    return this.isMany ? this.#mostAtOnce * this.#onlyLimit.max : this.#onlyLimit.found
  }

  [Symbol.iterator](): IterableIterator<Destination> {
    return this.#byName.values()
  }

  /** Does the target have more than one? */
  get isMany(): boolean {
    return this.#port.target.destination !== undefined
  }

  /** As many as are known: where there is only one, it is known always. */
  get known(): number {
    return Math.max(1, this.#byName.size)
  }

  /** Those that take nothing for now, and are tried with one attempt at a time. */
  get down(): number {
    return [...this].filter(({ breaker }) => !breaker.isClosed).length
  }

  /** What troubles all of them; null when one is well, or there is none. */
  get trouble(): PartitionState | null {
    const troubles = [...this].map(({ breaker }) => breaker.trouble)
    return troubles.every(trouble => trouble !== null) ? (troubles[0] ?? null) : null
  }

  nameOf(message: Pending): string {
    return this.#port.target.destination?.(message) ?? ''
  }

  /** Where the message goes. */
  of(message: Pending): Destination {
    const name = this.nameOf(message)
    let destination = this.#byName.get(name)
    if (destination === undefined) {
      destination = this.#create(name)
      this.#byName.set(name, destination)
      this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#byName.size)
    }
    return destination
  }

  /** Notes that it may have something to send. */
  wake(destination: Destination): void {
    if (destination.isQueued) return
    destination.isQueued = true
    this.#turn.push(destination)
  }

  /**
   * Whose turn it is; null when none may have something to send. Those that failed last are tried again by `maxTrials`
   * batches at once: they may take as long as a time-out, and shall not take the places of those that are well.
   */
  next(maxTrials: number): Destination | null {
    const retried = this.trials < maxTrials ? this.postponed() : null
    return retried ?? this.#first(maxTrials)
  }

  /** One in trouble, however many others are being tried: for when there is nothing else to be sent. Null when there is none. */
  postponed(): Destination | null {
    return this.#leaves(this.#postponed.shift())
  }

  /** May it be sent one more batch? */
  isOpen({ inFlight, limit, breaker }: Destination): boolean {
    return inFlight < limit.value && breaker.allows(inFlight)
  }

  /** An attempt begins there. True while it is in trouble: then it is a trial. */
  begins(destination: Destination): boolean {
    const isTrial = destination.breaker.trouble !== null
    if (isTrial) destination.othersBefore ??= this.confirmed - destination.confirmed
    else destination.othersBefore = null
    return isTrial
  }

  /** Does it take nothing, again and again, while others take something? Where there is only one, it never does. */
  isApart({ breaker, confirmed, othersBefore }: Destination): boolean {
    if (!this.isMany || breaker.isClosed || othersBefore === null) return false
    return this.confirmed - confirmed > othersBefore
  }

  /** May a message that is not known yet be sent? One of many destinations might be open for it. */
  isOpenForMore(): boolean {
    if (this.isMany) return true
    const only = this.#byName.get('')
    return only === undefined || this.isOpen(only)
  }

  forget(destination: Destination): void {
    destination.close()
    this.#byName.delete(destination.name)
    if (destination.breaker.trouble !== null) this.#port.changed()
  }

  #first(maxTrials: number): Destination | null {
    for (let first = this.#turn.shift(); first !== null; first = this.#turn.shift()) {
      const isWell = !this.isMany || first.breaker.trouble === null
      if (isWell || this.trials < maxTrials) return this.#leaves(first)
      this.#postponed.push(first)
    }
    return null
  }

  /** The destination stands in no line any more. */
  #leaves(destination: Destination | null): Destination | null {
    if (destination !== null) destination.isQueued = false
    return destination
  }

  #create(name: string): Destination {
    const halfOpened = (destination: Destination) => {
      this.wake(destination)
      this.#port.opened()
    }
    const limit = this.isMany ? this.#createLimit() : this.#onlyLimit
    return new Destination(this.#context, { name, limit, halfOpened })
  }

  #createLimit(): ConcurrencyLimit {
    const { target, isAdaptive } = this.#port
    return new ConcurrencyLimit(this.#context.clock, { max: target.limits.batchesInFlight, isAdaptive })
  }
}
