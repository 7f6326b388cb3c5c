// Lets messages that wait, and so keep their partition from reading on, wait in the held topic instead: those of devices that
// wait alone, and those for a destination that takes nothing while others of its target do. What is in flight stays so.

import type { Failure } from '../../../../connectors/connector.ts'
import type { Partition } from '../../assignment/partition.ts'
import type { PendingBatch } from '../batch.ts'
import type { Destination } from '../destination.ts'
import type { Lane } from '../lane.ts'
import type { Sender } from './aftermath.ts'
import { isOfDevice } from './verdict.ts'

export interface RoomPort {
  /** May what is in the lane, or in a batch with it, wait in the held topic? */
  mayHold(lane: Lane): boolean
  /** Lets what is in the lane, which is in no batch, wait there; false where it cannot. */
  hold(lane: Lane, failure: Failure): boolean
  /** Nothing is left of the batch that could be sent. */
  goOn(batch: PendingBatch): void
}

export class Room {
  readonly #sender: Sender
  readonly #port: RoomPort

  constructor(sender: Sender, port: RoomPort) {
    this.#sender = sender
    this.#port = port
  }

  /** Of devices that were refused for a while, and wait alone. */
  ofDevices(partition: Partition): void {
    for (const lane of [...partition.lanes]) {
      const { cancelWait, destination, failure } = lane
      if (cancelWait === null || failure === null || destination === null) continue
      // What was set aside to find out whether the destination takes others waits for that.
      if (isOfDevice(failure) && this.#mayLeave(lane)) this.#hold(destination.endWait(lane), failure)
    }
  }

  /** Of destinations that take nothing while others do, unless the target as a whole fails. */
  ofDestinations(partition: Partition): void {
    const { destinations, breaker } = this.#sender
    if (!destinations.isMany || breaker.trouble !== null) return
    for (const destination of destinations)
      if (!destination.breaker.isClosed) this.#ofDestination(partition, destination)
  }

  #ofDestination(partition: Partition, destination: Destination): void {
    const { destinations } = this.#sender
    const { trouble } = destination.breaker
    if (trouble === null) return
    const isApart = destinations.isApart(destination)
    const { lanes, ended } = destination.letGo(
      lane =>
        lane.partition === partition && (isApart || partition.isPassed(lane.oldest)) && this.#mayLeave(lane)
    )
    const { code, detail } = trouble.trouble
    for (const lane of lanes) this.#hold(lane, { kind: 'retry', scope: 'device', code, detail })
    for (const batch of ended) this.#port.goOn(batch)
    destinations.wake(destination) // to be forgotten if nothing is left
  }

  /** What comes from the held topic stands in nobody's way. */
  #mayLeave(lane: Lane): boolean {
    return lane.device === null && this.#port.mayHold(lane)
  }

  #hold(lane: Lane, failure: Failure): void {
    this.#port.hold(lane, failure)
    this.#sender.release(lane)
  }
}
