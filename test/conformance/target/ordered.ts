// Dresses a double for the suite of targets: keeps both ledgers, and which order is in force and how many messages came
// under it.

import { ownBytes } from '../../../connectors/kafka/log/own-bytes.ts'
import type { Double, Order } from '../target.ts'

export class Ordered {
  readonly #received: Buffer[] = []
  readonly #confirmed: Buffer[] = []
  order: Order = { kind: 'confirm' }
  /** Messages since the order, or since begin(). */
  sinceOrder = 0

  /** They are copied, so that a ledger holds nothing else that came with them, and the memory of the target can be told. */
  received(...messages: Buffer[]): void {
    this.#received.push(...messages.map(message => ownBytes([message])))
    this.sinceOrder += messages.length
  }

  confirmed(...messages: Buffer[]): void {
    this.#confirmed.push(...messages.map(message => ownBytes([message])))
  }

  /** A connection was cut: the count begins anew. */
  begin(): void {
    this.sinceOrder = 0
  }

  /** The double, which then takes orders and shows its ledgers. */
  dress<D extends Omit<Double, 'order' | 'received' | 'confirmed'>>(double: D): D & Double {
    return Object.assign(double, {
      order: (next: Order) => {
        this.order = next
        this.begin()
      },
      received: () => this.#received,
      confirmed: () => this.#confirmed
    })
  }
}
