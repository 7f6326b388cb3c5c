// What a stream is told of its partitions otherwise than by reading: where they end, and that a topic is there no more. Of a
// topic that was deleted nothing comes, not even a fault, so that it would look like one to which nobody writes.

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { FaultError } from '../../../schemas/errors.ts'
import { type Health, troubleOf } from '../health/health.ts'
import type { Partitions } from './partitions.ts'

export class WatchedPartitions {
  readonly #partitions: Partitions
  readonly #health: Pick<Health, 'refresh'>

  constructor(partitions: Partitions, health: Pick<Health, 'refresh'>) {
    this.#partitions = partitions
    this.#health = health
  }

  /** Of which it has partitions. */
  topics(): ReadonlySet<string> {
    return this.#partitions.topics()
  }

  noteEnd(origin: TopicPartition, end: number): void {
    this.#partitions.noteEnd(origin, end)
  }

  /** The topic is missing, and is looked for again at `untilMs`; null: it is there. */
  noteTopic(topic: string, missing: { readonly fault: FaultError; readonly untilMs: number } | null): void {
    const trouble = missing && troubleOf(missing.fault, { untilMs: missing.untilMs, attempt: 1 })
    for (const partition of this.#partitions)
      if (partition.origin.topic === topic) partition.missing = trouble
    this.#health.refresh()
  }
}
