// Runs everything that one configuration says, in one process: the sources, which take nothing until Kafka was reached and
// the topics of the channels are there, and after that the streams. It stops in the opposite order of the messages' way:
// sources first, which answer what they have accepted, then the streams, which commit what they delivered. A changed
// configuration is applied to what it concerns, or refused as a whole.

import type { LogAdmin, LogProducer } from '../../connectors/kafka/log/log.ts'
import { ByteBudget } from '../../connectors/shared/byte-budget.ts'
import type { Config } from '../../schemas/config.ts'
import { FaultError } from '../../schemas/errors.ts'
import type { OpenAttributes } from '../attributes/attributes.ts'
import { Ingest } from '../ingest/ingest.ts'
import type { Trouble } from '../stream/health/state.ts'
import type { AdminListener } from './admin/listener.ts'
import { adminListener } from './admin/pages.ts'
import {
  channelStatuses,
  memoryStatus,
  type Phase,
  type ServiceStatus,
  streamReports,
  troubleReport
} from './admin/status.ts'
import { AppendGate } from './append-gate.ts'
import { arrivingBytes, bodiesBytes, budgetOf, type DividedBudget } from './budget.ts'
import type { ValidConfig } from './config/load.ts'
import { listenAddress } from './config/sources.ts'
import { connect, ensureTopics } from './connect.ts'
import { dieAt } from './die-at.ts'
import { KafkaWatch } from './kafka-watch.ts'
import { ClockSkew } from './metrics/clock-skew.ts'
import { appendMeter, ingestMeter } from './metrics/meters.ts'
import { Metrics } from './metrics/metrics.ts'
import type { ServiceParts } from './parts.ts'
import { Generation } from './reload/generation.ts'
import { isEmpty, type Plan, planReload } from './reload/plan.ts'
import { attributesOf, noAttributes, surroundingsOf } from './streams/steps.ts'
import { type Streamed, Streams } from './streams/streams.ts'
import { graceMs, within } from './within.ts'

export class Service {
  readonly #parts: ServiceParts
  readonly #startedMs: number
  readonly #metrics: Metrics
  readonly #skew: ClockSkew
  readonly #admin: LogAdmin
  readonly #producer: LogProducer
  readonly #gate: AppendGate
  readonly #streams: Streams
  readonly #listener: AdminListener
  readonly #watch: KafkaWatch
  /** What sources may hold. */
  readonly #bodies: ByteBudget
  readonly #ingest: Ingest
  /** Of the configuration in force. */
  readonly generation: Generation
  readonly #stopping = new AbortController()
  #config: Config
  #attributes: OpenAttributes = noAttributes
  #brokers = 0
  #phase: Phase = 'connecting'
  /** Why it does not start yet. */
  #trouble: Trouble | null = null
  #starting: Promise<void> = Promise.resolve()
  #reloading: Promise<unknown> = Promise.resolve()

