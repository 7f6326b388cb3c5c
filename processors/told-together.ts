// What may happen many times a second and must not fill the log: the first of it is told at once, and what follows
// within ten seconds together afterwards, each reason for itself. Nothing is left out: the counts told add up to what
// happened, also when it ends.

import type { Clock } from '../connectors/clock.ts'

const quietMs = 10_000

interface Reason<First> {
  toldMs: number
  /** Happened since it was told: how often, and what came with the first time. */
  untold: number
  first: First | null
  cancelTelling: (() => void) | null
}

export class ToldTogether<First> {
  readonly #clock: Clock
  readonly #tell: (count: number, first: First) => void
  readonly #reasons = new Map<string, Reason<First>>()
  #isClosed = false

  /** `tell` is given how often it happened since it was last told for the same reason, and what came with the first time. */
  constructor(clock: Clock, tell: (count: number, first: First) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** `reason` is one of few, since each is remembered. */
  happened(reason: string, first: First, count = 1): void {
    const known = this.#reasons.get(reason)
    const one = known ?? { toldMs: Number.NEGATIVE_INFINITY, untold: 0, first: null, cancelTelling: null }
    this.#reasons.set(reason, one)
    one.untold += count
    one.first ??= first
    const quietLeftMs = one.toldMs + quietMs - this.#clock.now()
    if (quietLeftMs <= 0 || this.#isClosed) this.#flush(one)
    else one.cancelTelling ??= this.#clock.after(quietLeftMs, () => this.#flush(one))
  }

  /** Tells what was not told yet; what happens afterwards, because it was under way, is told at once. */
  close(): void {
    this.#isClosed = true
    for (const reason of this.#reasons.values()) this.#flush(reason)
  }

  #flush(reason: Reason<First>): void {
    reason.cancelTelling?.()
    reason.cancelTelling = null
    const { untold, first } = reason
    if (first === null) return
    reason.toldMs = this.#clock.now()
    reason.untold = 0
    reason.first = null
    this.#tell(untold, first)
  }
}

/** How many there are of each code. */
export function countCodes<Code extends string>(list: readonly { readonly code: Code }[]): Map<Code, number> {
  const codes = new Map<Code, number>()
  for (const { code } of list) codes.set(code, (codes.get(code) ?? 0) + 1)
  return codes
}
