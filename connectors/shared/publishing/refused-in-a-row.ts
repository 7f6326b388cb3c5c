// Devices that the other side refused one after the other, while it took none. It often says the same of what is wrong with
// one device as of what is wrong for all, and then only what becomes of the others tells them apart.
//
// A device that waits is asked about again and again, and says nothing new by that, so it counts once until it is taken.

import { maxIdentBytes } from '../../../schemas/message.ts'

/** With every second device refused for itself this many would come in a row by chance once in a million. */
const manyDevices = 20
/** More than most fleets have, so that only devices that never come back are forgotten. */
const remembered = 200_000

export class RefusedInARow {
  /** Never more than are many. */
  readonly #row = new Set<string>()
  /** Those that were refused when they were last heard of. */
  readonly #refused = new Set<string>()

  /** Whether it is so many by now that the reason is no single one of them. */
  get isMany(): boolean {
    return this.#row.size >= manyDevices
  }

  /** Whether none was ever refused that has not been taken since. */
  get isClean(): boolean {
    return this.#refused.size === 0
  }

  refused(device: string): void {
    if (this.isMany || this.#refused.has(device)) return
    if (device.length > maxIdentBytes) return // no source lets a longer one in
    this.#row.add(device)
    this.#refused.add(device)
    const [oldest] = this.#refused
    if (this.#refused.size > remembered && oldest !== undefined) this.#refused.delete(oldest)
  }

  /** Something shows that those for which this holds are refused for their own sake. */
  excuse(isExcused: (device: string) => boolean): void {
    for (const device of this.#row) if (isExcused(device)) this.#row.delete(device)
  }

  /** Others are taken, so whoever was refused was so for its own sake. */
  end(): void {
    this.#row.clear()
  }

  /** It was asked about, and taken. */
  taken(device: string): void {
    this.end()
    this.#refused.delete(device)
  }
}
