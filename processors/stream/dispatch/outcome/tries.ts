// How often something has been tried in vain, and whether that is its own fault or the destination's.

import type { Failure } from '../../../../connectors/connector.ts'
import { errors } from '../../../../schemas/errors.ts'
import type { RetryConfig } from '../../../../schemas/stream.ts'
import { isGivenUp } from './verdict.ts'

/** So often refused without a word for which device: then that is looked for. */
const patienceWithDevices = 3

export class Tries {
  /** In a row; what was not sent, or given up by ourselves, is not counted. */
  failures = 0
  /** Without an answer, in a row, for a reason that may be a message. */
  unknowns = 0
  /** What the destination had confirmed when the first of them failed. */
  #confirmedBefore: number | null = null

  note(failure: Failure, confirmed: number): void {
    this.#confirmedBefore ??= confirmed
    if (failure.kind === 'unsent' || isGivenUp(failure)) return
    this.failures++
    if (errors[failure.code].isBlameless) return
    this.unknowns = failure.kind === 'unknown' ? this.unknowns + 1 : 0
  }

  /** Counts anew, but remembers since when the destination has been confirming other things. */
  again(): void {
    this.failures = 0
    this.forgetUnknowns()
  }

  /** Messages have left: what got no answer may have been theirs. */
  forgetUnknowns(): void {
    this.unknowns = 0
  }

  /** Has the destination confirmed anything since the first failure? `confirmed` is what it has confirmed by now. */
  othersPass(confirmed: number): boolean {
    return this.#confirmedBefore !== null && confirmed > this.#confirmedBefore
  }

  /**
   * Is it time to look for the culprit? `patience` attempts without an answer are no accident; maxAttempts counts only while
   * the destination accepts others.
   */
  isEnough(retry: RetryConfig, { confirmed, patience }: { confirmed: number; patience: number }): boolean {
    if (this.unknowns >= patience) return true
    const { maxAttempts } = retry
    return maxAttempts !== undefined && this.failures >= maxAttempts && this.othersPass(confirmed)
  }

  /** A failure of devices, told for a batch of several: is it time to find out which? */
  get isUnclear(): boolean {
    return this.failures >= patienceWithDevices
  }
}
