// Acts on what came of an attempt, message by message:
//
//   delivered                       settled
//   reject                          alone: to the dead letters; the batch as a whole: bisected until it stands alone
//                  of a device      its lane goes to the held topic, the rest of the batch goes on
//   retry, unsent  of a device      its lane waits, the rest of the batch goes on
//                  of a destination the batch waits; after several in a row the destination's breaker opens
//                  of the target    the same for the whole stream
//   unknown                         as retry; the same batch so often that it is no accident (odds.ts): bisected; a message that
//                                   alone keeps losing the connection lets what is behind it be tried, and is rejected when
//                                   others pass
//   halt                            the breaker opens at once and probes slowly
//
// What waits is the same batch, so that its idempotency key stays what it was.

import type { Failure, Outcome } from '../../../../connectors/connector.ts'
import type { Partition } from '../../assignment/partition.ts'
import type { StreamContext } from '../../context.ts'
import type { Held } from '../../held/held.ts'
import type { Receipts } from '../../receipts/receipts.ts'
import type { End } from '../../settlement/accounts.ts'
import type { PendingBatch } from '../batch.ts'
import type { Destination } from '../destination.ts'
import type { Destinations } from '../destinations.ts'
import { longWaitMs } from '../in-flight.ts'
import type { Lane, Pending } from '../lane.ts'
import { waitAfterMs } from './backoff.ts'
import type { Breaker } from './breaker.ts'
import { Confirmation } from './confirmation.ts'
import { Room } from './room.ts'
import { SafetyStop } from './safety-stop.ts'
import { SetBacks, troubleAfter } from './set-back.ts'
import { tellAttempt } from './tell-attempt.ts'
import {
  isGivenUp,
  isLost,
  isOfDevice,
  judge,
  ofMessages,
  type Rejection,
  scopeOf,
  type Verdict
} from './verdict.ts'

/** A message for the dead letters. */
export interface Rejected extends Rejection {
  /** How often it was tried: with its part of the batch or, if only its device was refused, since that was last taken. */
  readonly attempts: number
  /** Who has refused it; unset: nobody was asked. */
  readonly destination?: string
}

/** What is asked of the dispatcher. */
export interface Sender {
  readonly breaker: Breaker
  readonly destinations: Destinations
  /** The lane is in no batch any more. */
  release(lane: Lane): void
  pump(): void
}

export interface AftermathPort {
  /** Messages ended; relieved() is called for their partitions, too. */
  ended(end: End, messages: number): void
  relieved(partition: Partition): void
  rejected(rejected: Rejected): void
  /** `last` was confirmed, with so many messages of its device; null where nobody wants to know. */
  readonly delivered: ((last: Pending, messages: number, answer: string) => void) | null
  /** Who writes receipts, and settles what is delivered then; null: nobody does. */
  readonly receipts: Pick<Receipts, 'put'> | null
  /** Does a device that is refused wait, rather than each of its messages being rejected? */
  readonly holdsDevices: boolean
  /** Where devices wait that are refused, or in the way of others. */
  readonly held: Pick<Held, 'hold' | 'mayHold'>
  /** Something waits from now on, and may be in the way of others. */
  waits(): void
  changed(): void
}

export class Aftermath {
  readonly #context: StreamContext
  readonly #sender: Sender
  readonly #port: AftermathPort
  readonly #safety: SafetyStop
  readonly #confirmation: Confirmation
  readonly #setBacks: SetBacks
  readonly #room: Room
  #isHaltedBySteps = false

