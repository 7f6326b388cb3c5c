// How long Kafka keeps the records of one topic: by their age, as its settings say, and by its size, as the start of its log
// was seen to move.

import type { PartitionRange, TopicSpec } from '../../../connectors/kafka/log/log.ts'

/** How many starts of a partition are remembered, from as many rounds: some 15 minutes. Kafka moves them every few minutes. */
const starts = 16

interface Start {
  readonly atMs: number
  readonly offset: number
}

/** What is asked of a record. */
export interface KeptRecord {
  readonly partition: number
  readonly offset: number
  /** When Kafka got it, in Unix ms; null where that is not known. */
  readonly timeMs: number | null
}

export class TopicRetention {
  #retentionMs = Number.POSITIVE_INFINITY
  #isSizeLimited = false
  readonly #starts = new Map<number, Start[]>()

  /** Notes the settings of the topic. A topic that is only compacted loses no key's newest record: it counts as kept. */
  noteSettings({ settings }: Pick<TopicSpec, 'settings'>): void {
    const deletes = (settings['cleanup.policy'] ?? 'delete').includes('delete')
    this.#retentionMs = deletes ? limitOf(settings['retention.ms']) : Number.POSITIVE_INFINITY
    this.#isSizeLimited = deletes && Number.isFinite(limitOf(settings['retention.bytes']))
  }

  /** Notes where the partitions begin at the moment `atMs`. */
  noteRanges(ranges: readonly PartitionRange[], atMs: number): void {
    for (const { partition, start } of ranges) {
      const before = this.#starts.get(partition) ?? []
      // A topic that was made anew begins anew.
      const kept = (before.at(-1)?.offset ?? 0) > start ? [] : before
      this.#starts.set(partition, [...kept, { atMs, offset: start }].slice(-starts))
    }
  }

  /** In how many ms Kafka may delete the record; 0 where it may have, infinite where it never does, null where that is not known. */
  msLeft({ partition, offset, timeMs }: KeptRecord, nowMs: number): number | null {
    if ((this.#starts.get(partition)?.at(-1)?.offset ?? 0) > offset) return 0
    const bySize = this.#isSizeLimited ? this.#msToStart(partition, offset, nowMs) : Number.POSITIVE_INFINITY
    if (this.#retentionMs === Number.POSITIVE_INFINITY) return Math.max(0, bySize)
    if (timeMs === null) return null
    return Math.max(0, Math.min(this.#retentionMs - (nowMs - timeMs), bySize))
  }

  /** Until the start of the log gets there, at the speed it had lately. */
  #msToStart(partition: number, offset: number, nowMs: number): number {
    const [first, last] = [this.#starts.get(partition)?.[0], this.#starts.get(partition)?.at(-1)]
    if (first === undefined || last === undefined || first.offset === last.offset)
      return Number.POSITIVE_INFINITY
    if (last.atMs <= first.atMs) return Number.POSITIVE_INFINITY // the clock was set back
    const perMs = (last.offset - first.offset) / (last.atMs - first.atMs)
    return (offset - last.offset) / perMs - (nowMs - last.atMs)
  }
}

/** Kafka writes no limit as -1. */
function limitOf(setting: string | undefined): number {
  const limit = Number(setting ?? -1)
  return limit < 0 ? Number.POSITIVE_INFINITY : limit
}
