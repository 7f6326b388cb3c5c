// Which generation of the configuration is in force, and what became of the last change: for /status and /metrics.

import type { Clock } from '../../../connectors/clock.ts'
import type { Metrics } from '../metrics/metrics.ts'

export interface GenerationReport {
  /** 1 at the start, and one more with every change that was applied. */
  readonly generation: number
  /** Since when, in ISO 8601. */
  readonly since: string
  /** The last change, if it was refused: when, and a sentence for each reason. */
  readonly refused?: Refusal
}

interface Refusal {
  readonly at: string
  readonly reasons: readonly string[]
}

export class Generation {
  readonly #clock: Clock
  readonly #metrics: Metrics
  #number = 0
  #sinceMs = 0
  #refused: Refusal | null = null

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock
    this.#metrics = metrics
    for (const result of ['applied', 'refused']) this.#count(result, 0)
    this.#begin()
  }

  get number(): number {
    return this.#number
  }

  /** A change is applied from now on. */
  next(): void {
    this.#count('applied', 1)
    this.#begin()
  }

  /** A change was refused, for reasons that hold no secrets. Tells whether that is news: it may be tried again and again. */
  refuse(reasons: readonly string[]): boolean {
    if (this.#refused?.reasons.join() === reasons.join()) return false
    this.#count('refused', 1)
    this.#refused = { at: new Date(this.#clock.now()).toISOString(), reasons }
    this.#metrics.gauge('tailrace_config_last_reload_successful').set(0)
    return true
  }

  /** The configuration in force is that of the files. */
  calm(): void {
    this.#refused = null
    this.#metrics.gauge('tailrace_config_last_reload_successful').set(1)
  }

  report(): GenerationReport {
    return {
      generation: this.#number,
      since: new Date(this.#sinceMs).toISOString(),
      ...(this.#refused !== null && { refused: this.#refused })
    }
  }

  #begin(): void {
    this.#number++
    this.#sinceMs = this.#clock.now()
    this.#metrics.gauge('tailrace_config_generation').set(this.#number)
    this.calm()
  }

  #count(result: string, changes: number): void {
    this.#metrics.counter('tailrace_config_reloads_total').inc({ result }, changes)
  }
}
