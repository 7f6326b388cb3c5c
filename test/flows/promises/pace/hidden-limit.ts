// A receiver that works on so many requests at once and tells nobody how many: what is above waits for its turn, or is
// refused with 429.

import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Reply } from '../../../../connectors/http/double.ts'
import { identify } from '../../harness/fleet.ts'
import { Ledger } from '../../harness/ledger.ts'
import type { Stage } from '../stage.ts'

export interface HiddenLimitOptions {
  readonly slots: number
  /** What it takes for one request. */
  readonly serviceMs: number
  readonly isStrict: boolean
}

export class HiddenLimit {
  readonly ledger = new Ledger()
  /** Requests confirmed, and refused. */
  done = 0
  refused = 0
  readonly #options: HiddenLimitOptions
  readonly #double: HttpDouble
  /** When each slot is free, in ms of performance.now(). */
  #freeMs: number[]

  private constructor(options: HiddenLimitOptions) {
    this.#options = options
    this.#freeMs = Array(options.slots).fill(0)
    this.#double = new HttpDouble({ clock: systemClock, reply: ({ body }) => this.#take(body) })
  }

  static async open(stage: Stage, options: HiddenLimitOptions): Promise<HiddenLimit> {
    const receiver = await stage.opened(new HiddenLimit(options))
    await receiver.#double.start()
    return receiver
  }

  get url(): string {
    return `${this.#double.url}/telemetry`
  }

  /** From now on it works on so many. */
  move(slots: number): void {
    const kept = this.#freeMs.toSorted((a, b) => b - a).slice(0, slots)
    this.#freeMs = [...kept, ...Array(slots - kept.length).fill(0)]
  }

  stop(): Promise<void> {
    return this.#double.stop()
  }

  #take(body: Buffer): Reply {
    const { serviceMs, isStrict } = this.#options
    const nowMs = performance.now()
    const freeMs = Math.min(...this.#freeMs)
    if (isStrict && freeMs > nowMs) {
      this.refused++
      return { kind: 'answer', status: 429 }
    }
    const endMs = Math.max(nowMs, freeMs) + serviceMs
    this.#freeMs[this.#freeMs.indexOf(freeMs)] = endMs
    for (const { device, seq } of JSON.parse(body.toString()).map(identify)) this.ledger.record(device, seq)
    this.done++
    return { kind: 'answer', status: 200, afterMs: endMs - nowMs }
  }
}
