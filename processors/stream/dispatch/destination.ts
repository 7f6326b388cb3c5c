// What a stream keeps for one destination of its target: the lanes and batches that are ready to be sent there, in
// the order in which they became ready, and whether the destination takes anything at the moment.

import type { Clock } from '../../../connectors/clock.ts'
import type { StreamContext } from '../context.ts'
import type { PendingBatch } from './batch.ts'
import { Chain, type Link } from './chain.ts'
import type { Lane } from './lane.ts'
import { Breaker } from './outcome/breaker.ts'
import { Odds } from './outcome/odds.ts'
import type { ConcurrencyLimit } from './pace/concurrency-limit.ts'

/** How long ready messages wait for a batch to fill while others are in flight. */
const lingerMs = 50

export interface DestinationParts {
  readonly name: string
  readonly limit: ConcurrencyLimit
  /** An attempt may be made again. */
  readonly halfOpened: (destination: Destination) => void
}

export class Destination implements Link<Destination> {
  next: Destination | null = null
  readonly name: string
  readonly breaker: Breaker
  readonly limit: ConcurrencyLimit
  readonly lanes = new Chain<Lane>()
  /** Batches whose wait is over. They go before lanes: their messages are the older ones. */
  readonly batches = new Chain<PendingBatch>()
  /** Batches that wait for their back-off. */
  readonly waiting = new Set<PendingBatch>()
  /** Lanes that wait alone, because only their devices were refused for a while. */
  readonly aside = new Set<Lane>()
  /** Messages in the ready lanes. */
  readyMessages = 0
  inFlight = 0
  /** Messages it has confirmed. */
  confirmed = 0
  /** What all others had confirmed when it was first tried in trouble; null while it is in none. */
  othersBefore: number | null = null
  readonly odds = new Odds()
  /** What it was sent last was a batch that was sent before. */
  wasAgain = false
  /** It stands in the line of destinations that may have something to send, or of those that are to be tried later. */
  isQueued = false
  /** What is ready has waited long enough for a batch to fill. */
  isOverdue = false
  readonly #clock: Clock
  #cancelLinger: (() => void) | null = null

  constructor(context: StreamContext, { name, limit, halfOpened }: DestinationParts) {
    this.name = name
    this.limit = limit
    this.#clock = context.clock
    this.breaker = new Breaker(context, () => halfOpened(this))
  }

  /** So many attempts in a row without an answer are no accident. */
  get patience(): number {
    return this.odds.patience
  }

  /** Nothing is pending for it, so that nothing has to be remembered. */
  get isIdle(): boolean {
    const waiting = this.waiting.size + this.aside.size
    return this.lanes.length + this.batches.length + waiting + this.inFlight === 0
  }

  addLane(lane: Lane): void {
    lane.destination = this
    lane.become('ready')
    this.lanes.push(lane)
    this.readyMessages += lane.length
  }

  /** Back to where it was taken from. */
  returnLane(lane: Lane): void {
    lane.become('ready')
    this.lanes.unshift(lane)
    this.readyMessages += lane.length
  }

  takeLane(): Lane | null {
    const lane = this.lanes.shift()
    if (lane !== null) this.readyMessages -= lane.length
    return lane
  }

  /** Calls `over` when what is ready now has waited long enough for a batch to fill. */
  linger(over: () => void): void {
    if (this.readyMessages === 0) return
    this.#cancelLinger ??= this.#clock.after(lingerMs, () => {
      this.#cancelLinger = null
      this.isOverdue = true
      over()
    })
  }

  /**
   * Drops what belongs to partitions that are assigned elsewhere now. Returns the batches of which nothing is left to
   * be sent; lanes of other partitions may still belong to them. Invariant 4
   */
  dropClosed(): PendingBatch[] {
    for (const lane of this.aside) if (lane.partition.closed) this.aside.delete(lane)
    this.#sift(lane => lane.partition.closed)
    return this.#siftBatches(batch => batch.dropClosed())
  }

  /**
   * Takes lanes out of all that waits, batches included; not out of those in flight. Returns the lanes, which are in no
   * batch then, and the batches of which nothing is left to be sent, to which other lanes may still belong.
   */
  letGo(leaves: (lane: Lane) => boolean): { readonly lanes: Lane[]; readonly ended: PendingBatch[] } {
    const lanes = this.#sift(leaves)
    for (const lane of this.aside) if (leaves(lane)) lanes.push(this.endWait(lane))
    const ended = this.#siftBatches(batch => lanes.push(...batch.letGo(leaves)))
    return { lanes, ended }
  }

  /** The lane, which was set aside, waits no more. */
  endWait(lane: Lane): Lane {
    lane.cancelWait?.()
    lane.cancelWait = null
    this.aside.delete(lane)
    return lane
  }

  /** Takes out those of the lanes that are ready. */
  #sift(leaves: (lane: Lane) => boolean): Lane[] {
    const left: Lane[] = []
    this.readyMessages = 0
    for (const lane of this.lanes.empty()) {
      if (leaves(lane)) left.push(lane)
      else this.addLane(lane)
    }
    return left
  }

  /** Takes something out of each batch. Returns those of which nothing is left to be sent. */
  #siftBatches(takeOut: (batch: PendingBatch) => void): PendingBatch[] {
    const ended: PendingBatch[] = []
    for (const batch of this.batches.empty()) {
      takeOut(batch)
      if (batch.messages.length > 0) this.batches.push(batch)
      else ended.push(batch)
    }
    for (const batch of this.waiting) {
      takeOut(batch)
      if (batch.messages.length > 0) continue
      batch.cancelWait?.()
      this.waiting.delete(batch)
      ended.push(batch)
    }
    return ended
  }

  close(): void {
    this.breaker.close()
    this.#cancelLinger?.()
    for (const batch of this.waiting) batch.cancelWait?.()
  }
}
