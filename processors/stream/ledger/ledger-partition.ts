// The ledger of one partition of a channel during one assignment. What was known before is read from the ledger topic in
// the background, and nothing is written until it is there, or the counts would begin anew.

import type { AppendRecord } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { added, type DeviceLedger, encodeLedger, type LedgerRecord, nothingYet } from './ledger-record.ts'

interface Entry {
  ledger: DeviceLedger
  isChanged: boolean
}

export class LedgerPartition {
  readonly origin: TopicPartition
  closed = false
  #isKnown = false
  readonly #entries = new Map<string, Entry>()
  readonly #changed = new Set<string>()

  constructor(origin: TopicPartition) {
    this.origin = origin
  }

  /** Devices that are remembered. */
  get size(): number {
    return this.#entries.size
  }

  /** Devices of which something is to be written, and can be. */
  get due(): number {
    return this.#isKnown ? this.#changed.size : 0
  }

  /** The ledger of a device, to be changed; null where it is not remembered and `mayAdd` is false. */
  change(device: string, mayAdd: boolean): DeviceLedger | null {
    let entry = this.#entries.get(device)
    if (entry === undefined) {
      if (!mayAdd) return null
      entry = { ledger: nothingYet(), isChanged: false }
      this.#entries.set(device, entry)
    }
    if (!entry.isChanged) this.#changed.add(device)
    entry.isChanged = true
    return entry.ledger
  }

  /** What was known before this assignment; only of devices that are there, or as many more as `room`. */
  know(before: Iterable<LedgerRecord>, room: number): void {
    let left = room
    for (const { device, topic: _, ...known } of before) {
      const entry = this.#entries.get(device)
      if (entry !== undefined) entry.ledger = added(known, entry.ledger)
      else if (left-- > 0) this.#entries.set(device, { ledger: known, isChanged: false })
    }
    this.#isKnown = true
  }

  /** Takes out what is to be written, at most so many records. */
  take(most: number): AppendRecord[] {
    const records: AppendRecord[] = []
    if (!this.#isKnown) return records
    for (const device of this.#changed) {
      if (records.length >= most) break
      const entry = this.#entries.get(device)
      this.#changed.delete(device)
      if (entry === undefined) continue
      entry.isChanged = false
      const { topic, partition } = this.origin
      records.push(encodeLedger({ topic, device, ...entry.ledger }, partition))
    }
    return records
  }

  /** What was taken was not written. */
  takeBack(records: readonly AppendRecord[]): void {
    for (const { key } of records) {
      const device = key?.toString().slice(this.origin.topic.length + 1) ?? ''
      const entry = this.#entries.get(device)
      if (entry === undefined) continue
      entry.isChanged = true
      this.#changed.add(device)
    }
  }
}
