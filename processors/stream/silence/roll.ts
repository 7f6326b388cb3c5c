// Calls the roll: of each device whether it has spoken in time. One that stands in several partitions speaks if it does
// in any of them.

export class Roll {
  /** By when they were heard last, in Unix ms; null of those that never were. */
  readonly silent = new Map<string, number | null>()
  readonly #afterMs: number
  readonly #speaking = new Set<string>()

  constructor(afterMs: number) {
    this.#afterMs = afterMs
  }

  speaks(device: string): boolean {
    return this.#speaking.has(device)
  }

  /** The device was heard last at `heardMs`, as far as is known until `untilMs`. True when it counts as silent now. */
  heard(device: string, heardMs: number, untilMs: number): boolean {
    if (untilMs - heardMs <= this.#afterMs) {
      this.#speaking.add(device)
      this.silent.delete(device)
      return false
    }
    if (this.#speaking.has(device)) return false
    this.silent.set(device, Math.max(heardMs, this.silent.get(device) ?? 0))
    return true
  }

  /**
   * It is not known when the device was heard, only that it was not between these times, or not here. True when it
   * counts as silent now.
   */
  unknown(device: string, sinceMs: number, untilMs: number): boolean {
    if (untilMs - sinceMs <= this.#afterMs || this.#speaking.has(device)) return false
    if (!this.silent.has(device)) this.silent.set(device, null)
    return true
  }

  /** Nobody asks for the device. */
  strike(device: string): void {
    this.silent.delete(device)
  }
}
