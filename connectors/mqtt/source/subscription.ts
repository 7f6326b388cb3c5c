// Keeps one feed connected to its broker, as long as it is wanted: a new connection each time, with the same client id,
// so that the broker goes on where it was not acknowledged. What fails is told, and tried again after a back-off that
// grows until something was acknowledged; where a person must act, or another client has this id, it is tried slowly.

import { once } from 'node:events'
import { type ErrorCode, errors, FaultError } from '../../../schemas/errors.ts'
import { pauseFor } from '../../clock.ts'
import type { Feed, SourceConnection, SourceEnv } from '../../connector.ts'
import { Mask } from '../../shared/mask.ts'
import { describe } from '../../shared/mqtt/outcome.ts'
import { SubscriberConnection, type SubscriberSettings } from '../../shared/mqtt/subscribe/connection.ts'
import type { Delivery, Opened } from '../../shared/mqtt/subscribe/delivery.ts'
import { brokerOf } from '../broker.ts'
import type { MqttSourceConfig } from '../source-config.ts'
import { SessionHealth } from './health.ts'
import { Intake } from './intake.ts'
import { filterOf, filtersOf, parseTopics, type TopicPattern } from './topics.ts'

type MqttFeed = Feed<MqttSourceConfig>

/** A connection that stood so long was not refused at once, as one is whose client id two clients have. */
const steadyMs = 10_000
/** What a message takes beside its packet. */
const spareBytes = 4_096

export class Subscription {
  readonly #env: SourceEnv
  readonly #patterns: readonly TopicPattern[]
  readonly #settings: Omit<SubscriberSettings, 'receive' | 'subscriptions'>
  readonly #stopping = new AbortController()
  readonly #health: SessionHealth
  #feed: MqttFeed
  /** Filters that the session may have and that are not wanted. */
  #unwanted: readonly string[]
  #before: Promise<void> = Promise.resolve()
  #connection: SubscriberConnection | null = null
  #intake: Intake | null = null
  #running: Promise<void> | null = null
  #failures = 0
  #isStopping = false

