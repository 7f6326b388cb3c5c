// Gives up what has waited for its confirmation too long: the oldest message alone, or the whole connection. One timer for all
// of them. Those that were given up go on taking their place in the window. While the broker blocks any number may become of
// that kind; if they take more than half of it and are not answered once it goes on, only another connection makes room.

import { FaultError } from '../../../schemas/errors.ts'
import type { Clock } from '../../clock.ts'
import { outcomeOfTimeout } from '../outcome.ts'
import type { Confirms } from './confirms.ts'

export interface AckWatchOptions {
  readonly clock: Clock
  readonly confirms: Confirms
  readonly ackTimeoutMs: number
  /** Why the broker takes no messages; null: it does. */
  readonly blocked: () => string | null
  /** Ends the connection. */
  readonly fail: (fault: FaultError) => void
}

export class AckWatch {
  readonly #options: AckWatchOptions
  #cancelTimer: (() => void) | undefined

  constructor(options: AckWatchOptions) {
    this.#options = options
  }

  /** Something was published, or the broker goes on after it had blocked. */
  start(): void {
    if (this.#cancelTimer === undefined) this.#watch()
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #watch(): void {
    const { clock, confirms, ackTimeoutMs, blocked } = this.#options
    this.#cancelTimer = undefined
    for (let { oldest } = confirms; oldest !== undefined; oldest = confirms.oldest) {
      const leftMs = oldest.atMs + ackTimeoutMs - clock.now()
      if (leftMs > 0) {
        this.#cancelTimer = clock.after(leftMs, () => this.#watch())
        return
      }
      // While the broker blocks it has not read it, most likely. A new connection would be blocked like this one.
      const mayWait = blocked() !== null
      if (!confirms.giveUpOldest(outcomeOfTimeout({ ackTimeoutMs, blocked: blocked() }), mayWait)) {
        this.#fail()
        return
      }
    }
    if (confirms.isClogged && blocked() === null)
      this.#cancelTimer = clock.after(ackTimeoutMs, () => this.#endClogged())
  }

  #endClogged(): void {
    const { confirms, blocked } = this.#options
    if (confirms.isClogged && blocked() === null) this.#fail()
    else this.#watch()
  }

  #fail(): void {
    const { ackTimeoutMs, fail } = this.#options
    fail(new FaultError('amqp_ack_timeout', { detail: `after ${ackTimeoutMs} ms` }))
  }
}
