// Tells streams where their partitions end, also where they do not hear of it by reading: because they are paused, their
// window is full, a partition is halted, or the consumer is stuck. Without it a lag would stand still, and a consumer
// that got stuck after it had caught up would look idle. Asks once for all streams, with the admin client that they share.

import type { Clock } from '../../connectors/clock.ts'
import type { LogAdmin } from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import { FaultError } from '../../schemas/errors.ts'

const intervalMs = 5_000

/** What is asked of a stream's partitions. */
export interface Watched {
  /** Of which it has partitions. */
  topics(): ReadonlySet<string>
  noteEnd(origin: TopicPartition, end: number): void
  /** The topic is missing, and is looked for again at `untilMs`; null: it is there. */
  noteTopic(topic: string, missing: { readonly fault: FaultError; readonly untilMs: number } | null): void
}

export interface EndsWatchParts {
  readonly clock: Clock
  readonly admin: Pick<LogAdmin, 'rangesWithLeader'>
  readonly watched: () => readonly Watched[]
}

export class EndsWatch {
  readonly #parts: EndsWatchParts
  #cancel: (() => void) | null = null
  #stopped = false
  #asking = Promise.resolve()

  constructor(parts: EndsWatchParts) {
    this.#parts = parts
  }

  start(): void {
    this.#cancel = this.#parts.clock.after(intervalMs, () => {
      this.#asking = this.#round()
    })
  }

  /** Resolves once nothing is asked any more: only then may the admin client be closed. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#asking
  }

  async #round(): Promise<void> {
    const watched = this.#parts.watched()
    const topics = new Set(watched.flatMap(one => [...one.topics()]))
    for (const topic of topics) if (!this.#stopped) await this.#ask(topic, watched)
    if (!this.#stopped) this.start()
  }

  async #ask(topic: string, watched: readonly Watched[]): Promise<void> {
    const readers = watched.filter(one => one.topics().has(topic))
    try {
      const { ranges } = await this.#parts.admin.rangesWithLeader(topic)
      for (const one of readers) {
        one.noteTopic(topic, null)
        for (const { partition, end } of ranges) one.noteEnd({ topic, partition }, end)
      }
    } catch (fault) {
      // Any other answer that does not come is not missed: the next round asks again, and the streams report the outage.
      if (!(fault instanceof FaultError) || fault.code !== 'topic_missing') return
      const untilMs = this.#parts.clock.now() + intervalMs
      for (const one of readers) one.noteTopic(topic, { fault, untilMs })
    }
  }
}
