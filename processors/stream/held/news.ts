// Tells the log which devices of a stream begin to wait and which have stopped, the first of them by name. A device that
// was told of as held is told of as released, maybe by another process. Not of interest is one of which only dead letters
// wait that a person has resent.

import type { Failure } from '../../../connectors/connector.ts'
import { ToldTogether } from '../../told-together.ts'
import type { StreamContext } from '../context.ts'
import type { WaitingDevice } from './waiting-device.ts'

export class HeldNews {
  readonly #held: ToldTogether<{ readonly first: string; readonly code: string; readonly answer: string }>
  readonly #released: ToldTogether<{ readonly first: string }>

  constructor({ clock, log, stream }: StreamContext) {
    this.#held = new ToldTogether(clock, (devices, about) =>
      log('device_held', { stream, devices, ...about })
    )
    this.#released = new ToldTogether(clock, (devices, about) =>
      log('device_released', { stream, devices, ...about })
    )
  }

  /** The device is about to be refused, or put off for long; that it is so again is no news. */
  refused(device: WaitingDevice, { code, detail: answer }: Failure): void {
    if (!device.isRefused) this.#held.happened(code, { first: device.key.toString(), code, answer })
  }

  /** Nothing of the device waits any more. */
  released(device: WaitingDevice): void {
    if (device.isRefused) this.#released.happened('', { first: device.key.toString() })
  }

  close(): void {
    this.#held.close()
    this.#released.close()
  }
}
