// Whether Kafka takes commits at all, measured beside Tailrace: a group of nobody else's commits every so often into
// the same place as the group of the run. While Kafka takes no commit, nothing that arrives can be committed, whoever
// delivers it: that excuses repeats, and nothing else about a broker does.

import { type Clock, pauseFor } from '../../../connectors/clock.ts'
import type { Commits } from './commit-watch.ts'

const commitEveryMs = 500
const retryMs = 100
/** What a commit may take on a busy machine. */
const healthyMs = 1_000

export interface Outage {
  readonly lastedMs: number
  /** What Kafka knew of the group of the run when it began. */
  readonly before: Commits
}

export interface CanaryParts {
  readonly clock: Clock
  /** Commits for the canary's group; rejects when Kafka has not taken it. */
  readonly commit: () => Promise<void>
  readonly known: () => Commits
  /** Told of every outage as soon as it is over. */
  readonly onOutage: (outage: Outage) => void
}

export class Canary {
  readonly #parts: CanaryParts
  readonly #ending = new AbortController()

  constructor(parts: CanaryParts) {
    this.#parts = parts
  }

  /** Commits until end(). */
  async run(): Promise<void> {
    const { clock } = this.#parts
    const { signal } = this.#ending
    while (!signal.aborted) {
      await this.#commitOnce(signal)
      await pauseFor(clock, commitEveryMs, signal)
    }
  }

  end(): void {
    this.#ending.abort()
  }

  /** Repeats a commit until Kafka has it. */
  async #commitOnce(signal: AbortSignal): Promise<void> {
    const { clock, commit, known, onOutage } = this.#parts
    const before = known()
    const sinceMs = clock.now()
    const isTaken = () =>
      commit().then(
        () => true,
        () => false
      )
    while (!(await isTaken())) {
      if (signal.aborted) return
      await pauseFor(clock, retryMs, signal)
    }
    const lastedMs = clock.now() - sinceMs
    if (lastedMs > healthyMs) onOutage({ lastedMs, before })
  }
}
