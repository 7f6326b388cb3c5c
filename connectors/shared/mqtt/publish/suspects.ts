// Remembers which messages were in flight when a connection was lost. A broker that takes offence at a message hangs
// up, and takes down with it whatever else was on the connection; a message to which this happened twice running is
// sent alone from then on, so that only the culprit is hit a third time.

import type { Message } from '../../../connector.ts'

const lossesOfSuspect = 2
/** More than any window, so that only messages that never come back are forgotten. */
const remembered = 200_000

export class Suspects {
  readonly #losses = new Map<string, number>()

  /** Whether to send it alone. */
  has(message: Message): boolean {
    return this.#losses.size > 0 && (this.#losses.get(message.id()) ?? 0) >= lossesOfSuspect
  }

  /** Its connection was lost while it had no answer. */
  lost(message: Message): void {
    const id = message.id()
    const losses = (this.#losses.get(id) ?? 0) + 1
    this.#losses.delete(id)
    this.#losses.set(id, losses)
    const [oldest] = this.#losses.keys()
    if (this.#losses.size > remembered && oldest !== undefined) this.#losses.delete(oldest)
  }

  /** It had an answer. */
  answered(message: Message): void {
    if (this.#losses.size > 0) this.#losses.delete(message.id())
  }
}
