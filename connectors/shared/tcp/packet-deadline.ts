// A packet that has begun must end in time, so that a sender that trickles keeps no room and no place for ever. The
// time while it waits for us does not count.

import type { Clock } from '../../clock.ts'

export interface PacketDeadlineOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  isBusy(): boolean
  onLate(): void
}

export class PacketDeadline {
  readonly #options: PacketDeadlineOptions
  #cancel: (() => void) | null = null

  constructor(options: PacketDeadlineOptions) {
    this.#options = options
  }

  /** After bytes have come: whether they end inside a packet, and whether that has begun with them. */
  follow(isInside: boolean, isFresh: boolean): void {
    if (isInside && !isFresh && this.#cancel !== null) return
    this.stop()
    if (isInside) this.#start()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #start(): void {
    const { clock, timeoutMs, isBusy, onLate } = this.#options
    this.#cancel = clock.after(timeoutMs, () => {
      if (isBusy()) this.#start()
      else onLate()
    })
  }
}
