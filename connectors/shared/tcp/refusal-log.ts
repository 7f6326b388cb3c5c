// Counts and tells of senders that are refused: each counts, and at most one line a minute for each reason is written,
// since whoever scans a network would fill the log otherwise.

import type { FaultError } from '../../../schemas/errors.ts'
import type { SourceEnv } from '../../connector.ts'

const quietMs = 60_000

export class RefusalLog {
  readonly #env: Pick<SourceEnv, 'clock' | 'log' | 'meter'>
  readonly #reasons = new Map<string, { quietUntilMs: number; untold: number }>()

  constructor(env: Pick<SourceEnv, 'clock' | 'log' | 'meter'>) {
    this.#env = env
  }

  /** `from` is the sender's address. */
  refused(channel: string, from: string, fault: FaultError): void {
    const { clock, log, meter } = this.#env
    const { code } = fault
    meter.refused(channel, code)
    const key = `${channel} ${code}`
    const reason = this.#reasons.get(key) ?? { quietUntilMs: 0, untold: 0 }
    this.#reasons.set(key, reason)
    reason.untold++
    if (clock.now() < reason.quietUntilMs) return
    log('sender_refused', { channel, from, code, error: fault.message, refused: reason.untold })
    reason.quietUntilMs = clock.now() + quietMs
    reason.untold = 0
  }
}
