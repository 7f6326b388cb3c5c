// Bounds the bytes of the Fetch responses that are on their way in, over all streams of the process. Kafka hands out
// whole record batches, so a response may be larger than what was asked for, and after an outage every stream gets one
// at the same time. What has no room waits in the operating system's buffers, and at the broker. Invariant 5

import type { Clock } from '../../../../clock.ts'
import { FramePool } from './frame-pool.ts'

/** A broker that stops amidst its responses must not keep the others waiting for longer than this. */
const patienceMs = 1_000

export class Allowance {
  /** What the responses are read into. */
  readonly frames: FramePool
  readonly #maxBytes: number
  readonly #clock: Clock
  #usedBytes = 0
  /** Oldest first. */
  readonly #waiting = new Set<Claim>()

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes
    this.#clock = clock
    this.frames = new FramePool(maxBytes / 2)
  }

  /**
   * Calls `granted` once there is room: at once, or after others were released. A claim that is larger than all there is
   * gets its turn when nothing else is held. To be released once, granted or not.
   */
  claim(bytes: number, granted: () => void): Claim {
    const claim = new Claim(bytes, granted, () => this.#release(claim))
    if (this.#waiting.size === 0 && this.#fits(claim)) {
      this.#grant(claim)
    } else {
      this.#waiting.add(claim)
      claim.cancelTimer = this.#clock.after(patienceMs, () => this.#grant(claim))
    }
    return claim
  }

  #fits({ bytes }: Claim): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#maxBytes
  }

  #grant(claim: Claim): void {
    this.#waiting.delete(claim)
    claim.cancelTimer()
    this.#usedBytes += claim.bytes
    claim.isGranted = true
    claim.granted()
  }

  #release(claim: Claim): void {
    this.#waiting.delete(claim)
    claim.cancelTimer()
    if (claim.isGranted) this.#usedBytes -= claim.bytes
    for (const next of this.#waiting) {
      if (!this.#fits(next)) return
      this.#grant(next)
    }
  }
}

/** The bytes of one response. */
export class Claim {
  readonly bytes: number
  readonly granted: () => void
  isGranted = false
  cancelTimer: () => void = () => {}
  #release: (() => void) | undefined

  constructor(bytes: number, granted: () => void, release: () => void) {
    this.bytes = bytes
    this.granted = granted
    this.#release = release
  }

  /** Gives the bytes back; a second time nothing happens. */
  release(): void {
    const release = this.#release
    this.#release = undefined
    release?.()
  }
}
