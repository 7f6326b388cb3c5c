// Something that is done again and again beside the delivery, one round after the other. What a round throws is told and the
// next round comes all the same: a rejection that nobody handles would end the process, for a look at something.

import type { Clock } from '../connectors/clock.ts'
import { messageOf } from '../schemas/errors.ts'
import type { LogEvent } from '../schemas/events.ts'

export interface RoundsParts {
  readonly clock: Clock
  readonly log: LogEvent
  /** What is done, for the log. */
  readonly part: string
  /** From the end of a round to the next. */
  readonly intervalMs: number
  readonly round: () => Promise<void> | void
}

export class Rounds {
  readonly #parts: RoundsParts
  #state: 'waiting' | 'stopped' = 'waiting'
  #cancel: () => void = () => {}
  #running: Promise<void> = Promise.resolve()
  /** Why the last round failed, which is told once; null where it did not. */
  #failure: string | null = null

  constructor(parts: RoundsParts) {
    this.#parts = parts
  }

  get isStopped(): boolean {
    return this.#state === 'stopped'
  }

  /** The first round comes after `firstMs`. Once stopped it has no effect. */
  start(firstMs = this.#parts.intervalMs): void {
    if (this.isStopped) return
    this.#cancel()
    this.#cancel = this.#parts.clock.after(firstMs, () => {
      this.#running = this.#run()
    })
  }

  /** Resolves once the round that runs has ended. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#cancel()
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      await this.#parts.round()
      this.#failure = null
    } catch (error) {
      this.#tell(error)
    }
    this.start()
  }

  #tell(error: unknown): void {
    const { log, part } = this.#parts
    const reason = messageOf(error)
    if (reason !== this.#failure) log('round_failed', { part, reason, cause: error })
    this.#failure = reason
  }
}
