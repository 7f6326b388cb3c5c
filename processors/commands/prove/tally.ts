// What of the messages that were sent has arrived, and in which order: the numbers of each device, from 1 on. One that comes
// after a later one of its device is out of order; one that comes again is repeated; one that never comes is missing.

interface Device {
  readonly arrived: Set<number>
  highest: number
}

/** One message, by its device and number. */
export interface Numbered {
  readonly device: number
  readonly number: number
}

/** How many of something, and the first few of them. */
export interface Found {
  readonly count: number
  readonly first: readonly Numbered[]
}

const shown = 5

export class ProofTally {
  readonly #devices: readonly Device[]
  readonly #messages: number
  readonly #disordered: Numbered[] = []
  #arrived = 0
  #repeated = 0
  #disorderedCount = 0

  /** Messages go to the devices in turn. */
  constructor(messages: number, devices: number) {
    this.#messages = messages
    this.#devices = Array.from({ length: devices }, () => ({ arrived: new Set<number>(), highest: 0 }))
  }

  get arrived(): number {
    return this.#arrived
  }

  get repeated(): number {
    return this.#repeated
  }

  get disordered(): Found {
    return { count: this.#disorderedCount, first: this.#disordered }
  }

  get isComplete(): boolean {
    return this.#arrived === this.#messages
  }

  /** Takes one that has arrived; false for one that was never sent. */
  add({ device, number }: Numbered): boolean {
    const of = this.#devices[device]
    if (of === undefined || !(number >= 1 && number <= this.#lastOf(device))) return false
    if (of.arrived.has(number)) {
      this.#repeated++
      return true
    }
    of.arrived.add(number)
    this.#arrived++
    if (number < of.highest) {
      this.#disorderedCount++
      if (this.#disordered.length < shown) this.#disordered.push({ device, number })
    }
    of.highest = Math.max(of.highest, number)
    return true
  }

  /** Of the first so many that were sent, those that have not arrived. */
  missing(sent: number): Found {
    const first: Numbered[] = []
    let count = 0
    for (let index = 0; index < sent; index++) {
      const message = numbered(index, this.#devices.length)
      if (this.#devices[message.device]?.arrived.has(message.number)) continue
      count++
      if (first.length < shown) first.push(message)
    }
    return { count, first }
  }

  #lastOf(device: number): number {
    return Math.ceil((this.#messages - device) / this.#devices.length)
  }
}

/** Device and number of the message that is sent at this place. */
export function numbered(index: number, devices: number): Numbered {
  return { device: index % devices, number: Math.floor(index / devices) + 1 }
}
