// Tries something that a stream cannot do without until it succeeds: opening its target, opening its partitions.
// Every failure is a trouble that an operator sees, with the time of the next try.

import { pauseFor } from '../../../connectors/clock.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { StreamContext } from '../context.ts'
import { backoffMs } from '../dispatch/outcome/backoff.ts'
import { type Health, troubleOf } from './health.ts'

export interface Persistent {
  /** The part of the stream that is troubled while it fails. */
  readonly name: string
  /** Given up, without a trouble, once it fires. */
  readonly signal: AbortSignal
  attempt(): Promise<void>
}

/** True once `attempt` succeeded; false when the signal fired first. */
export async function persist(context: StreamContext, health: Health, work: Persistent): Promise<boolean> {
  for (let failures = 1; !work.signal.aborted; failures++) {
    try {
      await work.attempt()
      health.clear(work.name)
      return !work.signal.aborted
    } catch (error) {
      if (work.signal.aborted) break
      await waitAfter(error, { context, health, work, failures })
    }
  }
  health.clear(work.name)
  return false
}

interface FailedTry {
  readonly context: StreamContext
  readonly health: Health
  readonly work: Persistent
  readonly failures: number
}

async function waitAfter(error: unknown, { context, health, work, failures }: FailedTry): Promise<void> {
  const { clock, retry } = context
  const fault = error instanceof FaultError ? error : new FaultError('internal', { detail: messageOf(error) })
  const isHalt = fault.spec.outcome === 'halt'
  const waitMs = isHalt ? retry.haltedDelayMs : backoffMs(retry, failures, clock.random())
  const trouble = troubleOf(fault, { untilMs: clock.now() + waitMs, attempt: failures })
  // A refused commit means that the group is joining anew, which is no trouble: the next try finds out what is ours.
  if (fault.code !== 'commit_refused') health.trouble(work.name, isHalt ? 'halted' : 'waiting', trouble)
  await pauseFor(clock, waitMs, work.signal)
}
