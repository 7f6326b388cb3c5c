// How soon to connect again to a broker that accepts connections and ends each over whatever is sent on it. Single messages
// over which it hangs up must not hold up the others for long, so the first few times it is at once.

import type { Outcome } from '../../connector.ts'

const atOnce = 5
const firstMs = 50
const maxMs = 5_000

export class Reconnects {
  /** Connections in a row that were lost with messages, and on which none was answered. */
  #fruitless = 0
  #isAnswered = false
  #isLost = false

  get waitMs(): number {
    const grown = this.#fruitless - atOnce
    return grown < 0 ? 0 : Math.min(firstMs * 2 ** grown, maxMs)
  }

  /**
   * What became of a message. One that was taken, or may be later, is what connections are for. One that was given up alone, or lost to
   * another (unknown, scope device) says nothing, and one that was refused may have ended the connection by that.
   */
  note({ kind, ...rest }: Outcome): void {
    if (kind === 'delivered' || kind === 'retry') this.#isAnswered = true
    else if (kind !== 'unknown' || !('scope' in rest)) this.#isLost = true
  }

  /** The connection has ended. */
  ended(): void {
    if (this.#isAnswered) this.#fruitless = 0
    else if (this.#isLost) this.#fruitless++
    this.#isAnswered = false
    this.#isLost = false
  }
}
