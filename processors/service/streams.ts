// The streams of one service. Each is built and started by itself: one that fails, or hangs while it starts, is shown
// with its reason and does not disturb the others. They start a few at a time, as every join makes Kafka rebalance.

import { pauseFor } from '../../connectors/clock.ts'
import type { TargetEnv } from '../../connectors/connector.ts'
import type { Log, LogAdmin, LogProducer } from '../../connectors/kafka/log/log.ts'
import { wantedDeadLetterTopic } from '../../connectors/kafka/topics.ts'
import { createTarget, type Registry } from '../../connectors/registry.ts'
import type { Config } from '../../schemas/config.ts'
import { FaultError, messageOf } from '../../schemas/errors.ts'
import type { StreamConfig } from '../../schemas/stream.ts'
import { birthOf } from '../stream/assignment/birth.ts'
import { troubleOf } from '../stream/health/health.ts'
import { reportTrouble } from '../stream/health/state.ts'
import { type StreamStatus, statusOf } from '../stream/health/status.ts'
import type { FaultPoint } from '../stream/held/fault-points.ts'
import { heldOptions } from '../stream/held/held.ts'
import type { StreamOptions } from '../stream/options.ts'
import { Accounts } from '../stream/settlement/accounts.ts'
import { Stream } from '../stream/stream.ts'
import type { StreamBudget } from './budget.ts'
import type { Watched } from './ends-watch.ts'
import { streamMeter } from './metrics/meters.ts'
import type { Metrics } from './metrics/metrics.ts'

/** How many streams start at the same time, and for how long one of them may keep the next from starting. */
const startsAtOnce = 20
const patienceMs = 10_000

export interface StreamsParts {
  readonly config: Config
  readonly registry: Registry
  readonly kafka: Log
  readonly admin: LogAdmin
  readonly producer: LogProducer
  readonly metrics: Metrics
  readonly env: Omit<TargetEnv, 'stream'>
  readonly reached: (point: FaultPoint) => void
  /** When the service was started: where `start: latest` begins. Unix ms. */
  readonly startedMs: number
}

export class Streams {
  readonly #parts: StreamsParts
  readonly #streams = new Map<string, Stream>()
  readonly #failed = new Map<string, StreamStatus>()

  constructor(parts: StreamsParts) {
    this.#parts = parts
  }

  /** Resolves when every stream has joined its group, or has been trying for a while. Never rejects. */
  async start(budget: StreamBudget, signal: AbortSignal): Promise<void> {
    const waiting = Object.entries(this.#parts.config.streams).values()
    const startInTurn = async () => {
      for (const [name, config] of waiting) {
        if (signal.aborted) return
        await this.#start(name, config, budget)
      }
    }
    await Promise.all(Array.from({ length: startsAtOnce }, startInTurn))
  }

  /** Drains all streams at the same time. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all([...this.#streams.values()].map(stream => stream.stop(deadlineMs)))
  }

  /** In the order of the configuration; streams whose turn to start has not come are left out. */
  statuses(): StreamStatus[] {
    const names = Object.keys(this.#parts.config.streams)
    return names.flatMap(name => this.#failed.get(name) ?? this.#streams.get(name)?.status() ?? [])
  }

  watched(): Watched[] {
    return [...this.#streams.values()].map(stream => stream.partitions)
  }

  async #start(name: string, config: StreamConfig, budget: StreamBudget): Promise<void> {
    try {
      const { clock } = this.#parts.env
      const stream = await this.#build(name, config, budget)
      this.#streams.set(name, stream)
      const started = new AbortController()
      const starting = stream.start().finally(() => started.abort())
      await Promise.race([starting, pauseFor(clock, patienceMs, started.signal)])
    } catch (error) {
      this.#fail(name, error)
    }
  }

  async #build(name: string, config: StreamConfig, budget: StreamBudget): Promise<Stream> {
    const { admin, env, kafka, metrics, producer, registry, startedMs } = this.#parts
    const options: StreamOptions = {
      name,
      group: config.group,
      topics: config.from.map(channel => this.#topicOf(channel)),
      birthMs: birthOf(config.start, startedMs),
      order: config.order,
      concurrency: config.concurrency,
      adaptiveConcurrency: config.adaptiveConcurrency,
      rateLimit: config.rateLimit,
      attemptTimeoutMs: config.attemptTimeoutMs,
      ttlMs: config.ttlSeconds === undefined ? null : config.ttlSeconds * 1000,
      retry: config.retry,
      safetyStop: config.safetyStop,
      deadLetters: wantedDeadLetterTopic(config.deadLetters),
      held: heldOptions(config),
      paused: config.paused,
      maxSpan: config.maxSpan,
      windowBytes: budget.windowBytes,
      maxFetchBytes: budget.maxFetchBytes
    }
    const target = await createTarget(registry, config.target, { ...env, stream: name })
    const meter = streamMeter(metrics, name)
    return new Stream(options, {
      ...env,
      reached: this.#parts.reached,
      admin,
      target,
      meter,
      producer,
      consumer: options => kafka.consumer({ ...options, onRebuilt: meter.rebuilt })
    })
  }

  #topicOf(channel: string): string {
    const topic = this.#parts.config.channels[channel]?.topic
    if (topic === undefined) throw new FaultError('config_invalid', { detail: `no channel ${channel}` })
    return topic
  }

  #fail(name: string, error: unknown): void {
    const { clock, log } = this.#parts.env
    const fault =
      error instanceof FaultError
        ? error
        : new FaultError('internal', { detail: messageOf(error), cause: error })
    const trouble = troubleOf(fault, { untilMs: null, attempt: 1 })
    const state = { kind: 'halted', sinceMs: clock.now(), trouble } as const
    const accounts = new Accounts(streamMeter(this.#parts.metrics, name))
    this.#failed.set(
      name,
      statusOf({ name, state, accounts, partitions: [], held: [], concurrency: { inFlight: 0, limit: 0 } })
    )
    log('stream_halted', { stream: name, ...reportTrouble(trouble) })
  }
}
