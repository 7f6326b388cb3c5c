// How many batches a destination may have in flight: what the target says or, where the stream is told to find out, what
// the destination takes best. Two signs say that it is too many:
//
// Attempts take longer. TCP Vegas (Brakmo, O'Malley, Peterson, 1994): of `limit` batches in flight,
// limit * (1 - base / latency) stand in a queue at the target, where `base` is the latency without one. With few of them
// the limit rises, by doubling until the first sign and by one after it; with many it falls by one, and with far too many
// at once to what the target works on. The base is measured anew from time to time with half of the limit, as BBR does
// with a few packets (Cardwell et al., 2016): a target that got slower for all is not a queue. Both are means (Little's law is
// about means), in which a single attempt that hung counts little.
//
// It answers that it is too much (429, 503, and what other protocols say instead). The limit falls by a tenth, once for
// all that was in flight at that time, and comes back on the curve of CUBIC (RFC 9438, section 4.2): fast at first, slowly
// around what was too much, then faster again in case the target takes more by now.
//
// Time is counted in rounds. A round ends when as many attempts have begun and ended in it as may be in flight: where
// requests wait for their turn, those that come back first have waited least.

import type { Clock } from '../../../../connectors/clock.ts'
import type { Outcome } from '../../../../connectors/connector.ts'
import { errors } from '../../../../schemas/errors.ts'

/** Of the limit, what may stand in a queue at the target: below `few` the limit rises, above `many` it falls. */
const few = (limit: number) => Math.max(1, 0.04 * limit)
const many = (limit: number) => Math.max(3, 0.12 * limit)
/** What remains of the limit when the target says that it is too much, and how fast it comes back: batches / second^3. */
const kept = 0.9
const curve = 0.005
/** The base is measured anew after so long, and so many rounds at least. */
const probeMs = 10_000
const probeRounds = 20
/** A mean of fewer attempts says little: while it doubles, and when it is about one more or less. */
const leastSamples = { doubling: 5, steady: 40, probing: 40 }

/** What is remembered of an attempt while it is under way. */
export interface Start {
  readonly atMs: number
  readonly round: number
  /** Batches in flight with it. */
  readonly inFlight: number
}

export interface ConcurrencyOptions {
  /** Never more in flight. */
  readonly max: number
  readonly isAdaptive: boolean
}

export class ConcurrencyLimit {
  readonly #clock: Clock
  readonly #max: number
  readonly #isAdaptive: boolean
  #phase: 'doubling' | 'steady' | 'probing' = 'doubling'
  #limit: number
  #baseMs = Number.POSITIVE_INFINITY
  #round = 0
  #samples: number[] = []
  /** As many were in flight in this round as may be. Else it says nothing about what a higher limit would do. */
  #wasReached = false
  #probed = { atMs: 0, round: 0 }
  /** What was too much last, and when the target said so. */
  #tooMuch: { readonly inFlight: number; readonly atMs: number } | null = null

  constructor(clock: Clock, { max, isAdaptive }: ConcurrencyOptions) {
    this.#clock = clock
    this.#max = max
    this.#isAdaptive = isAdaptive
    this.#limit = isAdaptive ? 1 : max
    this.#probed.atMs = clock.now()
  }

  /** Never more in flight. */
  get max(): number {
    return this.#max
  }

  /** Batches that may be in flight now. */
  get value(): number {
    return this.#phase === 'probing' ? Math.max(1, this.found >> 1) : this.found
  }

  /** What was found to be best so far. */
  get found(): number {
    return Math.max(1, Math.floor(this.#limit))
  }

  /** An attempt begins; `inFlight` counts it. */
  begin(inFlight: number): Start {
    if (inFlight >= this.value) this.#wasReached = true
    return { atMs: this.#clock.now(), round: this.#round, inFlight }
  }

  /** It has ended. How long it took says something only where the target has worked on it. */
  ended(start: Start, outcome: Outcome | readonly Outcome[]): void {
    if (!this.#isAdaptive) return
    const all = [outcome].flat()
    if (all.some(one => one.kind !== 'delivered' && errors[one.code].isOverload === true))
      this.#overloaded(start)
    else if (all.every(({ kind }) => kind === 'delivered' || kind === 'reject')) this.#answered(start)
  }

  #answered({ atMs, round }: Start): void {
    if (round < this.#round) return
    this.#samples.push(this.#clock.now() - atMs)
    if (this.#samples.length < Math.max(leastSamples[this.#phase], this.value)) return
    this.#endRound(typical(this.#samples))
    this.#samples = []
    this.#wasReached = false
    this.#round++
  }

  #endRound(latencyMs: number): void {
    if (this.#phase !== 'steady')
      this.#baseMs = this.#phase === 'probing' ? latencyMs : Math.min(this.#baseMs, latencyMs)
    if (this.#phase === 'probing') this.#endProbe()
    else if (this.#wasReached) this.#adjust(latencyMs === 0 ? 1 : Math.min(1, this.#baseMs / latencyMs))
  }

  /** `atWork` is the part of what is in flight that stands in no queue. */
  #adjust(atWork: number): void {
    const limit = this.#limit
    const queue = limit * (1 - atWork)
    if (queue >= few(limit)) this.#phase = 'steady'
    if (queue > 2 * many(limit)) this.#limit = Math.max(limit / 2, limit * atWork + few(limit))
    else if (queue > many(limit)) this.#limit--
    else if (queue < few(limit)) this.#limit += this.#phase === 'doubling' ? limit : 1
    this.#limit = Math.max(1, Math.min(this.#limit, this.#max, this.#ceiling()))
    const { atMs, round } = this.#probed
    const isDue = this.#clock.now() - atMs >= probeMs && this.#round - round >= probeRounds
    if (isDue && this.#limit >= 2) this.#phase = 'probing'
  }

  #endProbe(): void {
    this.#phase = 'steady'
    this.#probed = { atMs: this.#clock.now(), round: this.#round }
  }

  /** One attempt alone cannot be too much at once: then the target is away, which is the breaker's business. */
  #overloaded({ atMs, inFlight }: Start): void {
    if (inFlight === 1 || (this.#tooMuch !== null && atMs <= this.#tooMuch.atMs)) return
    this.#tooMuch = { inFlight: inFlight - 1, atMs: this.#clock.now() }
    this.#phase = 'steady'
    this.#limit = Math.max(1, Math.min(this.#limit, inFlight) * kept)
  }

  /** CUBIC: W(t) = C * (t - K)^3 + Wmax, where K is the time that the curve takes back to Wmax. */
  #ceiling(): number {
    if (this.#tooMuch === null) return this.#max
    const { inFlight, atMs } = this.#tooMuch
    const backAfter = Math.cbrt((inFlight * (1 - kept)) / curve)
    const seconds = (this.#clock.now() - atMs) / 1000
    return curve * (seconds - backAfter) ** 3 + inFlight
  }
}

/** The mean, of values that are cut to three times their median. */
function typical(values: readonly number[]): number {
  const median = values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
  return values.reduce((sum, value) => sum + Math.min(value, 3 * median), 0) / values.length
}
