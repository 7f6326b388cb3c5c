// What a stream is told of its partitions otherwise than by reading: where they end, and that a topic is there no more. Of a
// topic that was deleted nothing comes, not even a fault, so that it would look like one to which nobody writes.

import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import type { FaultError } from '../../../schemas/errors.ts'
import { type Health, troubleOf } from '../health/health.ts'
import type { Partitions } from './partitions.ts'

/** The name of a stream's trouble with a topic, which ends with its last partition of that. */
export const topicTrouble = (topic: string) => `topic ${topic}`

export class WatchedPartitions {
  readonly #partitions: Partitions
  readonly #health: Pick<Health, 'trouble' | 'clear'>

  constructor(partitions: Partitions, health: Pick<Health, 'trouble' | 'clear'>) {
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
    const name = topicTrouble(topic)
    // It may have got other owners while it was asked for.
    if (missing === null || !this.topics().has(topic)) this.#health.clear(name)
    else
      this.#health.trouble(name, 'halted', troubleOf(missing.fault, { untilMs: missing.untilMs, attempt: 1 }))
  }
}
