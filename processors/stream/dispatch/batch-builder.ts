// Fills batches from the lanes that are ready: as many messages of each lane as fit, in order, until the batch is
// full; of a device that was refused only the oldest, and of one that waits in the held topic that alone, since a target that
// refuses whole batches would refuse the others with it. A message that is past its time to live ends here, right before
// it would be sent.

import type { TargetLimits } from '../../../connectors/connector.ts'
import { PendingBatch } from './batch.ts'
import type { Destination } from './destination.ts'
import type { Lane, Pending } from './lane.ts'

export interface BuilderPort {
  /** What a batch may hold at the moment. */
  limits(): TargetLimits
  /** The name of the destination of a message. */
  destinationOf(message: Pending): string
  isExpired(message: Pending): boolean
  expired(message: Pending): void
  /** A batch holds one message of a lane at most. */
  readonly onePerDevice: boolean
  /** What each message may yet grow by. */
  readonly extraBytes: number
  /** The lane gave nothing to the batch: it is empty, or its next message goes elsewhere. */
  passedOver(lane: Lane): void
}

export class BatchBuilder {
  readonly #port: BuilderPort

  constructor(port: BuilderPort) {
    this.#port = port
  }

  /** A batch from the ready lanes of the destination; null when they hold nothing to send. */
  build(destination: Destination): PendingBatch | null {
    const { maxMessages, maxBytes } = this.#port.limits()
    const messages: Pending[] = []
    const lanes: Lane[] = []
    let room = maxBytes
    while (messages.length < maxMessages) {
      const lane = destination.takeLane()
      if (lane === null) break
      const before = messages.length
      const isProbe = lane.device?.phase === 'probing'
      if (isProbe && before > 0) {
        destination.returnLane(lane)
        break
      }
      room = this.#take(lane, messages, { maxMessages, room })
      if (messages.length > before) {
        lane.taken = messages[before] ?? null
        lanes.push(lane)
        if (isProbe) break
      } else if (this.#goesOn(lane, destination)) {
        destination.returnLane(lane) // its first message is too large for what is left of this batch
        break
      } else this.#port.passedOver(lane)
    }
    return messages.length === 0 ? null : new PendingBatch(destination, messages, lanes)
  }

  /** Drops from a batch that is sent again what has passed its time to live meanwhile. */
  expire(batch: PendingBatch): void {
    const alive: Pending[] = []
    // Each is asked once: asked twice, it could be found alive and, a moment later, expired.
    for (const message of batch.messages) {
      if (this.#port.isExpired(message)) this.#port.expired(message)
      else alive.push(message)
    }
    batch.keep(alive)
  }

  /** Returns what room is left, in bytes. */
  #take(
    lane: Lane,
    messages: Pending[],
    { maxMessages, room }: { maxMessages: number; room: number }
  ): number {
    // Whether a device that was refused is taken again is found out with its oldest message alone: were others on their
    // way behind it, they could arrive before it, and would have to be sent again.
    const isAlone = this.#port.onePerDevice || (lane.tries !== null && lane.tries.failures > 0)
    const most = isAlone ? messages.length + 1 : maxMessages
    const { extraBytes } = this.#port
    let left = room
    let head = lane.head
    while (head !== null && messages.length < most) {
      if (this.#port.isExpired(head)) this.#port.expired(head)
      else if (head.lack !== null || this.#goesElsewhere(head, lane)) break
      else if (head.size + extraBytes > left && messages.length > 0) break
      else {
        messages.push(head)
        left -= head.size + extraBytes
      }
      lane.shift()
      head = lane.head
    }
    return left
  }

  #goesOn(lane: Lane, destination: Destination): boolean {
    const { head } = lane
    return head !== null && head.lack === null && this.#port.destinationOf(head) === destination.name
  }

  #goesElsewhere(message: Pending, lane: Lane): boolean {
    return this.#port.destinationOf(message) !== lane.destination?.name
  }
}
