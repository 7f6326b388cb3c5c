// By how much the clock of this process is ahead of Kafka's, on which the age of messages and their time to live depend. Each
// answer of a broker bounds it: what was stored was stored after it was sent and before it was answered. Of all bounds of the last
// minutes the narrowest count, and of what lies between them the smallest, so that a slow answer is no skew. Where clocks
// of several brokers differ, or one was set, no value lies between all bounds, and the last count.

import type { Clock } from '../../../connectors/clock.ts'
import type { StoredTimes } from '../../../connectors/kafka/log/kafkajs/produce/shipper.ts'
import type { Metrics } from './metrics.ts'

/** Bounds count for one to two such periods. */
const periodMs = 300_000
/** Both clocks tell whole ms. */
const roundingMs = 1

/** In ms; positive where our clock is ahead. */
interface Bounds {
  readonly least: number
  readonly most: number
}

export class ClockSkew {
  readonly #clock: Clock
  #current: Bounds | null = null
  #before: Bounds | null = null
  #sinceMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A broker has stored something. */
  stored({ sentMs, storedMs, answeredMs }: StoredTimes): void {
    this.#turn()
    const bounds = { least: sentMs - storedMs - roundingMs, most: answeredMs - storedMs + roundingMs }
    this.#current = both(this.#current, bounds)
  }

  /** In seconds, negative where our clock is behind; null where nothing is known. */
  get seconds(): number | null {
    this.#turn()
    const latest = this.#current ?? this.#before
    if (latest === null) return null
    const { least, most } = both(this.#before, latest)
    return Math.max(Math.min(0, most), least) / 1000
  }

  /** Forgets what is old; a clock that was set back makes all old. */
  #turn(): void {
    const elapsedMs = this.#clock.now() - this.#sinceMs
    if (elapsedMs >= 0 && elapsedMs < periodMs) return
    this.#before = elapsedMs >= 0 && elapsedMs < 2 * periodMs ? this.#current : null
    this.#current = null
    this.#sinceMs = this.#clock.now()
  }
}

/** Shows it as of the moment of the scrape, and nothing where it is not known. */
export function setClockGauge(metrics: Metrics, seconds: number | null): void {
  const gauge = metrics.gauge('tailrace_clock_skew_seconds')
  if (seconds === null) gauge.remove()
  else gauge.set(seconds)
}

/** Where the two leave nothing between them, the later one. */
function both(earlier: Bounds | null, later: Bounds): Bounds {
  if (earlier === null) return later
  const bounds = { least: Math.max(earlier.least, later.least), most: Math.min(earlier.most, later.most) }
  return bounds.least <= bounds.most ? bounds : later
}