  constructor(config: Config, parts: ServiceParts) {
    const { clock, log, mask, registry } = parts
    this.#config = config
    this.#parts = parts
    this.#startedMs = clock.now()
    this.#metrics = new Metrics(parts.version)
    const maxArrivingBytes = arrivingBytes(config.memory.maxBytes)
    this.#skew = new ClockSkew(clock)
    const kafka = parts.openLog({ meter: appendMeter(this.#metrics, this.#skew), maxArrivingBytes })
    this.#admin = kafka.admin()
    this.#producer = kafka.producer()
    this.#gate = new AppendGate(this.#producer, clock)
    this.generation = new Generation({ clock, log, metrics: this.#metrics })
    this.#bodies = new ByteBudget(bodiesBytes(config.memory.maxBytes), clock) // Invariant 5
    this.#ingest = this.#createIngest()
    this.#streams = new Streams({
      registry,
      kafka,
      admin: this.#admin,
      producer: this.#producer,
      ...{ metrics: this.#metrics, env: { clock, log, mask }, tracer: parts.tracing },
      reached: dieAt(process.env.TAILRACE_DIE_AT)
    })
    const [streams, token] = [this.#streams, config.listen.adminToken]
    this.#watch = new KafkaWatch({ clock, log, admin: this.#admin, streams })
    this.#listener = adminListener({
      metrics: this.#metrics,
      status: () => this.status(),
      showsPartitions: () => this.#config.metrics.partitions,
      ...{ streams, token, log }
    })
  }

  /** How long its stop may take, by the configuration in force. */
  get drainTimeoutMs(): number {
    return this.#config.drainTimeoutMs
  }

  /** Where /metrics and its like are; 0 before it listens. */
  get adminPort(): number {
    return this.#listener.port
  }

  /**
   * Resolves when everything was started, or stop() was called; waits for Kafka as long as it takes. Rejects with a
   * FaultError when it cannot start: `listen_failed`, `kafka_unauthorized`, `topic_missing`, or what a source says.
   * Call stop() then, too.
   */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  /**
   * Makes another configuration the one in force: streams that it does not concern go on, the others drain and start
   * anew. Resolves with what was changed; rejects with a FaultError, and nothing has changed: `config_needs_restart`,
   * what Kafka says of a topic, or what a source says. Only once started, and one at a time.
   */
  reload(next: ValidConfig): Promise<Plan> {
    const reloading = this.#reload(next)
    this.#reloading = reloading
    return reloading
  }

  /** Drains within `deadlineMs` and closes everything; parts that hang are left behind a few seconds later. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#parts
    const endMs = clock.now() + deadlineMs
    const leftMs = () => Math.max(0, endMs - clock.now())
    const stop = (part: string, stopping: Promise<unknown> | undefined) =>
      within(stopping, { clock, log, part, deadlineMs: leftMs() + graceMs })
    log('service_stopping', { deadlineMs })
    this.#phase = 'draining'
    this.#stopping.abort()
    const unwatched = this.#watch.stop()
    this.generation.stop()
    await stop(
      'start',
      this.#starting.catch(() => {})
    )
    await stop('reload', Promise.allSettled([this.#reloading]))
    await stop('sources', this.#ingest.stop(leftMs() / 2))
    await stop('streams', this.#streams.stop(leftMs()))
    await stop('attributes', this.#attributes.close())
    await stop('tracing', this.#parts.tracing?.close(leftMs()))
    await stop('producer', this.#producer.close(Math.max(leftMs(), graceMs)))
    await stop('watch', unwatched)
    await stop('admin', this.#admin.close())
    this.#phase = 'stopped'
    await stop('listener', this.#listener.close())
    log('service_stopped')
  }

  status(): ServiceStatus {
    const { clock, mask, version } = this.#parts
    const nowMs = clock.now()
    const [config, { retention }] = [this.#config, this.#watch]
    const streams = streamReports(this.#streams.statuses(), { config, mask, nowMs, retention })
    return {
      version,
      phase: this.#phase,
      ...(this.#trouble === null ? {} : troubleReport(this.#trouble, mask)),
      started: new Date(this.#startedMs).toISOString(),
      uptimeSeconds: Math.round((nowMs - this.#startedMs) / 1000),
      config: this.generation.report(),
      clockSkewSeconds: this.#skew.seconds,
      memory: memoryStatus(budgetOf(config, this.#brokers), streams, this.#bodies.usedBytes),
      channels: channelStatuses(config, {
        connections: this.#ingest.connections,
        ...{ gate: this.#gate, mask }
      }),
      streams
    }
  }

  async #start(): Promise<void> {
    const { log, version } = this.#parts
    const { listen, streams } = this.#config
    const { signal } = this.#stopping
    this.generation.watch(this.#config)
    await this.#listener.open({ host: listen.adminHost, port: listen.admin })
    await this.#ingest.serve(this.#config.channels, listenAddress(this.#config))
    const waits = (trouble: Trouble) => {
      this.#trouble = trouble
    }
    const [config, admin] = [this.#config, this.#admin]
    const brokers = await connect({ ...this.#parts, config, admin, signal, waits })
    this.#trouble = null
    if (brokers === null || signal.aborted) return
    this.#gate.open()
    this.#phase = 'starting'
    this.#brokers = brokers
    this.#attributes = await attributesOf(this.#config, { ...this.#parts, admin: this.#admin })
    const changes = Object.keys(streams).map(stream => ({ stream, action: 'start' }) as const)
    await this.#apply(changes, this.#startedMs)
    if (signal.aborted) return
    this.#watch.start()
    this.#phase = 'running'
    log('service_started', { version, brokers, streams: Object.keys(streams).length })
  }

  async #reload({ config, mask }: ValidConfig): Promise<Plan> {
    const { clock, log, registry } = this.#parts
    if (this.#phase !== 'running')
      throw new FaultError('internal', { detail: `reloaded while ${this.#phase}` })
    this.#parts.mask.learn(mask)
    const plan = planReload(this.#config, config)
    if (plan.needsRestart.length > 0)
      throw new FaultError('config_needs_restart', { detail: plan.needsRestart.join(', ') })
    if (isEmpty(plan)) {
      this.generation.calm() // what was refused was taken back
      return plan
    }
    // Before the sources: a broker may create a missing topic at the first message, and not as configured. What a source
    // says of its settings was asked before; only a port that is in use is found after this.
    await ensureTopics(this.#admin, { channels: config.channels, registry, log })
    await this.#ingest.serve(config.channels, listenAddress(config))
    this.#config = config
    this.generation.next(config)
    await this.#apply(plan.streams, clock.now())
    return plan
  }

  /** Makes the streams what the configuration says; those that are new begin at `sinceMs` where they say latest. */
  async #apply(changes: Streamed['changes'], sinceMs: number): Promise<void> {
    const [config, budget, generation] = [this.#config, this.#budget(), this.generation.number]
    const surroundings = surroundingsOf(config, this.#attributes)
    const streamed = { config, changes, budget, generation, sinceMs, surroundings }
    await this.#streams.apply(streamed, this.#stopping.signal)
  }

  #createIngest(): Ingest {
    const { clock, log, registry } = this.#parts
    const meter = ingestMeter(this.#metrics)
    const env = { clock, log, meter, budget: this.#bodies, kafkaReached: this.#gate.opened }
    return new Ingest({ sources: registry.sources, producer: this.#gate, env, tracing: this.#parts.tracing })
  }

  #budget(): DividedBudget {
    const budget = budgetOf(this.#config, this.#brokers)
    const { maxBytes, neededBytes } = budget
    if (neededBytes > maxBytes) this.#parts.log('memory_small', { maxBytes, neededBytes })
    return budget
  }
}
