// Counts an attempt, and logs it when it failed.

import type { StreamContext } from '../../context.ts'
import type { PendingBatch } from '../batch.ts'
import type { Verdict } from './verdict.ts'

export interface EndedAttempt {
  /** Its messages are still those that were sent. */
  readonly batch: PendingBatch
  readonly verdict: Verdict
  /** Unix ms. */
  readonly startedMs: number
}

export function tellAttempt(context: StreamContext, { batch, verdict, startedMs }: EndedAttempt): void {
  const { clock, meter, log, stream, tap } = context
  const failure = verdict.failure ?? verdict.setbacks[0]?.failure ?? verdict.rejected[0]?.failure ?? null
  const messages = batch.messages.length
  const seconds = (clock.now() - startedMs) / 1000
  meter.attempted({ outcome: failure?.kind ?? 'delivered', code: failure?.code ?? null, seconds, messages })
  if (tap.isOn) {
    const [outcome, code] = [failure?.kind ?? 'delivered', failure?.code ?? null] as const
    tap.answered(batch, { outcome, code, detail: failure?.detail ?? '', seconds })
  }
  if (verdict.possibleDuplicates > 0) meter.possibleDuplicates(verdict.possibleDuplicates)
  if (failure === null) return
  const { kind: outcome, code, detail } = failure
  const destination = batch.destination.name
  log('attempt_failed', {
    stream,
    destination,
    first: batch.messages[0]?.id(),
    messages,
    outcome,
    code,
    detail
  })
}
