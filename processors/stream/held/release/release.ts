// Tries the devices of one held partition, each after a back-off of its own, and brings what waits to the target once
// its device is taken: it decides when, passes.ts reads.

import type { Failure } from '../../../../connectors/connector.ts'
import { type TopicPartition, withValue } from '../../../../connectors/kafka/log/message.ts'
import type { LogRecord } from '../../../../connectors/kafka/log/record-chunk.ts'
import type { StreamContext } from '../../context.ts'
import { backoffMs } from '../../dispatch/outcome/backoff.ts'
import { Tries } from '../../dispatch/outcome/tries.ts'
import { pass } from '../../steps/steps.ts'
import type { HeldMessage } from '../held-record.ts'
import type { HeldPort } from '../port.ts'
import type { WaitingDevice } from '../waiting-device.ts'
import type { WaitingSet } from '../waiting-set.ts'
import { Passes } from './passes.ts'
import { ReleasedMessage, viewOf } from './released-message.ts'

export interface ReleasePort extends HeldPort {
  readonly origin: TopicPartition
  readonly waiting: WaitingSet
  /** Messages of the device have ended. */
  progressed(device: WaitingDevice): void
}

export class Release {
  readonly #context: StreamContext
  readonly #port: ReleasePort
  readonly #passes: Passes

  constructor(context: StreamContext, port: ReleasePort) {
    this.#context = context
    this.#port = port
    this.#passes = new Passes(context, {
      ...port,
      offer: (device, held, record) => this.#offer(device, held, record),
      offered: () => port.pump()
    })
  }

  /** Tries the device after its back-off. */
  schedule(device: WaitingDevice): void {
    const { clock, retry } = this.#context
    device.cancelWait?.()
    const ceilings = { ...retry, maxDelayMs: this.#port.options.maxDelayMs }
    const waitMs = backoffMs(ceilings, Math.max(1, device.failures), clock.random())
    device.untilMs = clock.now() + waitMs
    device.cancelWait = clock.after(waitMs, () => this.now(device))
  }

  /** Tries it now, unless that is under way. */
  now(device: WaitingDevice): void {
    device.cancelWait?.()
    device.cancelWait = null
    device.untilMs = null
    if (device.phase === 'waiting') device.phase = 'due'
    this.wake()
  }

  /** There is something to be released, or room for it. */
  wake(): void {
    if (!this.#port.isPaused) this.#passes.wake()
  }

  /** Messages that were offered wait on, since the target refuses their device. */
  takeBack(device: WaitingDevice, messages: readonly ReleasedMessage[]): void {
    device.takeBack(messages)
    for (const message of messages) message.lane.partition.takeBack(message)
    const first = messages.find(({ before }) => before !== null)
    if (first !== undefined && first.before !== null)
      this.#port.steps.forgetSince(first.lane.partition, first.before)
    this.#port.ended('held', messages.length)
  }

  close(): void {
    this.#passes.close()
    for (const device of this.#port.waiting.devices.values()) device.cancelWait?.()
  }

  #ended(message: ReleasedMessage): void {
    this.#context.reached('held_delivered')
    message.device.ended(message)
    this.#port.progressed(message.device)
    this.wake()
  }

  #offer(device: WaitingDevice, held: HeldMessage, record: LogRecord): void {
    const { lane } = device
    if (lane === null) return
    const raw = viewOf(record, held)
    const failure = this.#givenUp(device, held, record)
    const place = held.owner === null ? `h${record.offset}` : `c${held.offset}`
    const given = lane.partition.sequence?.numberAt(place, raw) ?? null
    const shaped =
      held.isRaw && failure === null
        ? this.#port.steps.release(lane.partition, raw, held.owner === null)
        : pass(raw)
    // What has been sent with a number is sent so again, whatever the steps make of it now.
    const met = given === null ? shaped : { ...pass(withValue(raw, given.value)), before: shaped.before }
    if (met.kind === 'lacking') {
      this.#port.news.refused(device, met.failure)
      device.refused(met.failure)
      this.schedule(device)
      return
    }
    const ended = (one: ReleasedMessage) => this.#ended(one)
    const view = met.kind === 'pass' ? met.view : raw
    const message = new ReleasedMessage(lane, { device, held, heldOffset: record.offset, view, ended })
    const why = met.kind === 'refused' ? met.failure : failure
    message.isRaw = held.isRaw && why !== null && given === null
    message.sequence = given?.number ?? held.sequence
    message.before = met.before
    device.offer(message)
    lane.partition.take(message)
    this.#port.taken(1)
    if (met.kind === 'ended') this.#end(message, met.end)
    else if (why !== null) this.#port.rejected({ message, failure: why, attempts: device.failures })
    else {
      if (device.phase === 'probing') {
        lane.tries ??= new Tries()
        lane.tries.failures ||= 1 // so that it is sent alone
      }
      this.#port.offer(message)
    }
  }

  /** Why it goes to the dead letters without being tried; null when it does not. */
  #givenUp(device: WaitingDevice, held: HeldMessage, record: LogRecord): Failure | null {
    const isLate = this.#context.clock.now() - held.heldMs > this.#port.options.maxMs
    const isDiscarded = record.offset < device.discardBelow
    if (!isLate && !isDiscarded) return null
    const code = isDiscarded ? 'held_discarded' : 'held_too_long'
    return { kind: 'reject', code, detail: device.why.answer }
  }

  /** The steps drop it. */
  #end(message: ReleasedMessage, end: 'filtered' | 'expired'): void {
    const { partition } = message.lane
    partition.settle(message)
    this.#port.ended(end, 1)
    this.#port.relieved(partition)
  }
}
