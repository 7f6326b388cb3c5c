// Commits what is settled, a fixed time after something changed, one commit at a time. An idle stream has no timer.
// A refused commit is dropped: its membership is over, and the next assignment decides what this member still has.
// Before partitions are handed on it repeats what failed, each time with what is due by then.

import { pauseFor } from '../../../connectors/clock.ts'
import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'

export const commitIntervalMs = 200
const repeatMs = 100

type Result = 'nothing due' | 'ok' | 'refused' | 'failed'

/** How long the last commit before partitions are handed on is repeated. */
export interface LastCommit {
  /** Unix ms. */
  readonly endMs: number
  /** No join comes first, after which the same commit may be taken. */
  readonly isRefusalFinal: boolean
}

/** What the committer needs of the stream. */
export interface CommitPort {
  /** The commit points that Kafka does not have yet, of partitions assigned now. Invariant 4 */
  due(): CommitEntry[]
  commit(entries: readonly CommitEntry[]): Promise<void>
  committed(entries: readonly CommitEntry[]): void
}

export class Committer {
  readonly #context: StreamContext
  readonly #port: CommitPort
  readonly #stopping = new AbortController()
  #cancelTimer: (() => void) | null = null
  #running: Promise<Result> | null = null
  /** The last commit failed, which was told. */
  #isFailing = false

  constructor(context: StreamContext, port: CommitPort) {
    this.#context = context
    this.#port = port
  }

  /** Notes that a commit point moved. */
  touch(): void {
    if (this.#running === null) this.#schedule()
  }

  /** Commits until Kafka has everything or it is too late, at least once. Never rejects: what is left is due later. */
  async flush({ endMs, isRefusalFinal }: LastCommit): Promise<void> {
    const { clock } = this.#context
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const result = await this.#flushOnce()
      if (result === 'nothing due' || (result === 'refused' && isRefusalFinal)) return
      if (clock.now() >= endMs) return
      if (result !== 'ok') await pauseFor(clock, repeatMs, signal)
    }
  }

  async #flushOnce(): Promise<Result> {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    await this.#running
    return this.#start()
  }

  /** Commits nothing more by itself. */
  stop(): void {
    this.#stopping.abort()
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #start(): Promise<Result> {
    this.#running ??= this.#commit().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #commit(): Promise<Result> {
    const entries = this.#port.due()
    if (entries.length === 0) return 'nothing due'
    const result = await this.#send(entries)
    this.#context.meter.committed(result)
    // Again after an interval: for what settled meanwhile, and for what failed.
    this.#schedule()
    return result
  }

  async #send(entries: readonly CommitEntry[]): Promise<'ok' | 'refused' | 'failed'> {
    try {
      await this.#port.commit(entries)
      this.#context.reached('committed')
      this.#port.committed(entries)
      this.#isFailing = false
      return 'ok'
    } catch (error) {
      if (error instanceof FaultError && error.code === 'commit_refused') return 'refused'
      if (!this.#isFailing)
        this.#context.log('commit_failed', { stream: this.#context.stream, reason: messageOf(error) })
      this.#isFailing = true
      return 'failed'
    }
  }

  #schedule(): void {
    if (this.#stopping.signal.aborted) return
    this.#cancelTimer ??= this.#context.clock.after(commitIntervalMs, () => {
      this.#cancelTimer = null
      void this.#start()
    })
  }
}
