// The commits of one held partition: below them nothing is needed any more.

import type { CommitEntry, LogConsumer } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { Position } from '../assignment/partition.ts'
import { encodeMetadata } from '../settlement/commit-metadata.ts'
import type { WaitingSet } from './waiting-set.ts'

export class HeldCommits {
  readonly #origin: TopicPartition
  readonly #waiting: WaitingSet
  readonly #birthMs: number
  #committed: number
  /** The commit that was made up last. */
  #offered: CommitEntry | null = null

  constructor(origin: TopicPartition, waiting: WaitingSet, { committed, birthMs }: Position) {
    this.#origin = origin
    this.#waiting = waiting
    this.#committed = committed
    this.#birthMs = birthMs
  }

  /** The commit that Kafka does not have yet, or null. */
  due(): CommitEntry | null {
    if (this.#waiting.base <= this.#committed) return null
    this.#offered = this.#entry(this.#waiting.base)
    return this.#offered
  }

  committed(entry: CommitEntry): void {
    if (entry === this.#offered) this.#committed = entry.next
  }

  /** Resolves once the group confirms that the partition is ours: it takes the same commit again. */
  async confirm(consumer: Pick<LogConsumer, 'commit'>): Promise<void> {
    const entry = this.#entry(this.#committed)
    await consumer.commit([entry])
    this.#committed = entry.next // what was committed meanwhile is due again
  }

  #entry(next: number): CommitEntry {
    const owner = this.#waiting.ownerAt(next)
    const standing = { birthMs: this.#birthMs, settled: [] }
    const metadata = encodeMetadata(next, { ...standing, ...(owner !== null && { owner }) })
    return { ...this.#origin, next, metadata }
  }
}
