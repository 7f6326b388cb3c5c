// Notices a device that turns up in two partitions: its producer uses another partitioner than the one before, or
// partitions were added. Looks at one message per chunk and remembers a bounded number of devices, so it costs next
// to nothing and finds a lasting mistake, not every single case.

import type { Message } from '../../../connectors/connector.ts'
import type { StreamContext } from '../context.ts'

const maxDevices = 10_000

export class KeyWatch {
  readonly #context: StreamContext
  readonly #partitions = new Map<string, number>()
  #isTold = false

  constructor(context: StreamContext) {
    this.#context = context
  }

  /** Counts a device that has moved; the first of them is told. */
  look(message: Message): void {
    const before = this.#moved(message)
    if (before === null) return
    const { stream, log, meter } = this.#context
    meter.keyMoved()
    if (this.#isTold) return
    this.#isTold = true
    const { topic, partition } = message.origin
    log('key_in_two_partitions', { stream, topic, partitions: [before, partition], device: message.key() })
  }

  /** The other partition in which the device of `message` was seen before, or null. */
  #moved(message: Message): number | null {
    const key = message.key()
    if (key === null) return null
    const where = `${message.origin.topic}\0${key}`
    const before = this.#partitions.get(where)
    if (before === message.origin.partition) return null
    if (before === undefined && this.#partitions.size >= maxDevices) return null
    this.#partitions.set(where, message.origin.partition)
    return before ?? null
  }
}
