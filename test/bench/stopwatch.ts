// Takes wall time and CPU time of this process between start and stop.

import type { Measurement } from './measure.ts'

export class Stopwatch {
  #startMs: number | null = null
  #cpu = process.cpuUsage()

  /** Starts once; later calls change nothing, so it may be called for every message. */
  start(): void {
    if (this.#startMs !== null) return
    this.#startMs = performance.now()
    this.#cpu = process.cpuUsage()
  }

  stop(messages: number, bytes: number): Measurement {
    const seconds = (performance.now() - (this.#startMs ?? performance.now())) / 1000
    const { user, system } = process.cpuUsage(this.#cpu)
    const peakRssMb = process.resourceUsage().maxRSS / 1024 // maxRSS is in KiB
    return { messages, bytes, seconds, cpuSeconds: (user + system) / 1e6, peakRssMb }
  }
}

/** One run of a system, in a process of its own: starts the stopwatch at its first message, stops it at its last. */
export type RunSystem<Options> = (options: Options, stopwatch: Stopwatch) => Promise<Measurement>
