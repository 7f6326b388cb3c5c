// Keeps a stream to so many messages, requests and bytes a second, of which this process takes the part that its
// partitions are of all. What counts is what is sent, also what is sent again.
//
// Each batch moves the time at which the next may go by what it takes of its share (GCRA, the virtual scheduling
// algorithm of ITU-T I.371): there are no tokens to be saved up while nothing is sent, so a backlog cannot burst. Two
// small allowances make that fit reality, and the pace a hundredth below the limit pays for them: a batch is of one
// slice, and a timer that fired late is made up for.

import type { Clock } from '../../../../connectors/clock.ts'
import type { TargetLimits } from '../../../../connectors/connector.ts'
import type { RateLimitConfig } from '../../../../schemas/stream.ts'

/** A batch holds what may be sent in this time at most, or in the time between two requests where that is longer. */
const sliceMs = 50
/** How far the pace may have fallen behind and catch up. */
const lateMs = 20
/** What is on its way may bunch up before it arrives, and the limit is counted there. */
const shy = 0.99
/** A timer of Node does not take more than 24 days, which a large message over a low limit may. */
const longestTimerMs = 60_000

export interface RateLimitPort {
  /** The part of the stream's partitions that this process has, from 0 to 1. */
  share(): number
  /** Something may be sent again. */
  opened(): void
  /** The limit alone has kept messages waiting for so long. */
  waited(seconds: number): void
}

export class RateLimit {
  readonly #clock: Clock
  readonly #limit: RateLimitConfig
  readonly #port: RateLimitPort
  #nextMs = 0
  /** The wait that has just ended; that it kept something waiting is known once a batch follows at once. */
  #waitedMs = 0
  #cancelTimer: (() => void) | null = null

  constructor(clock: Clock, limit: RateLimitConfig, port: RateLimitPort) {
    this.#clock = clock
    this.#limit = limit
    this.#port = port
  }

  /** May a batch be sent now? If not, opened() is called when it may. */
  isOpen(): boolean {
    const leftMs = this.#nextMs - this.#clock.now()
    if (leftMs <= 0) return true
    if (this.#cancelTimer !== null) return false
    const waitMs = Math.min(leftMs, longestTimerMs)
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = null
      this.#waitedMs = waitMs
      this.#port.opened()
      this.#waitedMs = 0
    })
    return false
  }

  /** What a new batch may hold at most: at least one message, whatever its size. */
  capped(limits: TargetLimits): TargetLimits {
    const { messagesPerSecond, requestsPerSecond, bytesPerSecond } = this.#limit
    if (messagesPerSecond === undefined && bytesPerSecond === undefined) return limits
    const ms = Math.max(sliceMs, costMs(1, requestsPerSecond) / this.#share)
    const perBatch = (rate = Number.POSITIVE_INFINITY) =>
      Math.max(1, Math.floor((rate * this.#share * ms) / 1000))
    return {
      ...limits,
      maxMessages: Math.min(limits.maxMessages, perBatch(messagesPerSecond)),
      maxBytes: Math.min(limits.maxBytes, perBatch(bytesPerSecond))
    }
  }

  /** A batch is sent. */
  spend(messages: number, bytes: number): void {
    if (this.#waitedMs > 0) this.#port.waited(this.#waitedMs / 1000)
    this.#waitedMs = 0
    const { messagesPerSecond, requestsPerSecond, bytesPerSecond } = this.#limit
    const ms = Math.max(
      costMs(messages, messagesPerSecond),
      costMs(1, requestsPerSecond),
      costMs(bytes, bytesPerSecond)
    )
    this.#nextMs = Math.max(this.#nextMs, this.#clock.now() - lateMs) + ms / (this.#share * shy)
  }

  /** Ends its timer. */
  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  /** A process that has no partition yet, or no longer, has next to nothing to send and sends it slowly. */
  get #share(): number {
    return Math.max(this.#port.share(), 0.001)
  }
}

function costMs(amount: number, perSecond: number | undefined): number {
  return perSecond === undefined ? 0 : (amount * 1000) / perSecond
}
