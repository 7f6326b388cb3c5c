// Two looks at a running stream, again and again. The books: what was read and has not ended must be what is pending,
// or messages were miscounted, which is an error to report with its figures (Invariant 3). The progress: where a
// partition has something to read, is not held up by anything known, and yet gets nowhere, the consumer is stuck in a
// way nobody has thought of; it is built anew. Each partition counts by itself, since a consumer may be deaf to one
// broker and hear the others.

import { every } from '../../../connectors/clock.ts'
import { type Partition, partitionKey } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'

const lookMs = 10_000
/** How long a partition may stand still. Longer than an outage takes to be noticed, and than a rebalance of a large group. */
const patienceMs = 60_000

/** What is looked at. */
export interface Watched {
  /** Messages that should be pending, and those that are. */
  books(): { readonly owed: number; readonly pending: number }
  /** Partitions of which Kafka has messages that should be fetched now; none while it is known what holds the stream up. */
  behind(): readonly Partition[]
  /** Builds the consumer anew, where that can help. */
  rebuild(): unknown
}

interface Standing {
  /** The next offset to fetch. */
  readonly next: number
  readonly sinceMs: number
}

export class Watchdog {
  readonly #context: StreamContext
  readonly #watched: Watched
  #cancel: (() => void) | null = null
  /** Where the partitions stood at the last look that were behind then. */
  #standing = new Map<Partition, Standing>()
  #toldImbalance = 0

  constructor(context: StreamContext, watched: Watched) {
    this.#context = context
    this.#watched = watched
  }

  start(): void {
    this.#cancel ??= every(this.#context.clock, lookMs, () => {
      this.#checkBooks()
      this.#checkProgress()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #checkBooks(): void {
    const { stream, log, meter } = this.#context
    const { owed, pending } = this.#watched.books()
    const imbalance = owed - pending
    if (imbalance === this.#toldImbalance) return
    this.#toldImbalance = imbalance
    if (imbalance === 0) return
    meter.imbalanced()
    log('accounts_imbalanced', { stream, owed, pending })
  }

  #checkProgress(): void {
    const { stream, clock, log } = this.#context
    this.#standing = this.#look()
    const stuck = [...this.#standing].filter(([, { sinceMs }]) => clock.now() - sinceMs >= patienceMs)
    if (stuck.length === 0) return
    this.#standing.clear()
    const partitions = stuck.map(([{ origin }]) => partitionKey(origin))
    log('stream_stuck', { stream, seconds: patienceMs / 1000, partitions })
    this.#watched.rebuild()
  }

  #look(): Map<Partition, Standing> {
    const sinceMs = this.#context.clock.now()
    const standing = new Map<Partition, Standing>()
    for (const partition of this.#watched.behind()) {
      const { next } = partition.unread
      const before = this.#standing.get(partition)
      standing.set(partition, before?.next === next ? before : { next, sinceMs })
    }
    return standing
  }
}
