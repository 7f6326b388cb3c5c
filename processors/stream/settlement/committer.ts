// Commits what is settled, a fixed time after something changed, one commit at a time. An idle stream has no timer.
// A refused commit is dropped: its membership is over, and the next assignment decides what this member still has.

import type { CommitEntry } from '../../../connectors/kafka/log/log.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'

export const commitIntervalMs = 200

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
  #cancelTimer: (() => void) | null = null
  #running: Promise<void> | null = null

  constructor(context: StreamContext, port: CommitPort) {
    this.#context = context
    this.#port = port
  }

  /** Notes that a commit point moved. */
  touch(): void {
    if (this.#running === null) this.#schedule()
  }

  /** Commits everything due, after the commit under way. Resolves also when it fails: what it left is due later. */
  async flush(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    await this.#running
    await this.#start()
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #start(): Promise<void> {
    this.#running ??= this.#commit().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #commit(): Promise<void> {
    const entries = this.#port.due()
    if (entries.length === 0) return
    try {
      await this.#port.commit(entries)
      this.#port.committed(entries)
      this.#context.meter.committed('ok')
    } catch (error) {
      const refused = error instanceof FaultError && error.code === 'commit_refused'
      this.#context.meter.committed(refused ? 'refused' : 'failed')
      if (!refused)
        this.#context.log('commit_failed', { stream: this.#context.stream, reason: messageOf(error) })
    }
    // Again after an interval: for what settled meanwhile, and for what failed.
    this.#schedule()
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#context.clock.after(commitIntervalMs, () => {
      this.#cancelTimer = null
      void this.#start()
    })
  }
}
