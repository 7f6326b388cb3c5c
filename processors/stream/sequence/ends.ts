// Which messages that got a number have ended, as far as Kafka knows: what their numbers are needed for yet.

import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { Run } from '../settlement/settled-set.ts'
import type { Numbered } from './numbers.ts'
import type { SequencePartitionPort } from './port.ts'

export class Ends {
  readonly #partition: Partition
  readonly #port: Pick<SequencePartitionPort, 'isReleased'>
  /** The commit with which the assignment began, and what it says is settled above it. */
  #next = 0
  #settled: readonly Run[] = []

  constructor(partition: Partition, port: Pick<SequencePartitionPort, 'isReleased'>) {
    this.#partition = partition
    this.#port = port
  }

  begin({ next, settled }: Pick<OpenPosition, 'next' | 'settled'>): void {
    this.#next = next
    this.#settled = settled
  }

  /** Nobody can read its message again: it is of a topic that the stream had before; or waits no more, and is committed in its channel. */
  isOver({ topic, place, device }: Numbered): boolean {
    if (topic !== this.#partition.origin.topic) return true
    const committed = Math.max(this.#next, this.#partition.committedNext)
    if (place.startsWith('c') && Number(place.slice(1)) >= committed) return false
    return this.#port.isReleased(device, place)
  }

  /**
   * Its message ended before this assignment, above the commit, and waits no more: it is not sent in this assignment, and its
   * bytes need no room (Invariant 5). Its number stays, since commits to come may have no room to say so.
   */
  isSettled({ place, device }: Numbered): boolean {
    const offset = place.startsWith('c') ? Number(place.slice(1)) : -1
    return (
      this.#settled.some(({ from, to }) => offset >= from && offset < to) &&
      this.#port.isReleased(device, place)
    )
  }
}
