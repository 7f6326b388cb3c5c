// One attempt: one call of the target with a batch, under a deadline that holds even when the target neither
// answers nor listens to the signal. Whatever the target does, the result is outcomes, never a throw.

import type { Clock } from '../../../connectors/clock.ts'
import type { Batch, Failure, Outcome, Target } from '../../../connectors/connector.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'

/** How long a target may take to settle after its signal fired, before the attempt is counted as unknown. */
const graceMs = 1_000

export interface AttemptOptions {
  readonly clock: Clock
  readonly timeoutMs: number
}

export class Attempt {
  readonly batch: Batch
  readonly #abort = new AbortController()
  readonly #clock: Clock
  readonly #timeoutMs: number
  #cancelTimer: () => void = () => {}
  #settle: (outcome: Outcome | readonly Outcome[]) => void = () => {}

  constructor(batch: Batch, options: AttemptOptions) {
    this.batch = batch
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
  }

  /** Resolves with the target's outcomes, or with `unknown` once the deadline and the grace have passed. */
  run(target: Target): Promise<Outcome | readonly Outcome[]> {
    return new Promise(resolve => {
      this.#settle = outcome => {
        this.#cancelTimer()
        resolve(outcome)
      }
      const detail = `no answer within ${this.#timeoutMs} ms`
      this.#cancelTimer = this.#clock.after(this.#timeoutMs, () =>
        this.#giveUp({ kind: 'unknown', code: 'attempt_timeout', detail })
      )
      this.#call(target).then(this.#settle, error =>
        this.#settle({ kind: 'unknown', code: 'target_threw', detail: messageOf(error) })
      )
    })
  }

  /** Gives the attempt up because its partition or the process is going away. */
  abort(): void {
    this.#cancelTimer()
    this.#giveUp({ kind: 'unknown', code: 'attempt_aborted', detail: 'it was still in flight' })
  }

  #giveUp(outcome: Failure): void {
    this.#abort.abort(new FaultError(outcome.code, { detail: outcome.detail }))
    this.#cancelTimer = this.#clock.after(graceMs, () => this.#settle(outcome))
  }

  async #call(target: Target): Promise<Outcome | readonly Outcome[]> {
    const outcome = await target.deliver(this.batch, this.#abort.signal)
    if (!Array.isArray(outcome)) return outcome
    const { length } = this.batch.messages
    const told = outcome.filter(Boolean).length // a hole is no outcome
    if (outcome.length === length && told === length) return outcome
    const detail = `${told} outcomes for ${length} messages`
    return { kind: 'unknown', code: 'target_threw', detail }
  }
}
