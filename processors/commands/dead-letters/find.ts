// Finds dead letters by reading their topic. Keeps only as many as are to be shown, and nothing of their bytes, so a
// long topic takes time and no memory.

import type { LogAdmin, LogRecord, PartitionRange } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { AnyLetter } from './letter.ts'

export interface Matching {
  readonly code?: string
  readonly device?: string
  /** Set aside at or after, and before: Unix ms. */
  readonly since?: number
  readonly until?: number
}

export interface Filter extends Matching {
  /** At most so many: the newest. */
  readonly limit: number
}

/** What is being done: changes while it is. */
export interface Finding {
  /** Records to read, and read so far. */
  total: number
  read: number
  /** Letters that match. */
  matched: number
  /** Not read at all, because they are older than what the limit asks for. */
  older: number
}

/** A letter, and the record that it is in. */
export interface Found<L extends AnyLetter> {
  readonly letter: L
  readonly record: LogRecord
}

interface Search<L extends AnyLetter> {
  readonly finding: Finding
  /** Null for what is no letter. */
  readonly read: (partition: number, record: LogRecord) => L | null
}

interface NewestSearch<L extends AnyLetter> extends Search<L> {
  readonly filter: Filter
  readonly started?: () => void
}

interface RangeSearch<L extends AnyLetter> extends Search<L> {
  readonly filter: Matching
  readonly range: PartitionRange
}

/** The letters that match, oldest first. None when there is no such topic. */
export async function findLetters<L extends AnyLetter>(
  admin: LogAdmin,
  topic: string,
  { filter, finding, read, started }: NewestSearch<L>
): Promise<L[]> {
  const ranges = await rangesOf(admin, topic, filter)
  const wholes = ranges.map(range => ({ ...range, start: firstOf(range, filter) }))
  finding.older = sizeOf(ranges) - sizeOf(wholes)
  finding.total = sizeOf(wholes)
  started?.()
  const letters: L[] = []
  for (const range of wholes) {
    const newest: L[] = []
    for await (const { letter } of lettersIn(admin, topic, { range, filter, finding, read })) {
      newest.push(letter)
      // Cut now and then: cutting at every letter would move them all each time.
      if (newest.length >= 2 * filter.limit) newest.splice(0, newest.length - filter.limit)
    }
    letters.push(...newest.slice(-filter.limit))
  }
  return letters.sort((a, b) => a.facts.timeMs - b.facts.timeMs).slice(-filter.limit)
}

/** Those of one partition that match, in the order in which they were set aside. */
export async function* lettersIn<L extends AnyLetter>(
  admin: LogAdmin,
  topic: string,
  { range, filter, finding, read }: RangeSearch<L>
): AsyncGenerator<Found<L>> {
  const { partition, start, end } = range
  for await (const record of admin.read({ topic, partition, from: start, to: end })) {
    finding.read++
    const letter = read(partition, record)
    if (letter === null || !matches(letter, filter)) continue
    finding.matched++
    yield { letter, record }
  }
}

/** How many records there are in the ranges. */
function sizeOf(ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** What of each partition lies within the times. */
export async function rangesOf(admin: LogAdmin, topic: string, filter: Matching): Promise<PartitionRange[]> {
  try {
    const ranges = await admin.ranges(topic)
    const starts = filter.since === undefined ? [] : await admin.offsetsAt(topic, filter.since)
    const ends = filter.until === undefined ? [] : await admin.offsetsAt(topic, filter.until)
    return ranges.map(({ partition, start, end }) => {
      const from = Math.max(start, starts[partition] ?? start)
      return { partition, start: from, end: Math.max(from, Math.min(end, ends[partition] ?? end)) }
    })
  } catch (error) {
    if (error instanceof FaultError && error.code === 'topic_missing') return []
    throw error
  }
}

/** Where every record counts, the newest are at the end. */
function firstOf({ start, end }: PartitionRange, { code, device, limit }: Filter): number {
  return code === undefined && device === undefined ? Math.max(start, end - limit) : start
}

function matches({ facts, device }: AnyLetter, filter: Matching): boolean {
  if (filter.code !== undefined && facts.code !== filter.code) return false
  return filter.device === undefined || device === filter.device
}
