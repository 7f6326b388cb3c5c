// Runs everything that one configuration says, in one process: the sources, which send their senders away until Kafka
// was reached and the topics of the channels are there, and after that the streams. It stops in the opposite order of the messages' way: sources first,
// which answer what they have accepted, then the streams, which commit what they delivered.

import type { Clock } from '../../connectors/clock.ts'
import type { AppendMeter } from '../../connectors/kafka/log/kafkajs/sender.ts'
import type { Log, LogAdmin, LogProducer } from '../../connectors/kafka/log/log.ts'
import type { Registry } from '../../connectors/registry.ts'
import type { Mask } from '../../connectors/shared/mask.ts'
import type { Config } from '../../schemas/config.ts'
import { FaultError } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'
import { type Ingest, openIngest } from '../ingest/ingest.ts'
import type { Trouble } from '../stream/health/state.ts'
import { AdminListener } from './admin/listener.ts'
import { servicePages } from './admin/pages.ts'
import {
  channelStatuses,
  type Phase,
  type ServiceStatus,
  streamReport,
  troubleReport
} from './admin/status.ts'
import { arrivingBytes, bodiesBytes, divideBudget, type StreamBudget } from './budget.ts'
import { connect } from './connect.ts'
import { dieAt } from './die-at.ts'
import { EndsWatch } from './ends-watch.ts'
import { appendMeter, sourceMeter } from './metrics/meters.ts'
import { Metrics } from './metrics/metrics.ts'
import { Streams } from './streams.ts'
import { within } from './within.ts'

/** What the log gets from the service. */
export interface LogEnv {
  readonly meter: AppendMeter
  /** Bytes of fetches that may be on their way in at once. */
  readonly maxArrivingBytes: number
}

export interface ServiceParts {
  readonly clock: Clock
  readonly log: LogEvent
  readonly registry: Registry
  readonly version: string
  /** Of the secrets of the configuration. */
  readonly mask: Mask
  /** Opens the log that the service works on; called once. */
  readonly openLog: (env: LogEnv) => Log
}

export class Service {
  readonly #config: Config
  readonly #parts: ServiceParts
  readonly #startedMs: number
  readonly #metrics: Metrics
  readonly #admin: LogAdmin
  readonly #producer: LogProducer
  readonly #streams: Streams
  readonly #listener: AdminListener
  readonly #ends: EndsWatch
  readonly #stopping = new AbortController()
  #phase: Phase = 'connecting'
  /** Why it does not start yet. */
  #trouble: Trouble | null = null
  #hasTopics = false
  #ingest: Ingest | null = null
  #starting: Promise<void> = Promise.resolve()

  constructor(config: Config, parts: ServiceParts) {
    const { clock, log, mask, registry } = parts
    this.#config = config
    this.#parts = parts
    this.#startedMs = clock.now()
    this.#metrics = new Metrics(parts.version)
    const maxArrivingBytes = arrivingBytes(config.memory.maxBytes)
    const kafka = parts.openLog({ meter: appendMeter(this.#metrics), maxArrivingBytes })
    this.#admin = kafka.admin()
    this.#producer = kafka.producer()
    this.#streams = new Streams({
      config,
      registry,
      kafka,
      admin: this.#admin,
      producer: this.#producer,
      metrics: this.#metrics,
      env: { clock, log, mask },
      reached: dieAt(process.env.TAILRACE_DIE_AT),
      startedMs: this.#startedMs
    })
    this.#ends = new EndsWatch({ clock, admin: this.#admin, watched: () => this.#streams.watched() })
    const pages = servicePages({ metrics: this.#metrics, status: () => this.status() })
    this.#listener = new AdminListener(pages, log)
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

  /** Drains within `deadlineMs` and closes everything; parts that hang are left behind a few seconds later. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#parts
    const endMs = clock.now() + deadlineMs
    const leftMs = () => Math.max(0, endMs - clock.now())
    const stop = (part: string, stopping: Promise<void> | undefined) =>
      within(stopping, { clock, log, part, deadlineMs: leftMs() + graceMs })
    log('service_stopping', { deadlineMs })
    this.#phase = 'draining'
    this.#stopping.abort()
    this.#ends.stop()
    await stop(
      'start',
      this.#starting.catch(() => {})
    )
    await stop('sources', this.#ingest?.stop(leftMs() / 2))
    await stop('streams', this.#streams.stop(leftMs()))
    await stop('producer', this.#producer.close(Math.max(leftMs(), graceMs)))
    await stop('admin', this.#admin.close())
    this.#phase = 'stopped'
    await stop('listener', this.#listener.close())
    log('service_stopped')
  }

  status(): ServiceStatus {
    const { clock, mask, version } = this.#parts
    const nowMs = clock.now()
    return {
      version,
      phase: this.#phase,
      ...(this.#trouble === null ? {} : troubleReport(this.#trouble, mask)),
      started: new Date(this.#startedMs).toISOString(),
      uptimeSeconds: Math.round((nowMs - this.#startedMs) / 1000),
      channels: channelStatuses(this.#config),
      streams: this.#streams.statuses().map(status => streamReport(status, { mask, nowMs }))
    }
  }

  async #start(): Promise<void> {
    const { clock, log, version } = this.#parts
    const { listen, streams } = this.#config
    const { signal } = this.#stopping
    await this.#listener.open({ host: listen.adminHost, port: listen.admin })
    await this.#startSources()
    const waits = (trouble: Trouble) => {
      this.#trouble = trouble
    }
    const brokers = await connect({ config: this.#config, admin: this.#admin, clock, log, signal, waits })
    this.#trouble = null
    if (brokers === null || signal.aborted) return
    this.#hasTopics = true
    this.#phase = 'starting'
    await this.#streams.start(this.#budget(brokers), signal)
    if (signal.aborted) return
    this.#ends.start()
    this.#phase = 'running'
    log('service_started', { version, brokers, streams: Object.keys(streams).length })
  }

  async #startSources(): Promise<void> {
    const { clock, log, registry } = this.#parts
    const { channels, listen, memory } = this.#config
    const meter = sourceMeter(this.#metrics)
    const maxBytes = bodiesBytes(memory.maxBytes)
    const env = { clock, log, meter, maxBytes, listen: { host: listen.host, port: listen.http } }
    const producer = { append: this.#append }
    const ingest = await openIngest({ channels, sources: registry.sources, producer, env })
    if (this.#stopping.signal.aborted) return
    this.#ingest = ingest
    await ingest.start()
  }

  /** Before the topics are there nothing is tried: a broker may create a missing one, and not as configured. */
  readonly #append: LogProducer['append'] = async (topic, records) => {
    if (!this.#hasTopics) throw new FaultError('kafka_unavailable', { detail: 'it was not reached yet' })
    await this.#producer.append(topic, records)
  }

  #budget(brokers: number): StreamBudget {
    const { channels, memory, streams } = this.#config
    const { maxBytes } = memory
    const hasSources = Object.values(channels).some(({ sources }) => sources.length > 0)
    const budget = divideBudget({ maxBytes, streams: Object.keys(streams).length, brokers, hasSources })
    const { neededBytes } = budget
    if (neededBytes > maxBytes) this.#parts.log('memory_small', { maxBytes, neededBytes })
    return budget
  }
}

/** What a part may take beyond the deadline to close its connections. */
const graceMs = 5_000
