// The ids of messages on a connection (MQTT 5, 2.2.1). They go round: one that is free again is used last, so that an answer that
// comes twice finds no other message under its id. Those of the package either ignore what is in use, or use at once what has
// become free.

import type { IClientOptions } from 'mqtt'

type IdProvider = NonNullable<IClientOptions['messageIdProvider']>

const maxId = 65_535

export class MessageIds implements IdProvider {
  readonly #used = new Set<number>()
  #last = 0

  /** Null when all are in use. */
  allocate(): number | null {
    if (this.#used.size === maxId) return null
    do this.#last = (this.#last % maxId) + 1
    while (this.#used.has(this.#last))
    this.#used.add(this.#last)
    return this.#last
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last
  }

  /** False when it is in use. */
  register(id: number): boolean {
    if (this.#used.has(id)) return false
    this.#used.add(id)
    return true
  }

  deallocate(id: number): void {
    this.#used.delete(id)
  }

  clear(): void {
    this.#used.clear()
  }
}
