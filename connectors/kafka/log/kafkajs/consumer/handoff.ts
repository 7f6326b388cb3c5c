// Hands what was fetched to the stream, and remembers for each partition where the stream stands and whether it wants
// records. kafkajs keeps positions and pauses too, but resets the one at every join and forgets the other in a crash:
// these here are what counts. A fetch that was not made from the remembered position is dropped and made again.

import type { FaultError } from '../../../../../schemas/errors.ts'
import type { Clock } from '../../../../clock.ts'
import type { GroupStanding, LogConsumerHandlers } from '../../log.ts'
import type { TopicPartition } from '../../message.ts'
import { RecordChunk } from '../../record-chunk.ts'
import { Positions } from './positions.ts'
import type { Fetched } from './session.ts'

/** What steers the fetching; it may be gone, and then does nothing. */
export interface Steering {
  pause(origin: TopicPartition): void
  resume(origin: TopicPartition): void
  seek(origin: TopicPartition, offset: number): void
}

/** Without records for this long, a stream is at rest. */
const restMs = 2_000

export class Handoff {
  readonly #handlers: LogConsumerHandlers
  readonly #positions = new Positions()
  readonly #steering: () => Steering | null
  readonly #clock: Clock
  #stopped = false
  /** When something was fetched or steered last. */
  #busyMs = 0

  constructor(handlers: LogConsumerHandlers, steering: () => Steering | null, clock: Clock) {
    this.#handlers = handlers
    this.#steering = steering
    this.#clock = clock
  }

  /** No handler is called any more. */
  stop(): void {
    this.#stopped = true
  }

  /** Must be called synchronously with the join, so that nothing is fetched from a wrong position. */
  assign(now: readonly TopicPartition[], member: 'same' | 'new', group: GroupStanding): void {
    const change = this.#positions.assign(now, member)
    this.#busyMs = this.#clock.now()
    const steering = this.#steering()
    for (const place of this.#positions.all()) {
      if (place.paused) steering?.pause(place.origin)
      else steering?.resume(place.origin)
      if (place.next !== null) steering?.seek(place.origin, place.next)
    }
    if (!this.#stopped) this.#handlers.onAssigned({ ...change, ...group })
  }

  /** Whether a resume or a seek is to be expected soon: records came lately, or a partition is paused. */
  isBusy(): boolean {
    return this.#clock.now() - this.#busyMs < restMs || this.#positions.all().some(place => place.paused)
  }

  has(origin: TopicPartition): boolean {
    return this.#positions.get(origin) !== undefined
  }

  pause(origin: TopicPartition): void {
    const place = this.#positions.get(origin)
    if (place === undefined) return
    place.paused = true
    this.#steering()?.pause(origin)
  }

  resume(origin: TopicPartition): void {
    const place = this.#positions.get(origin)
    if (place === undefined) return
    place.paused = false
    place.open = true
    this.#busyMs = this.#clock.now()
    this.#steering()?.resume(origin)
  }

  seek(origin: TopicPartition, offset: number): void {
    const place = this.#positions.get(origin)
    if (place === undefined) return
    place.next = offset
    place.lost = false
    this.#steering()?.seek(origin, offset)
  }

  /** Returns the next offset to fetch, or null where nothing was taken. Never throws for what was fetched. */
  fetched({ origin, fetchedOffset, highWatermark, batches }: Fetched): number | null {
    const place = this.#positions.get(origin)
    if (!place?.open || place.lost) return null
    this.#busyMs = this.#clock.now()
    place.next ??= fetchedOffset
    if (fetchedOffset !== place.next) {
      this.#steering()?.seek(origin, place.next)
      return null
    }
    for (const { chunk } of batches) {
      if (this.#stopped) break
      const next = chunk.lastOffset + 1
      place.next = next
      this.#handlers.onRecords(new RecordChunk(place.origin, chunk, highWatermark))
      if (place.next !== next || this.#positions.get(origin) !== place) return null // it was moved from within
    }
    return place.next
  }

  /** The partition stays paused until its stream has decided where to go on. */
  positionLost(origin: TopicPartition, position: number): void {
    const place = this.#positions.get(origin)
    if (this.#stopped || !place?.open || place.lost) return
    if (place.next !== null && place.next !== position) return // a fetch from before a seek
    place.lost = true
    this.pause(origin)
    this.#handlers.onPositionLost(place.origin, position)
  }

  /** Stops fetching what cannot be read; the returned function tries it again. */
  corrupt(origin: TopicPartition, fault: FaultError): () => void {
    this.#steering()?.pause(origin)
    if (!this.#stopped) this.#handlers.onFault(fault)
    return () => {
      const place = this.#positions.get(origin)
      if (place !== undefined && !place.paused) this.#steering()?.resume(origin)
    }
  }
}
