// What expires of the configuration in force: told in /metrics and /status, and in the log while there is still time to
// renew it. A renewed file is noticed as any change of the configuration is.

import type { Clock } from '../../../connectors/clock.ts'
import type { Config } from '../../../schemas/config.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import { Rounds } from '../../rounds.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { type Expiry, expiriesIn } from './find.ts'
import { isNear } from './validity.ts'

const dayMs = 86_400_000

export interface ExpiryReport extends Pick<Expiry, 'path' | 'kind'> {
  /** In ISO 8601. */
  readonly expires: string
  /** Negative once it has expired. */
  readonly secondsLeft: number
  /** It ends soon, and should have been renewed. */
  readonly near: boolean
}

export interface ExpiriesParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly metrics: Pick<Metrics, 'gauge'>
}

export class Expiries {
  readonly #parts: ExpiriesParts
  #found: readonly Expiry[] = []
  readonly #rounds: Rounds

  constructor(parts: ExpiriesParts) {
    const { clock, log } = parts
    this.#parts = parts
    this.#rounds = new Rounds({ clock, log, part: 'expiries', intervalMs: dayMs, round: () => this.#tell() })
  }

  /** It is this configuration that is in force from now on. One that comes after the stop is no longer told of. */
  watch(config: Config): void {
    const { metrics } = this.#parts
    this.#found = expiriesIn(config)
    const ends = metrics.gauge('tailrace_expiry_timestamp_seconds')
    const lives = metrics.gauge('tailrace_expiry_life_seconds')
    for (const gauge of [ends, lives]) gauge.reset()
    for (const { path, kind, endMs, lifeMs } of this.#found) {
      ends.set({ path, kind }, endMs / 1_000)
      if (lifeMs !== null) lives.set({ path, kind }, lifeMs / 1_000)
    }
    if (this.#rounds.isStopped) return
    this.#rounds.start()
    this.#tell()
  }

  stop(): void {
    void this.#rounds.stop()
  }

  /** The first to expire comes first. */
  report(): ExpiryReport[] {
    const nowMs = this.#parts.clock.now()
    return this.#found.map(expiry => reportOf(expiry, nowMs))
  }

  #tell(): void {
    const { log } = this.#parts
    const near = this.report().filter(({ near }) => near)
    if (near.length > 0) log('expiry_near', { expiries: near })
  }
}

function reportOf({ path, kind, ...validity }: Expiry, nowMs: number): ExpiryReport {
  const { endMs } = validity
  const secondsLeft = Math.floor((endMs - nowMs) / 1_000)
  return { path, kind, expires: new Date(endMs).toISOString(), secondsLeft, near: isNear(validity, nowMs) }
}
