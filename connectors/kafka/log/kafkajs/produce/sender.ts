// Sends the records of many partitions in few requests: what is handed over within one turn of the event loop goes to
// each leading broker in one request. Every partition gets its own answer; nothing is repeated here (partition-queue.ts
// does that).

import type { AppendRecord } from '../../log.ts'
import { encodeBatch } from './batch.ts'
import { type Parcel, Shipper, type ShipperEnv } from './shipper.ts'

/** Records of one partition, of which the oldest was appended at `sinceMs`. */
export interface Shipment {
  readonly topic: string
  readonly partition: number
  readonly records: readonly AppendRecord[]
  readonly sinceMs: number
}

export class Sender {
  readonly #shipper: Shipper
  readonly #env: ShipperEnv
  #pending: Parcel[] = []

  constructor(env: ShipperEnv) {
    this.#env = env
    this.#shipper = new Shipper(env)
  }

  /**
   * Resolves with the offset of the first once all in-sync replicas have the records. Rejects with what kafkajs threw. A partition must not be
   * sent again before the answer: that keeps its order.
   */
  send({ topic, partition, records, sinceMs }: Shipment): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.#flush())
      const batch = encodeBatch(records, this.#env.clock.now())
      this.#pending.push({ topic, partition, batch, sinceMs, resolve, reject })
    })
  }

  /** Closes the connections; gives up waiting for it after `deadlineMs`. */
  close(deadlineMs: number): Promise<void> {
    return this.#shipper.close(deadlineMs)
  }

  #flush(): void {
    const parcels = this.#pending
    this.#pending = []
    void this.#shipper.ship(parcels)
  }
}
