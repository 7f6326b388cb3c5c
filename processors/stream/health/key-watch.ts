// Notices a device that turns up in two partitions: its producer uses another partitioner than the one before, or
// partitions were added. Looks at one message per chunk and remembers a bounded number of devices, so it costs next
// to nothing and finds a lasting mistake, not every single case.

import type { Message } from '../../../connectors/connector.ts'

const maxDevices = 10_000

export class KeyWatch {
  readonly #partitions = new Map<string, number>()

  /** The other partition in which the device of `message` was seen before, or null. */
  moved(message: Message): number | null {
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
