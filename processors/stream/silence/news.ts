// Tells the log which devices of a stream have fallen silent and which are heard again: all of one look in one line, the
// first few by name.

import type { StreamContext } from '../context.ts'

/** Devices that a line names. */
const named = 5

export interface SilenceNewsOptions {
  readonly afterMs: number
  readonly maxDevices: number
}

export class SilenceNews {
  readonly #context: StreamContext
  readonly #options: SilenceNewsOptions
  #isForgettingTold = false

  constructor(context: StreamContext, options: SilenceNewsOptions) {
    this.#context = context
    this.#options = options
  }

  silent(devices: readonly string[]): void {
    if (devices.length > 0) this.#tell('device_silent', devices)
  }

  heard(devices: readonly string[]): void {
    if (devices.length > 0) this.#tell('device_heard', devices)
  }

  /** So many devices are not remembered any more, so nobody tells that they are silent. */
  forgotten(count: number): void {
    if (count === 0 || this.#isForgettingTold) return
    this.#isForgettingTold = true
    const { maxDevices } = this.#options
    this.#context.log('silence_full', { stream: this.#context.stream, maxDevices })
  }

  #tell(event: 'device_silent' | 'device_heard', devices: readonly string[]): void {
    const first = devices.slice(0, named).join(', ')
    const afterSeconds = this.#options.afterMs / 1000
    this.#context.log(event, { stream: this.#context.stream, devices: devices.length, first, afterSeconds })
  }
}
