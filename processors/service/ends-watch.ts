// Tells streams where their partitions end, also where they do not hear of it by reading: because they are paused, their
// window is full, a partition is halted, or the consumer is stuck. Without it a lag would stand still, and a consumer
// that got stuck after it had caught up would look idle. Asks once for all streams, with the admin client that they share.

import type { Clock } from '../../connectors/clock.ts'
import type { LogAdmin } from '../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../connectors/kafka/log/message.ts'
import { FaultError } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { Rounds } from '../rounds.ts'

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
  readonly log: LogEvent
  readonly admin: Pick<LogAdmin, 'rangesWithLeader'>
  readonly watched: () => readonly Watched[]
}

export class EndsWatch {
  readonly #parts: EndsWatchParts
  readonly #rounds: Rounds
  /** Of which the last answer was that they are not there. */
  readonly #missing = new Set<string>()

  constructor(parts: EndsWatchParts) {
    const { clock, log } = parts
    this.#parts = parts
    this.#rounds = new Rounds({ clock, log, part: 'ends', intervalMs, round: () => this.#round() })
  }

  start(): void {
    this.#rounds.start()
  }

  /** Resolves once nothing is asked any more: only then may the admin client be closed. */
  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #round(): Promise<void> {
    const watched = this.#parts.watched()
    const topics = new Set(watched.flatMap(one => [...one.topics()]))
    for (const topic of this.#missing) if (!topics.has(topic)) this.#missing.delete(topic)
    for (const topic of topics) if (!this.#rounds.isStopped) await this.#ask(topic, watched)
  }

  async #ask(topic: string, watched: readonly Watched[]): Promise<void> {
    const readers = watched.filter(one => one.topics().has(topic))
    try {
      const { ranges } = await this.#parts.admin.rangesWithLeader(topic)
      this.#missing.delete(topic)
      for (const one of readers) {
        one.noteTopic(topic, null)
        for (const { partition, end } of ranges) one.noteEnd({ topic, partition }, end)
      }
    } catch (fault) {
      // Any other answer that does not come is not missed: the next round asks again, and the streams report the outage.
      if (!(fault instanceof FaultError)) throw fault
      if (fault.code !== 'topic_missing') return
      // One answer may be that of a broker that lags behind: two in a row are believed.
      const isFirst = !this.#missing.has(topic)
      this.#missing.add(topic)
      if (isFirst) return
      const untilMs = this.#parts.clock.now() + intervalMs
      for (const one of readers) one.noteTopic(topic, { fault, untilMs })
    }
  }
}