  constructor(context: StreamContext, sender: Sender, port: AftermathPort) {
    this.#context = context
    this.#sender = sender
    this.#port = port
    this.#safety = new SafetyStop(context.safetyStop)
    this.#confirmation = new Confirmation(context, this.#safety, port)
    const hold = (lane: Lane, failure: Failure) => port.held.hold(lane, failure)
    this.#setBacks = new SetBacks(context, sender, {
      ...{ safety: this.#safety, hold, waits: () => port.waits() },
      reject: rejected => this.#reject(rejected)
    })
    const goOn = (batch: PendingBatch) => this.goOn(batch)
    this.#room = new Room(sender, { hold, mayHold: lane => port.held.mayHold(lane), goOn })
  }

  /** `outcome` is what came of the attempt with `batch` that began at `startedMs`. */
  of(batch: PendingBatch, outcome: Outcome | readonly Outcome[], startedMs: number): void {
    const told = this.#port.holdsDevices ? outcome : ofMessages(outcome)
    const verdict = judge(batch.messages, this.#safety.guard(told))
    tellAttempt(this.#context, { batch, verdict, startedMs })
    if (batch.isFresh) batch.destination.odds.note(isLost(verdict))
    const wasTroubled = batch.destination.breaker.trouble !== null || this.#sender.breaker.trouble !== null
    this.#confirmation.of(batch, verdict.delivered, outcome)
    this.#sender.destinations.confirmed += verdict.delivered.length
    const { failure } = verdict
    const isSuccess = failure === null || failure.kind === 'reject' || verdict.delivered.length > 0
    if (isSuccess && failure?.kind !== 'halt') this.#succeed(batch.destination, verdict, startedMs)
    const isRefused = verdict.setbacks.some(setback => setback.failure.kind === 'reject')
    if (isRefused || verdict.rejected.length > 0) batch.refused()
    for (const rejection of verdict.rejected)
      this.#reject({ ...rejection, attempts: batch.tries.failures + 1, destination: batch.destination.name })
    for (const setback of verdict.setbacks) this.#setBacks.of(batch, setback)
    batch.keep(verdict.owed.filter(message => !message.lane.partition.closed))
    if (failure === null || batch.messages.length === 0) this.goOn(batch)
    else this.#again(batch, failure)
    if (wasTroubled || failure !== null || verdict.setbacks.length > 0) this.#port.changed()
  }

  /** A step rejects a message. True once so many were rejected that the stream halts, and nothing more is to be taken. */
  refused(rejected: Rejected): boolean {
    const refusal = this.#safety.refusal(rejected.failure)
    this.#safety.rejected()
    this.#port.rejected(rejected)
    if (refusal === null) return false
    this.#isHaltedBySteps = true // that the target takes what passes them says nothing
    this.#sender.breaker.fail(refusal, 0)
    this.#port.changed()
    return true
  }

  /** What waits keeps the partition from reading on: too many offsets were read, or too much is in memory. */
  makeRoom(partition: Partition, lacks: 'offsets' | 'memory'): void {
    if (lacks === 'offsets') this.#room.ofDevices(partition)
    this.#room.ofDestinations(partition)
  }

  /** The part of the batch that was tried has ended: the next part follows, or its lanes are free. */
  goOn(batch: PendingBatch): void {
    batch.dropClosed()
    if (batch.messages.length > 0 || batch.advance()) {
      batch.destination.batches.unshift(batch)
      this.#sender.destinations.wake(batch.destination)
    } else for (const lane of batch.lanes) this.#sender.release(lane)
  }

  #succeed(destination: Destination, { delivered }: Verdict, startedMs: number): void {
    destination.breaker.succeed(startedMs)
    const wasHalted = this.#sender.breaker.trouble?.kind === 'halted'
    const isOver = this.#sender.breaker.succeed(startedMs)
    if (wasHalted && isOver && delivered.length > 0 && !this.#isHaltedBySteps) this.#safety.reset()
  }

  #reject(rejected: Rejected): void {
    const { lane } = rejected.message
    if (lane.partition.closed) return
    lane.tries = null // what was counted was this message's
    this.#safety.rejected()
    this.#port.rejected(rejected)
  }

  /** The batch, or the culprit that has to be found in it, is tried again. */
  #again(batch: PendingBatch, failure: Failure): void {
    const { tries, destination } = batch
    tries.note(failure, destination.confirmed)
    if (failure.kind === 'reject') {
      batch.bisect(true)
      destination.batches.unshift(batch)
      this.#sender.destinations.wake(destination)
      return
    }
    const isCulpritSought =
      tries.isEnough(this.#context.retry, destination) || (isOfDevice(failure) && tries.isUnclear)
    const [message] = batch.messages
    if (isCulpritSought && batch.messages.length > 1) batch.bisect(false)
    else if (isCulpritSought && message !== undefined && tries.othersPass(destination.confirmed)) {
      const refusal = this.#safety.refusal(failure)
      if (refusal !== null) {
        this.#wait(batch, refusal)
        return
      }
      this.#reject({ message, failure, attempts: tries.failures, destination: destination.name })
      batch.messages = []
      this.goOn(batch)
      return
    } else if (isCulpritSought && message !== undefined && !batch.isLastPart) {
      this.#letOthersPass(batch, message, failure)
      return
    }
    this.#wait(batch, failure)
  }

  /** Whether it is the message or the target is found out by what stands behind it; its lane waits alone meanwhile. */
  #letOthersPass(batch: PendingBatch, message: Pending, failure: Failure): void {
    const waitMs = waitAfterMs(this.#context, failure, batch.tries.failures)
    if (!isGivenUp(failure)) this.#breakerOf(batch, failure).fail(failure, waitMs)
    this.#setBacks.of(batch, { lane: message.lane, messages: [message], failure })
    batch.messages = []
    this.goOn(batch)
  }

  #breakerOf({ destination }: PendingBatch, failure: Failure): Breaker {
    return scopeOf(failure) === 'target' ? this.#sender.breaker : destination.breaker
  }

  #wait(batch: PendingBatch, failure: Failure): void {
    const { clock } = this.#context
    const { destination } = batch
    const waitMs = waitAfterMs(this.#context, failure, batch.tries.failures)
    const breaker = this.#breakerOf(batch, failure)
    if (!isOfDevice(failure) && !isGivenUp(failure)) breaker.fail(failure, waitMs)
    const isHeldUp = !isOfDevice(failure) && !breaker.isClosed
    const own = troubleAfter(failure, this.#context.clock.now() + waitMs, batch.tries)
    for (const lane of batch.lanes) {
      lane.become('waiting')
      lane.partition.troubled(() => (isHeldUp && breaker.trouble?.trouble) || own)
    }
    if (isHeldUp || waitMs >= longWaitMs) batch.detach()
    this.#port.waits()
    if (isHeldUp) {
      destination.batches.push(batch)
      return
    }
    destination.waiting.add(batch)
    batch.cancelWait = clock.after(waitMs, () => {
      batch.cancelWait = null
      destination.waiting.delete(batch)
      destination.batches.push(batch)
      this.#sender.destinations.wake(destination)
      this.#sender.pump()
    })
  }
}
