// Stops sending to a destination, or to a whole target, that fails again and again, and finds out by one attempt at
// a time when it works again.
//
//   closed --- failuresToOpen in a row, a wait asked for, or a halt ---> open (until; log says why)
//   open ----- its time is over ---> halfOpen: one attempt
//   halfOpen - it fails ---> open, longer      any success in any state ---> closed
//
// The time is random below a ceiling that doubles (full jitter), at least what the target asked for; halted: slow, and
// only the success of an attempt that began since counts, as those before it were under way for what is wrong now.

import type { Failure } from '../../../../connectors/connector.ts'
import type { StreamContext } from '../../context.ts'
import type { Trouble } from '../../health/state.ts'
import { waitAfterMs } from './backoff.ts'

/** One failure can be the batch's own fault; so many in a row are the destination's. */
const failuresToOpen = 5

export class Breaker {
  readonly #context: StreamContext
  readonly #halfOpened: () => void
  #state: 'closed' | 'open' | 'halfOpen' = 'closed'
  #failures = 0
  #openings = 0
  #openedMs = 0
  #untilMs = 0
  #cancelTimer: (() => void) | null = null
  #trouble: { kind: 'waiting' | 'halted'; trouble: Trouble } | null = null

  /** `halfOpened` is called when an attempt may be made again. */
  constructor(context: StreamContext, halfOpened: () => void) {
    this.#context = context
    this.#halfOpened = halfOpened
  }

  /** What went wrong last; null since the last success. */
  get trouble(): { readonly kind: 'waiting' | 'halted'; readonly trouble: Trouble } | null {
    return this.#trouble
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** May one more batch be sent beside `inFlight` others? */
  allows(inFlight: number): boolean {
    return this.#state === 'closed' || (this.#state === 'halfOpen' && inFlight === 0)
  }

  /** An attempt that began at `startedMs` has succeeded. False when it was ahead of the halt, which goes on. */
  succeed(startedMs: number): boolean {
    if (this.#trouble?.kind === 'halted' && startedMs <= this.#openedMs) return false
    this.#failures = 0
    if (this.#trouble === null) return true
    this.close()
    this.#openings = 0
    this.#state = 'closed'
    this.#trouble = null
    return true
  }

  /** Notes a failed attempt; `waitMs` is what its batch waits when the breaker stays closed. */
  fail(failure: Failure, waitMs: number): void {
    const isHalt = failure.kind === 'halt'
    this.#failures++
    const isOver = this.#failures >= failuresToOpen || failure.retryAfterMs !== undefined || isHalt
    // Attempts that were in flight when it opened say nothing new, unless the target asks for a longer wait.
    if (this.#state === 'open' && !isHalt) {
      this.#prolong(failure.retryAfterMs ?? 0)
      return
    }
    const opensForMs = isOver || this.#state === 'halfOpen' ? this.#open(failure) : waitMs
    const { code, detail } = failure
    const untilMs = this.#context.clock.now() + opensForMs
    const trouble = { code, detail, untilMs, attempt: this.#failures }
    this.#trouble = { kind: isHalt ? 'halted' : 'waiting', trouble }
  }

  /** Ends its timer. */
  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #open(failure: Failure): number {
    this.#state = 'open'
    this.#openings++
    this.#openedMs = this.#context.clock.now()
    const waitMs = waitAfterMs(this.#context, failure, this.#openings)
    this.#wait(waitMs)
    return waitMs
  }

  #prolong(waitMs: number): void {
    if (this.#trouble === null || this.#context.clock.now() + waitMs <= this.#untilMs) return
    this.#wait(waitMs)
    const { kind, trouble } = this.#trouble
    this.#trouble = { kind, trouble: { ...trouble, untilMs: this.#untilMs } }
  }

  #wait(waitMs: number): void {
    this.close()
    this.#untilMs = this.#context.clock.now() + waitMs
    this.#cancelTimer = this.#context.clock.after(waitMs, () => {
      this.#cancelTimer = null
      this.#state = 'halfOpen'
      this.#halfOpened()
    })
  }
}
