// What a receiver saw, by device and number: how often each message had arrived at any moment, whether the first
// arrivals of every device came in order, and which arrivals it left without a clear answer. It judges nothing;
// verdict.ts does.

const maxExamples = 20

interface DeviceRecord {
  /** By the number of a message: which arrival of all was its first; 0 if none was. */
  readonly firsts: number[]
  highest: number
}

export class Ledger {
  /** Arrivals of whatever; the number of the last one. */
  arrivals = 0
  /** First arrivals. */
  distinct = 0
  /** First arrivals of a message after one with a higher number of the same device. */
  outOfOrder = 0
  /** The first of them. */
  readonly late: string[] = []
  /** Arrivals that were not, byte for byte, what was sent. */
  altered = 0
  /** Told of every first arrival. */
  onFirst: ((device: string, seq: number) => void) | undefined
  readonly #devices = new Map<string, DeviceRecord>()
  /** Of the messages that arrived more than once: which arrivals were not the first. */
  readonly #repeats = new Map<string, number[]>()
  readonly #doubts = new Map<string, number>()

  record(device: string, seq: number): void {
    const known = this.#devices.get(device) ?? { firsts: [], highest: -1 }
    this.#devices.set(device, known)
    this.arrivals++
    if ((known.firsts[seq] ?? 0) > 0) {
      const repeats = this.#repeats.get(idOf(device, seq)) ?? []
      this.#repeats.set(idOf(device, seq), [...repeats, this.arrivals])
      return
    }
    while (known.firsts.length < seq) known.firsts.push(0)
    known.firsts[seq] = this.arrivals
    this.distinct++
    if (seq < known.highest) this.#noteLate(`${idOf(device, seq)} after ${known.highest}`)
    known.highest = Math.max(known.highest, seq)
    this.onFirst?.(device, seq)
  }

  #noteLate(what: string): void {
    this.outOfOrder++
    if (this.late.length < maxExamples) this.late.push(`${what}, as arrival ${this.arrivals}`)
  }

  /** Notes that an arrival of the message got no clear answer, so that it has to be sent again. */
  doubt(device: string, seq: number): void {
    this.#doubts.set(idOf(device, seq), this.doubts(device, seq) + 1)
  }

  doubts(device: string, seq: number): number {
    return this.#doubts.get(idOf(device, seq)) ?? 0
  }

  /** How often the message had arrived when there had been `arrivals` of whatever. */
  times(device: string, seq: number, arrivals = this.arrivals): number {
    const first = this.#devices.get(device)?.firsts[seq] ?? 0
    if (first === 0 || first > arrivals) return 0
    const repeats = this.#repeats.get(idOf(device, seq)) ?? []
    return 1 + repeats.filter(arrival => arrival <= arrivals).length
  }
}

const idOf = (device: string, seq: number) => `${device}/${seq}`