  /** Throws `config_invalid` for what the schema cannot tell. */
  constructor(feed: MqttFeed, env: SourceEnv) {
    this.#env = env
    this.#feed = feed
    this.#health = new SessionHealth(feed, env)
    const { config } = feed
    const { clientId, connectTimeoutMs, maxInFlight, maxPacketBytes, sessionExpirySeconds } = config
    const { password, username } = config
    this.#patterns = parseTopics(config.topics)
    // A session that had no group before would go on to get everything beside the share of this member.
    const plain = this.#patterns.map(({ filter }) => filter)
    this.#unwanted = this.#withoutWanted([...config.formerTopics.map(filterOf), ...plain])
    const { address, login, tls } = brokerOf(config)
    this.#settings = {
      ...{ clock: env.clock, budget: env.budget, address, tls, maxInFlight, connectTimeoutMs },
      identity: { ...login, clientId, sessionExpirySeconds },
      maxPacketBytes: Math.min(maxPacketBytes, env.budget.largestBytes - spareBytes),
      mask: new Mask([password ?? username ?? '']) // without a password the user name is a token
    }
  }

  /** The filters that it subscribes to. */
  get filters(): string[] {
    return filtersOf(this.#patterns, this.#feed.config.shareGroup)
  }

  get connection(): SourceConnection {
    return this.#health.connection
  }

  /** Begins to connect, and goes on until stop(). */
  start(): void {
    this.#running ??= this.#run()
  }

  /** The same settings, and where to put what comes from now on. */
  renew(feed: MqttFeed): void {
    this.#feed = feed
  }

  /** It goes on with the session of another one, once that has ended: a session has one connection. */
  succeed(before: Subscription, ended: Promise<void>): void {
    this.#unwanted = this.#withoutWanted([...before.filters, ...before.#unwanted, ...this.#unwanted])
    this.#before = ended
  }

  /** Takes nothing new, lets what was received be stored and acknowledged within `deadlineMs`, and keeps the session. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true
    this.#connection?.stopReceiving()
    const finished = new AbortController()
    void this.#intake?.finish().finally(() => finished.abort())
    if (this.#intake !== null) await pauseFor(this.#env.clock, deadlineMs, finished.signal)
    this.#stopping.abort()
    this.#intake?.close()
    await this.#connection?.close()
    await this.#running
    this.#health.close()
  }

  #withoutWanted(filters: readonly string[]): string[] {
    const wanted = new Set(this.filters)
    return [...new Set(filters)].filter(filter => !wanted.has(filter))
  }

  async #run(): Promise<void> {
    const { clock, kafkaReached } = this.#env
    const { signal } = this.#stopping
    if (kafkaReached !== undefined) await Promise.race([kafkaReached, once(signal, 'abort')])
    await this.#before
    while (!this.#isStopping) {
      const startedMs = clock.now()
      const fault = await this.#connectOnce()
      if (this.#isStopping) return
      if (clock.now() - startedMs >= steadyMs) this.#failures = 0
      await pauseFor(clock, this.#waitAfter(fault), signal)
    }
  }

  /** Resolves, with the reason, when the connection has ended. */
  async #connectOnce(): Promise<FaultError> {
    const { config } = this.#feed
    const connection = new SubscriberConnection({
      ...this.#settings,
      subscriptions: {
        filters: this.filters,
        unwanted: this.#unwanted,
        takesRetained: config.retained === 'take'
      },
      receive: (delivery: Delivery) => intake.receive(delivery)
    })
    const { identField, maxMessages, maxMessageBytes } = config
    const intake = new Intake({
      env: this.#env,
      feed: () => this.#feed,
      rules: { patterns: this.#patterns, identField, maxMessages, maxMessageBytes },
      takesRetained: config.retained === 'take',
      origin: connection,
      progressed: () => {
        this.#failures = 0
      }
    })
    this.#connection = connection
    this.#intake = intake
    connection.opened.then(
      opened => this.#checkOpened(opened, connection),
      () => {} // `closed` tells it
    )
    const fault = await connection.closed
    intake.close()
    this.#connection = null
    return asOfSource(fault)
  }

  #checkOpened(opened: Opened, connection: SubscriberConnection): void {
    const refused = this.filters.flatMap((filter, index) => {
      const code = opened.granted[index] ?? 0x80
      return code === 1 || code === 2 ? [] : [`${filter}: ${code === 0 ? 'only QoS 0' : describe({ code })}`]
    })
    if (refused.length > 0) {
      connection.fail(new FaultError('mqtt_subscription_refused', { detail: refused.join(', ') }))
      return
    }
    this.#unwanted = []
    this.#health.connected(opened)
  }

  /** How long to wait until the next connection. */
  #waitAfter(fault: FaultError): number {
    const { clock } = this.#env
    const { haltedDelayMs, maxDelayMs, minDelayMs } = this.#feed.config.retry
    this.#failures++
    const isHalted = errors[fault.code].outcome === 'halt'
    const ceiling = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(this.#failures - 1, 30))
    const delayMs = isHalted ? haltedDelayMs : Math.round(clock.random() * ceiling)
    this.#health.failed(fault, { untilMs: clock.now() + delayMs, attempt: this.#failures })
    return delayMs
  }
}

/** What the end of a connection is to a source; the others mean the same to a target. */
const ownCodes: Partial<Record<ErrorCode, ErrorCode>> = {
  // Two clients of one id would throw each other out without end, so it is no end of a connection like others.
  mqtt_taken_over: 'mqtt_session_taken',
  mqtt_connection_lost: 'mqtt_session_interrupted'
}

function asOfSource(fault: FaultError): FaultError {
  const code = ownCodes[fault.code]
  if (code === undefined) return fault
  return new FaultError(code, { cause: fault, ...(fault.detail !== undefined && { detail: fault.detail }) })
}
