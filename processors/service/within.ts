// Waits for a part to stop, but not for ever: the process ends either way, and what the part leaves open ends with it.

import { type Clock, pauseFor } from '../../connectors/clock.ts'
import { messageOf } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'

/** What a part may take beyond the deadline to close its connections. */
export const graceMs = 5_000

export interface StoppingPart {
  readonly clock: Clock
  readonly log: LogEvent
  /** Its name for the log. */
  readonly part: string
  readonly deadlineMs: number
}

/** Resolves when `stopping` has settled or the deadline has passed. Never rejects. */
export async function within(stopping: Promise<unknown> | undefined, about: StoppingPart): Promise<void> {
  const { clock, log, part, deadlineMs } = about
  if (stopping === undefined) return
  const stopped = new AbortController()
  const settled = stopping
    .catch(error => log('stop_failed', { part, reason: messageOf(error) }))
    .finally(() => stopped.abort())
  await Promise.race([settled, pauseFor(clock, deadlineMs, stopped.signal)])
  if (!stopped.signal.aborted) log('stop_failed', { part, reason: `not within ${deadlineMs} ms` })
}
