// A wait that ends once: because what it is for has come or failed, by its deadline, or by the signal. Whichever is
// first, it leaves no timer and no listener behind.

import { type ErrorCode, FaultError } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import { abortFault } from './abort.ts'

export interface WaitOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  /** The code of the fault at the deadline. */
  readonly code: ErrorCode
  readonly signal: AbortSignal
}

export class Wait {
  /** Resolves with end(), rejects with end(error), a FaultError of the deadline, or the signal's. */
  readonly done: Promise<void>
  #settle: (error: unknown) => void = () => {}

  constructor({ clock, timeoutMs, code, signal }: WaitOptions) {
    this.done = new Promise((resolve, reject) => {
      const aborted = () => this.end(abortFault(signal))
      const cancelTimer = clock.after(timeoutMs, () =>
        this.end(new FaultError(code, { detail: `after ${timeoutMs} ms` }))
      )
      this.#settle = error => {
        cancelTimer()
        signal.removeEventListener('abort', aborted)
        if (error === undefined) resolve()
        else reject(error)
      }
      signal.addEventListener('abort', aborted, { once: true })
      if (signal.aborted) aborted()
    })
  }

  /** Only the first call counts. */
  end(error?: unknown): void {
    const settle = this.#settle
    this.#settle = () => {}
    settle(error)
  }
}
