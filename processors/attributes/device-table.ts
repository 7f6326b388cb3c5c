// What is known of all devices, in memory: looked up once for every message, so it is one look into a map and, where
// attributes count from times on, a walk from the newest back.

import type { Attributes } from './attributes.ts'
import type { Devices, Period, Values } from './reading/device.ts'

export class DeviceTable implements Attributes {
  #devices: Devices
  readonly #watchers = new Set<() => void>()

  /** The map belongs to the table from now on. */
  constructor(devices: Devices = new Map()) {
    this.#devices = devices
  }

  get size(): number {
    return this.#devices.size
  }

  idents(): Iterable<string> {
    return this.#devices.keys()
  }

  of(ident: string, timestampMs: number): Values | null {
    let period = this.#devices.get(ident) ?? null
    while (period !== null && period.fromMs > timestampMs) period = period.earlier
    return period === null ? null : period.values
  }

  watch(changed: () => void): () => void {
    const watcher = () => changed() // of its own, should somebody watch twice with the same function
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** All devices are these from now on, and the map belongs to the table. */
  replace(devices: Devices): void {
    this.#devices = devices
    this.tellChanged()
  }

  /** The device is this from now on; null removes it. Call tellChanged() after the last of several. */
  put(ident: string, device: Period | null): void {
    if (device === null) this.#devices.delete(ident)
    else this.#devices.set(ident, device)
  }

  tellChanged(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
