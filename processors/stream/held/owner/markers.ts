// Tells the log what was released: a marker per device, at the pace of commits, so that a restart repeats little.

import type { StreamContext } from '../../context.ts'
import { commitIntervalMs } from '../../settlement/committer.ts'
import type { WaitingDevice } from '../waiting-device.ts'

export class Markers {
  readonly #context: StreamContext
  readonly #write: (device: WaitingDevice) => void
  readonly #due = new Set<WaitingDevice>()
  #cancelTimer: (() => void) | null = null

  /** `write` writes the marker of a device. */
  constructor(context: StreamContext, write: (device: WaitingDevice) => void) {
    this.#context = context
    this.#write = write
  }

  /** Messages of the device have ended. */
  note(device: WaitingDevice): void {
    this.#due.add(device)
    this.#cancelTimer ??= this.#context.clock.after(commitIntervalMs, () => this.flush())
  }

  /** Writes what is due, for each device behind the marker before, once that was read back. */
  flush(): void {
    this.close()
    for (const device of this.#due) if (device.markers.length === 0) this.#now(device)
  }

  /** Writes all: nothing is read back any more. */
  drain(): void {
    this.close()
    for (const device of this.#due) this.#now(device)
  }

  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #now(device: WaitingDevice): void {
    this.#due.delete(device)
    this.#write(device)
  }
}
