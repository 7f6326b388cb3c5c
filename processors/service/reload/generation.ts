// Which generation of the configuration is in force, what of it expires, and what became of the last change: for /status
// and /metrics.

import type { Config } from '../../../schemas/config.ts'
import { Expiries, type ExpiriesParts, type ExpiryReport } from '../expiry/expiries.ts'
import type { Metrics } from '../metrics/metrics.ts'

export interface GenerationReport {
  /** 1 at the start, and one more with every change that was applied. */
  readonly generation: number
  /** Since when, in ISO 8601. */
  readonly since: string
  /** Its certificates, and tokens that say when they expire; left out where there are none. */
  readonly expiries?: readonly ExpiryReport[]
  /** The last change, if it was refused: when, and a sentence for each reason. */
  readonly refused?: Refusal
}

interface Refusal {
  readonly at: string
  readonly reasons: readonly string[]
}

export interface GenerationParts extends ExpiriesParts {
  readonly metrics: Metrics
}

export class Generation {
  readonly #parts: GenerationParts
  readonly #expiries: Expiries
  #number = 0
  #sinceMs = 0
  #refused: Refusal | null = null

  constructor(parts: GenerationParts) {
    this.#parts = parts
    this.#expiries = new Expiries(parts)
    for (const result of ['applied', 'refused']) this.#count(result, 0)
    this.#begin()
  }

  get number(): number {
    return this.#number
  }

  /** Begins to tell what expires of the first configuration, and of those after it, until stop(). */
  watch(config: Config): void {
    this.#expiries.watch(config)
  }

  stop(): void {
    this.#expiries.stop()
  }

  /** A change is applied from now on: this is the configuration in force. */
  next(config: Config): void {
    this.#count('applied', 1)
    this.#begin()
    this.watch(config)
  }

  /** A change was refused, for reasons that hold no secrets. Tells whether that is news: it may be tried again and again. */
  refuse(reasons: readonly string[]): boolean {
    if (this.#refused?.reasons.join() === reasons.join()) return false
    this.#count('refused', 1)
    this.#refused = { at: new Date(this.#parts.clock.now()).toISOString(), reasons }
    this.#parts.metrics.gauge('tailrace_config_last_reload_successful').set(0)
    return true
  }

  /** The configuration in force is that of the files. */
  calm(): void {
    this.#refused = null
    this.#parts.metrics.gauge('tailrace_config_last_reload_successful').set(1)
  }

  report(): GenerationReport {
    const expiries = this.#expiries.report()
    return {
      generation: this.#number,
      since: new Date(this.#sinceMs).toISOString(),
      ...(expiries.length > 0 && { expiries }),
      ...(this.#refused !== null && { refused: this.#refused })
    }
  }

  #begin(): void {
    this.#number++
    this.#sinceMs = this.#parts.clock.now()
    this.#parts.metrics.gauge('tailrace_config_generation').set(this.#number)
    this.calm()
  }

  #count(result: string, changes: number): void {
    this.#parts.metrics.counter('tailrace_config_reloads_total').inc({ result }, changes)
  }
}
