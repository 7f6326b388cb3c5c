// Keeps a connection alive by PINGREQs (MQTT 5, 3.12), and notices when the broker answers none.

import { type Clock, every } from '../../../clock.ts'

export interface KeepAliveParts {
  readonly clock: Clock
  readonly ping: () => void
  /** Whether what the broker sends is being read: an answer that is not read is not missing. */
  readonly isListening: () => boolean
  readonly gone: () => void
}

/** Somewhat before the broker expects it. */
const early = 0.75

export class KeepAlive {
  readonly #parts: KeepAliveParts
  #cancel = () => {}
  #isAsking = false

  constructor(parts: KeepAliveParts) {
    this.#parts = parts
  }

  /** `seconds` is what the broker was told, or has told; 0: it wants no pings. */
  start(seconds: number): void {
    if (seconds > 0) this.#cancel = every(this.#parts.clock, seconds * 1_000 * early, () => this.#look())
  }

  /** Something came: the broker is there. */
  heard(): void {
    this.#isAsking = false
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const { gone, isListening, ping } = this.#parts
    if (this.#isAsking && isListening()) gone()
    else {
      this.#isAsking = isListening()
      ping()
    }
  }
}
