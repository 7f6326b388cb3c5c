// What becomes of a lane of which something failed while the rest of its batch goes on: it goes to the held topic where the
// target refuses its device, and else waits in its place, to be tried with its oldest message alone.

import type { Failure } from '../../../../connectors/connector.ts'
import type { StreamContext } from '../../context.ts'
import type { Trouble } from '../../health/state.ts'
import type { PendingBatch } from '../batch.ts'
import { longWaitMs } from '../in-flight.ts'
import type { Lane } from '../lane.ts'
import type { Rejected, Sender } from './aftermath.ts'
import { waitAfterMs } from './backoff.ts'
import type { SafetyStop } from './safety-stop.ts'
import { Tries } from './tries.ts'
import type { Setback } from './verdict.ts'

export interface SetBacksPort {
  readonly safety: SafetyStop
  /** Lets what is in the lane, which is in no batch, wait in the held topic; false where it cannot. */
  hold(lane: Lane, failure: Failure): boolean
  reject(rejected: Rejected): void
  /** Something waits from now on. */
  waits(): void
}

export class SetBacks {
  readonly #context: StreamContext
  readonly #sender: Sender
  readonly #port: SetBacksPort

  constructor(context: StreamContext, sender: Sender, port: SetBacksPort) {
    this.#context = context
    this.#sender = sender
    this.#port = port
  }

  of(batch: PendingBatch, { lane, messages, failure }: Setback): void {
    const behind = batch.leave(lane)
    lane.restore([...messages, ...behind])
    if (lane.partition.closed) return
    if (failure.kind === 'reject') this.#hold(batch, lane, failure)
    else this.#tryAgainLater(batch, lane, failure)
  }

  /** The device waits in the held topic; where it cannot, or too many do, in its lane. */
  #hold(batch: PendingBatch, lane: Lane, failure: Failure): void {
    const isNew = lane.device === null
    const refusal = isNew ? this.#port.safety.refusal(failure) : null
    if (refusal !== null) this.#sender.breaker.fail(refusal, 0)
    if (refusal !== null || !this.#port.hold(lane, failure)) {
      this.#tryAgainLater(batch, lane, failure)
      return
    }
    if (isNew) this.#port.safety.rejected()
    this.#sender.release(lane)
  }

  #tryAgainLater(batch: PendingBatch, lane: Lane, failure: Failure): void {
    const tries = lane.tries ?? new Tries()
    lane.tries = tries
    const { confirmed } = batch.destination
    tries.note(failure, confirmed)
    const isEnough = failure.kind !== 'reject' && tries.isEnough(this.#context.retry, batch.destination)
    const isCulprit = isEnough && tries.othersPass(confirmed)
    const refusal = isCulprit ? this.#port.safety.refusal(failure) : null
    if (isCulprit && refusal === null) {
      const message = lane.shift()
      if (message !== null)
        this.#port.reject({ message, failure, attempts: tries.failures, destination: batch.destination.name })
      this.#sender.release(lane)
      return
    }
    if (refusal !== null) this.#sender.breaker.fail(refusal, 0)
    this.#setAside(batch, lane, failure)
  }

  #setAside(batch: PendingBatch, lane: Lane, failure: Failure): void {
    const { tries } = lane
    if (tries === null) return
    const waitMs = waitAfterMs(this.#context, failure, tries.failures)
    const trouble = troubleAfter(failure, this.#context.clock.now() + waitMs, tries)
    lane.partition.troubled(() => trouble)
    lane.become('waiting')
    if (waitMs >= longWaitMs) lane.detach()
    lane.destination = batch.destination
    lane.failure = failure
    batch.destination.aside.add(lane)
    this.#port.waits()
    lane.cancelWait = this.#context.clock.after(waitMs, () => {
      this.#sender.release(batch.destination.endWait(lane))
      this.#sender.pump()
    })
  }
}

/** Why something waits until `untilMs`. */
export function troubleAfter({ code, detail }: Failure, untilMs: number, { failures }: Tries): Trouble {
  return { code, detail, untilMs, attempt: failures }
}
