// Everything a stream knows of one partition during one assignment: its position, its pending messages, and what
// it is doing. A partition that comes back after it was lost is a new object, so the results of an older epoch find
// `closed` and are dropped. Invariant 4

import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { Attempt } from '../dispatch/attempt.ts'
import { Lane } from '../dispatch/lane.ts'
import type { PartitionState } from '../health/state.ts'
import { encodeMetadata } from '../settlement/commit-metadata.ts'
import { Tracker } from '../settlement/tracker.ts'

/** How far a partition had got: everything below `base` is settled, below `committed` Kafka knows it. */
export interface Progress {
  readonly base: number
  readonly committed: number
}

export class Partition {
  readonly origin: TopicPartition
  readonly lane = new Lane()
  /** Set while an attempt runs: the device order of the partition allows only one. Invariant 2 */
  attempt: Attempt | null = null
  /** Attempts that failed in a row. */
  failures = 0
  /** One past the last record of the partition, as last heard. */
  end = 0
  /** Reading is paused because enough is pending. */
  full = false
  closed = false
  cancelWait: (() => void) | null = null
  #state: PartitionState = { kind: 'opening' }
  #tracker: Tracker | null = null
  #committed = 0
  #birthMs = 0

  constructor(origin: TopicPartition) {
    this.origin = { topic: origin.topic, partition: origin.partition }
  }

  get state(): PartitionState {
    return this.#state
  }

  /** Null until it is open. */
  get tracker(): Tracker | null {
    return this.#tracker
  }

  get lag(): number {
    return this.#tracker === null ? 0 : Math.max(0, this.end - this.#tracker.base)
  }

  become(state: PartitionState): void {
    this.#state = state
  }

  /** What is confirmed beyond the last commit; null while opening. */
  get progress(): Progress | null {
    return this.#tracker === null ? null : { base: this.#tracker.base, committed: this.#committed }
  }

  open(position: { next: number; committed: number; birthMs: number; end: number }): void {
    this.#tracker = new Tracker(position.next)
    this.#committed = position.committed
    this.#birthMs = position.birthMs
    this.end = position.end
    this.#state = { kind: 'running' }
  }

  /** The commit that Kafka does not have yet, or null. */
  due(): CommitEntry | null {
    const base = this.#tracker?.base ?? 0
    if (base <= this.#committed) return null
    return { ...this.origin, next: base, metadata: encodeMetadata({ birthMs: this.#birthMs }) }
  }

  committed(next: number): void {
    if (next > this.#committed) this.#committed = next
  }

  /** Ends this assignment of the partition: whatever still runs for it no longer counts. */
  close(): void {
    this.closed = true
    this.cancelWait?.()
    this.attempt?.abort()
  }
}

/** The key of a partition in maps. */
export function partitionKey(origin: TopicPartition): string {
  return `${origin.topic}/${origin.partition}`
}
