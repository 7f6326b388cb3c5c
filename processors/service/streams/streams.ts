// The streams of one service. Each is built and started by itself: one that fails, or hangs while it starts, is shown
// with its reason and does not disturb the others. They start a few at a time, as every join makes Kafka rebalance.
// When the configuration changes, only the streams that its plan names are stopped and started; the others are not touched.

import { pauseFor } from '../../../connectors/clock.ts'
import type { Config } from '../../../schemas/config.ts'
import { FaultError, messageOf } from '../../../schemas/errors.ts'
import type { StreamConfig } from '../../../schemas/stream.ts'
import { troubleOf } from '../../stream/health/health.ts'
import { reportTrouble } from '../../stream/health/state.ts'
import { neverRun, type StreamStatus, statusOf } from '../../stream/health/status.ts'
import type { StreamBudget } from '../../stream/options.ts'
import { Accounts } from '../../stream/settlement/accounts.ts'
import type { Stream } from '../../stream/stream.ts'
import { Tap } from '../../stream/tap.ts'
import type { Watched } from '../ends-watch.ts'
import { streamMeter } from '../metrics/meters.ts'
import type { Action } from '../reload/plan.ts'
import { graceMs, within } from '../within.ts'
import { buildStream, type StreamsParts } from './build.ts'
import type { Surroundings } from './steps.ts'

/** How many streams start at the same time, and for how long one of them may keep the next from starting. */
const startsAtOnce = 20
const patienceMs = 10_000

/** What the streams are to be from now on. */
export interface Streamed {
  readonly config: Config
  /** Of the configuration. */
  readonly generation: number
  readonly changes: readonly { readonly stream: string; readonly action: Action }[]
  readonly budget: StreamBudget
  readonly surroundings: Surroundings
  /** Where `start: latest` of the streams begins that are new. Unix ms. */
  readonly sinceMs: number
}

/** A stream as it is run; `stream` is null if it could not be built, which `failed` tells. */
interface Entry {
  readonly name: string
  readonly group: string
  readonly generation: number
  readonly stream: Stream | null
  readonly failed: StreamStatus | null
}

/** A stream's status, its consumer group, and the generation of the configuration that it was started with. */
export interface GenerationStatus extends StreamStatus {
  readonly group: string
  readonly generation: number
}

export class Streams {
  readonly #parts: StreamsParts
  readonly #entries = new Map<string, Entry>()
  /** By group: what has to be over before somebody else of this process joins it. */
  readonly #leaving = new Map<string, Promise<void>>()
  /** When this process was first told of each stream. */
  readonly #since = new Map<string, number>()
  /** One object for all streams, so that what it says can change while they run. */
  readonly #budget = { windowBytes: 0, maxFetchBytes: 0 }
  /** They outlive a restart of their streams. */
  readonly #taps = new Map<string, Tap>()
  /** Of the configuration, in its order. */
  names: readonly string[] = []

  constructor(parts: StreamsParts) {
    this.#parts = parts
  }

