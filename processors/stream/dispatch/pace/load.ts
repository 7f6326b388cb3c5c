// How much of what a stream may have in flight is in flight, over about a minute: in batches, and in what they hold. It says
// whether another process would be of use (health/useful.ts).

import type { Clock } from '../../../../connectors/clock.ts'
import type { Batch, TargetLimits } from '../../../../connectors/connector.ts'
import { Average } from '../../health/average.ts'

export interface LoadReport {
  /** Of the batches that may be in flight, how many are, from 0 to 1. */
  readonly busy: number
  /** The same of what all of them could hold: a batch that is half full counts half. */
  readonly used: number
  /** The part of the time in which the rate limit alone kept messages waiting. */
  readonly limited: number
  /** For how long nothing in flight has been answered; 0 while nothing is. */
  readonly silentMs: number
}

export interface LoadPort {
  /** Batches that may be in flight. */
  room(): number
  /** What a batch may hold. */
  limits(): TargetLimits
}

export class Load {
  readonly #clock: Clock
  readonly #port: LoadPort
  readonly #busy: Average
  readonly #used: Average
  readonly #limited: Average
  #batches = 0
  #fullness = 0
  #answeredMs = 0

  constructor(clock: Clock, port: LoadPort) {
    this.#clock = clock
    this.#port = port
    this.#busy = new Average(clock)
    this.#used = new Average(clock)
    this.#limited = new Average(clock)
  }

  /** A batch is in flight from now on. Returns how full it is; tell end() the same. */
  begin({ messages, bytes }: Pick<Batch, 'messages' | 'bytes'>): number {
    const { maxMessages, maxBytes } = this.#port.limits()
    const fullness = Math.min(1, Math.max(messages.length / maxMessages, bytes / maxBytes))
    if (this.#batches === 0) this.#answeredMs = this.#clock.now()
    this.#batches++
    this.#fullness += fullness
    this.#note()
    return fullness
  }

  /** A batch was answered, or given up. */
  end(fullness: number): void {
    this.#answeredMs = this.#clock.now()
    this.#batches--
    this.#fullness -= fullness
    this.#note()
  }

  /** Until now the rate limit alone has kept messages waiting for so long. */
  limited(seconds: number): void {
    this.#limited.note(1, this.#clock.now() - seconds * 1000)
    this.#limited.note(0)
  }

  get report(): LoadReport {
    return {
      busy: this.#busy.mean,
      used: this.#used.mean,
      limited: this.#limited.mean,
      silentMs: this.#batches === 0 ? 0 : this.#clock.now() - this.#answeredMs
    }
  }

  #note(): void {
    const room = Math.max(1, this.#port.room())
    this.#busy.note(Math.min(1, this.#batches / room))
    this.#used.note(Math.min(1, this.#fullness / room))
  }
}
