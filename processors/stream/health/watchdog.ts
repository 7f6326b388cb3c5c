// Two looks at a running stream, again and again. The books: what was read and has not ended must be what is pending,
// or messages were miscounted, which is an error to report with its figures (Invariant 3). The progress: a stream
// that has something to read, is not held up by anything known, and yet gets nowhere, has a consumer that is stuck in
// a way nobody has thought of; it is built anew.

import { every } from '../../../connectors/clock.ts'
import type { StreamContext } from '../context.ts'

const lookMs = 10_000
/** How long nothing may move. Longer than an outage takes to be noticed, and than a rebalance of a large group. */
const patienceMs = 60_000

/** What is looked at. */
export interface Watched {
  /** Messages that should be pending, and those that are. */
  books(): { readonly owed: number; readonly pending: number }
  /** Rises whenever anything is read or ends. */
  progress(): number
  /** Kafka has messages that should be read now, and nothing is known to hold the stream up. */
  isBehind(): boolean
  /** Builds the consumer anew. */
  rebuild(): void
}

export class Watchdog {
  readonly #context: StreamContext
  readonly #watched: Watched
  #cancel: (() => void) | null = null
  #progress = -1
  #movedMs = 0
  #toldImbalance = 0

  constructor(context: StreamContext, watched: Watched) {
    this.#context = context
    this.#watched = watched
  }

  start(): void {
    this.#movedMs = this.#context.clock.now()
    this.#cancel ??= every(this.#context.clock, lookMs, () => {
      this.#checkBooks()
      this.#checkProgress()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #checkBooks(): void {
    const { stream, log, meter } = this.#context
    const { owed, pending } = this.#watched.books()
    const imbalance = owed - pending
    if (imbalance === this.#toldImbalance) return
    this.#toldImbalance = imbalance
    if (imbalance === 0) return
    meter.imbalanced()
    log('accounts_imbalanced', { stream, owed, pending })
  }

  #checkProgress(): void {
    const { stream, clock, log } = this.#context
    const progress = this.#watched.progress()
    if (progress !== this.#progress || !this.#watched.isBehind()) {
      this.#progress = progress
      this.#movedMs = clock.now()
      return
    }
    const seconds = Math.round((clock.now() - this.#movedMs) / 1000)
    if (seconds * 1000 < patienceMs) return
    this.#movedMs = clock.now()
    log('stream_stuck', { stream, seconds })
    this.#watched.rebuild()
  }
}