  /**
   * Stops, restarts and starts what is to change. Resolves when every stream that starts has joined its group, or has
   * been trying for a while. Never rejects; what has not begun when the signal fires is left undone.
   */
  async apply(streamed: Streamed, signal: AbortSignal): Promise<void> {
    const { config, changes, budget, sinceMs } = streamed
    const { windowBytes, maxFetchBytes } = budget
    this.names = Object.keys(config.streams)
    Object.assign(this.#budget, { windowBytes, maxFetchBytes })
    for (const { stream, action } of changes) {
      if (action === 'stop' || action === 'restart') this.#leave(stream, config.drainTimeoutMs)
      if (action === 'stop') this.#since.delete(stream)
      else if (!this.#since.has(stream)) this.#since.set(stream, sinceMs)
    }
    const starting = changes.filter(({ action }) => action === 'start' || action === 'restart').values()
    const startInTurn = async () => {
      for (const { stream } of starting) await this.#startAfterLeaving(stream, streamed, signal)
    }
    await Promise.all(Array.from({ length: startsAtOnce }, startInTurn))
    await Promise.all(this.#leaving.values())
  }

  /** Drains all streams at the same time. */
  async stop(deadlineMs: number): Promise<void> {
    for (const name of [...this.#entries.keys()]) this.#leave(name, deadlineMs)
    await Promise.all(this.#leaving.values())
  }

  /** In the order of the configuration; streams whose turn to start has not come are left out. */
  statuses(): GenerationStatus[] {
    return this.names.flatMap(name => {
      const entry = this.#entries.get(name)
      const status = entry?.failed ?? entry?.stream?.status()
      if (entry === undefined || status === undefined) return []
      return { group: entry.group, generation: entry.generation, ...status }
    })
  }

  watched(): Watched[] {
    return [...this.#entries.values()].flatMap(({ stream }) => stream?.watched ?? [])
  }

  /** Where one may look on at a stream; null where there is no such stream. */
  tap(name: string): Tap | null {
    return this.names.includes(name) ? (this.#taps.get(name) ?? null) : null
  }

  /** Begins to stop a stream, which stays visible until it has. */
  #leave(name: string, deadlineMs: number): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || this.#leaving.has(entry.group)) return
    const { clock, log } = this.#parts.env
    const about = { clock, log, part: `stream ${name}`, deadlineMs: deadlineMs + graceMs }
    const left = within(entry.stream?.stop(deadlineMs), about).then(() => {
      this.#leaving.delete(entry.group)
      if (this.#entries.get(name) === entry) this.#entries.delete(name)
    })
    this.#leaving.set(entry.group, left)
  }

  /** Another stream may have had its group until now. */
  async #startAfterLeaving(name: string, streamed: Streamed, signal: AbortSignal): Promise<void> {
    const config = streamed.config.streams[name]
    if (config === undefined) throw new FaultError('internal', { detail: `no stream ${name}` })
    await this.#leaving.get(this.#entries.get(name)?.group ?? '')
    await this.#leaving.get(config.group)
    if (!signal.aborted) await this.#start(name, config, streamed)
  }

  async #start(name: string, config: StreamConfig, streamed: Streamed): Promise<void> {
    const { generation, config: whole, sinceMs, surroundings } = streamed
    const entry = { name, group: config.group, generation }
    const since = this.#since.get(name) ?? sinceMs
    const tap = this.#taps.get(name) ?? new Tap(this.#parts.env.clock)
    this.#taps.set(name, tap)
    try {
      const about = { name, config, channels: whole.channels, sinceMs: since, surroundings }
      const wanted = { ...about, budget: this.#budget, tap }
      const stream = await buildStream(wanted, this.#parts)
      this.#entries.set(name, { ...entry, stream, failed: null })
      const started = new AbortController()
      const starting = stream.start().finally(() => started.abort())
      await Promise.race([starting, pauseFor(this.#parts.env.clock, patienceMs, started.signal)])
    } catch (error) {
      const stream = this.#entries.get(name)?.stream ?? null
      this.#entries.set(name, { ...entry, stream, failed: this.#fail(name, error) })
    }
  }

  #fail(name: string, error: unknown): StreamStatus {
    const { clock, log } = this.#parts.env
    const fault =
      error instanceof FaultError
        ? error
        : new FaultError('internal', { detail: messageOf(error), cause: error })
    const trouble = troubleOf(fault, { untilMs: null, attempt: 1 })
    const state = { kind: 'halted', sinceMs: clock.now(), trouble } as const
    const meter = streamMeter(this.#parts.metrics, name)
    meter.halted(fault.code)
    log('stream_halted', { stream: name, ...reportTrouble(trouble) })
    const accounts = new Accounts(meter)
    return { ...statusOf({ ...neverRun, halts: 1, name, state, accounts }), firstsOwed: null }
  }
}
