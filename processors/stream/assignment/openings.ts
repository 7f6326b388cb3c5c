// Carries out the opening of newly assigned partitions: read where they begin, commit first positions so that the
// stream's birth outlives the process, then let them be read. Until then they stay paused. An opening whose
// partitions were lost meanwhile is dropped; one that fails is tried again.

import type { CommitEntry, LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'
import type { Health } from '../health/health.ts'
import { persist } from '../health/persist.ts'
import type { HeldPartition } from '../held/held-partition.ts'
import { encodeMetadata } from '../settlement/commit-metadata.ts'
import { type Run, union } from '../settlement/settled-set.ts'
import { type Opening, type OpenPosition, readOpening } from './opening.ts'
import { Partition, type Progress, partitionKey } from './partition.ts'

export interface OpeningsPort {
  readonly group: string
  readonly topics: readonly string[]
  readonly deadLetters: string
  /** The held topic. */
  readonly held: string
  readonly admin: LogAdmin
  readonly health: Health
  /** Fires when the stream stops. */
  readonly signal: AbortSignal
  commit(entries: readonly CommitEntry[]): Promise<void>
  /** Resolves once it is known what waits and what is remembered of the partition; rejects while that cannot be known. */
  prepare(partition: Partition, position: OpenPosition): Promise<void>
  /** It may be read from `next` on. */
  opened(partition: Partition | HeldPartition, next: number): void
}

export class Openings {
  /** The smallest birth known: what this member tells the others when it joins. Unix ms. */
  birthMs: number
  readonly #context: StreamContext
  readonly #port: OpeningsPort
  readonly #counts = new Map<string, number>()
  readonly #progress = new Map<string, Progress>()
  #rounds = 0

  constructor(context: StreamContext, port: OpeningsPort, birthMs: number) {
    this.#context = context
    this.#port = port
    this.birthMs = birthMs
  }

  /** Opens `partitions` in the background, held ones first. */
  open(partitions: readonly (Partition | HeldPartition)[], birthMs: number): void {
    this.birthMs = Math.min(this.birthMs, birthMs)
    if (partitions.length === 0) return
    const name = `opening ${++this.#rounds}`
    const attempt = () => this.#openOnce(partitions.filter(({ closed, isOpen }) => !closed && !isOpen))
    void persist(this.#context, this.#port.health, { name, signal: this.#port.signal, attempt })
  }

  /**
   * Notes how far a partition had got when its assignment ended. If it comes back before anybody has gone further,
   * what was confirmed meanwhile is not sent again, although a Kafka that was away never heard of it.
   */
  remember(partition: Partition): void {
    if (partition.progress !== null) this.#progress.set(partitionKey(partition.origin), partition.progress)
  }

  async #openOnce(partitions: readonly (Partition | HeldPartition)[]): Promise<void> {
    if (partitions.length === 0) return
    const { group, topics, deadLetters, held, admin } = this.#port
    const origins = partitions.map(partition => partition.origin)
    const request = { group, topics, deadLetters, held, partitions: origins, birthMs: this.birthMs }
    const opening = await readOpening(admin, request)
    this.birthMs = Math.min(this.birthMs, opening.birthMs)
    this.#noteCounts(opening.counts)
    this.#openLater(partitions, opening)
    const byKey = new Map(opening.positions.map(position => [partitionKey(position.origin), position]))
    const alive = partitions.filter(({ closed }) => !closed)
    await this.#commitFirst(alive.flatMap(({ origin }) => byKey.get(partitionKey(origin)) ?? []))
    const open = async (partition: Partition | HeldPartition) => {
      const position = byKey.get(partitionKey(partition.origin))
      if (position === undefined) return
      if (partition instanceof Partition) await this.#port.prepare(partition, position)
      // Another attempt may have opened it while this one waited. Invariant 4
      if (partition.closed || partition.isOpen) return
      const resumed = this.#resumeAt(position)
      partition.open({ ...position, committed: position.next, ...resumed })
      this.#port.opened(partition, partition instanceof Partition ? partition.unread.next : resumed.next)
    }
    await Promise.all(alive.map(open))
  }

  /** Those that nobody leads are tried by themselves: none of the others is to wait, though some may wait for their held one. */
  #openLater(partitions: readonly (Partition | HeldPartition)[], { leaderless }: Opening): void {
    const keys = new Set(leaderless.map(partitionKey))
    const isLeaderless = ({ origin }: Partition | HeldPartition) => keys.has(partitionKey(origin))
    if (partitions.every(isLeaderless))
      throw new FaultError('kafka_no_leader', { path: [...keys].join(', ') })
    this.open(partitions.filter(isLeaderless), this.birthMs)
  }

  /** Past what this process has confirmed itself, unless somebody has set the commit back on purpose. */
  #resumeAt({ origin, next, settled, end }: OpenPosition): { next: number; settled: readonly Run[] } {
    const before = this.#progress.get(partitionKey(origin))
    if (before === undefined || next < before.committed || before.base > end) return { next, settled }
    return { next: Math.max(next, before.base), settled: union(settled, before.settled) }
  }

  async #commitFirst(positions: readonly OpenPosition[]): Promise<void> {
    const entries = positions
      .filter(position => position.isNew)
      .map(({ origin, next, birthMs }) => ({
        ...origin,
        next,
        metadata: encodeMetadata(next, { birthMs, settled: [] })
      }))
    if (entries.length > 0) await this.#port.commit(entries)
  }

  #noteCounts(counts: ReadonlyMap<string, number>): void {
    for (const [topic, to] of counts) {
      const from = this.#counts.get(topic)
      this.#counts.set(topic, to)
      if (from === undefined || from === to) continue
      this.#context.log('partitions_raised', { stream: this.#context.stream, topic, from, to })
    }
  }
}
