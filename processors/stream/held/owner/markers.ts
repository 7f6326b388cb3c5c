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

  flush(): void {
    this.close()
    for (const device of this.#due) this.#write(device)
    this.#due.clear()
  }

  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }
}
