// What a receiver saw, by device and number: how often each message arrived, and whether the first arrivals of every
// device came in order. It judges nothing; verdict.ts does.

/** How often each message had arrived, by device, the index being its number. */
export type Arrivals = ReadonlyMap<string, readonly number[]>

interface DeviceRecord {
  readonly counts: number[]
  highest: number
}

export class Ledger {
  /** First arrivals. */
  distinct = 0
  /** First arrivals of a message after one with a higher number of the same device. */
  outOfOrder = 0
  /** Told of every first arrival. */
  onFirst: ((device: string, seq: number) => void) | undefined
  readonly #devices = new Map<string, DeviceRecord>()

  record(device: string, seq: number): void {
    const known = this.#devices.get(device) ?? { counts: [], highest: -1 }
    this.#devices.set(device, known)
    const before = known.counts[seq] ?? 0
    while (known.counts.length < seq) known.counts.push(0)
    known.counts[seq] = before + 1
    if (before > 0) return
    this.distinct++
    if (seq < known.highest) this.outOfOrder++
    known.highest = Math.max(known.highest, seq)
    this.onFirst?.(device, seq)
  }

  times(device: string, seq: number): number {
    return this.#devices.get(device)?.counts[seq] ?? 0
  }

  /** A copy of what has arrived so far. */
  snapshot(): Arrivals {
    return new Map([...this.#devices].map(([device, { counts }]) => [device, [...counts]]))
  }
}
