// The Kafka target: messages are appended to a topic of another cluster, or of the same, and are delivered when all replicas
// in sync have them (acks=all). It repeats nothing by itself; delivery.ts says how a batch travels, outcome.ts what an answer or
// a failure means.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { LogEvent } from '../../../schemas/events.ts'
import type { Batch, Failure, Message, Outcome, Target, TargetEnv, TargetLimits } from '../../connector.ts'
import { unlessAborted } from '../../shared/abort.ts'
import { Fields } from '../../shared/fields.ts'
import { detailOf, secureContext } from '../../shared/tls.ts'
import { OpenSockets } from '../log/kafkajs/arriving/open-sockets.ts'
import { clientsOf, createWatchedKafka } from '../log/kafkajs/client.ts'
import { Shipper } from '../log/kafkajs/produce/shipper.ts'
import type { KafkaTargetConfig } from './config.ts'
import { Delivery, type Entry, type Place, predecessorFailed } from './delivery.ts'
import { Headers } from './headers.ts'
import { outcomeOfError } from './outcome.ts'
import { Places } from './places.ts'
import type { Outgoing } from './records.ts'

/** How long an orderly end of connections on which nothing is under way may take. */
const closeMs = 1_000

/** Partitions of topics, or why that is not known. */
type Known = ReadonlyMap<string, number | { readonly error: unknown }>

/** What is told with the topic's name. */
const aboutTopics: ReadonlySet<ErrorCode> = new Set(['kafka_target_topic_missing', 'kafka_target_forbidden'])

export class KafkaTarget implements Target {
  readonly limits: TargetLimits
  readonly #config: KafkaTargetConfig
  readonly #env: TargetEnv
  readonly #places: Places
  readonly #headers: Headers
  readonly #sockets = new OpenSockets()
  readonly #shipper: Shipper

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: KafkaTargetConfig, env: TargetEnv) {
    const { maxMessages, maxBytes, batchesInFlight, connectTimeoutMs, ackTimeoutMs } = config
    if (config.tls !== undefined) secureContext(config.tls)
    this.limits = { maxMessages, maxBytes, batchesInFlight }
    this.#config = config
    this.#env = env
    this.#places = new Places(config)
    this.#headers = new Headers(config.headers, env)
    this.#shipper = new Shipper({
      clients: clientsOf(config, one => createWatchedKafka(one, maskedLog(env), this.#sockets)),
      clock: env.clock,
      meter: { produced() {} },
      timeoutMs: ackTimeoutMs,
      connectTimeoutMs,
      cut: address => this.#sockets.cut(address)
    })
  }

  /** Connects, which shows whether the cluster takes the credentials, and looks whether the topic is there. */
  async open(signal: AbortSignal): Promise<void> {
    const { onlyTopic } = this.#places
    try {
      if (onlyTopic === null) return await unlessAborted(this.#shipper.connect(), signal)
      const known = await unlessAborted(this.#shipper.partitions(new Set([onlyTopic])), signal)
      const partitions = known.get(onlyTopic)
      if (typeof partitions !== 'number') throw partitions?.error
    } catch (error) {
      // Without its cause, which may quote a secret.
      const { code, detail } = this.#outcomeOf(error, false)
      throw new FaultError(code, { detail: aboutTopics.has(code) ? `${onlyTopic}: ${detail}` : detail })
    }
  }

  async deliver({ messages }: Batch, signal: AbortSignal): Promise<Outcome[]> {
    const aims = messages.map(message => this.#aim(message))
    const topics = new Set(aims.flatMap(aim => ('topic' in aim ? [aim.topic] : [])))
    let known: Known
    try {
      known = topics.size === 0 ? new Map() : await unlessAborted(this.#shipper.partitions(topics), signal)
    } catch (error) {
      const failure = this.#outcomeOf(error, false)
      return aims.map(aim => ('topic' in aim ? failure : aim))
    }
    const outcomes: (Entry | Failure)[] = this.#entries(aims, known)
    const entries = outcomes.filter(one => 'outcome' in one)
    if (entries.length > 0) await this.#delivery(signal).run(entries)
    return outcomes.map(one => ('outcome' in one ? (one.outcome ?? predecessorFailed) : one))
  }

  async close(): Promise<void> {
    this.#sockets.close()
    await this.#shipper.close(closeMs)
  }

  /** Where a message is to go; or the outcome of one whose fields name no place. */
  #aim(message: Message): Aim | Failure {
    const fields = new Fields(message)
    try {
      const topic = this.#places.topicOf(fields)
      const key = this.#places.keyOf(fields)
      return { message, topic, key, headers: this.#headers.of(message, fields) }
    } catch (error) {
      // Such as a value that is nested too deeply to be written.
      const detail = `nothing can be made of it: ${detailOf(error)}`
      const unfit = new FaultError('kafka_target_message_unfit', { detail })
      return this.#outcomeOf(error instanceof FaultError ? error : unfit, false)
    }
  }

  /**
   * The messages with their partitions, or the outcome of those that have none. What follows a message of its device that
   * is not sent for now is not sent either. Invariant 2
   */
  #entries(aims: readonly (Aim | Failure)[], known: Known): (Entry | Failure)[] {
    const stopped = new Set<string | null>()
    const places = new Map<string, Place[]>()
    return aims.map(aim => {
      if (!('topic' in aim)) return aim
      if (stopped.size > 0 && stopped.has(aim.message.key())) return predecessorFailed
      const entry = this.#entry(aim, known, places)
      if ('kind' in entry) stopped.add(aim.message.key())
      return entry
    })
  }

  #entry(aim: Aim, known: Known, places: Map<string, Place[]>): Entry | Failure {
    const partitions = known.get(aim.topic)
    if (typeof partitions !== 'number') return this.#outcomeOf(partitions?.error, false)
    try {
      const { message, key, headers, topic } = aim
      const partition = this.#places.partitionOf(message, key, partitions)
      const place = placeIn(places, topic, partition)
      return { message, key, headers, place, isWritten: false, outcome: null }
    } catch (error) {
      return this.#outcomeOf(error, false)
    }
  }

  #delivery(signal: AbortSignal): Delivery {
    const env = {
      clock: this.#env.clock,
      keepTimestamps: this.#config.keepTimestamps,
      compression: this.#config.compression,
      keepDevicesTogether: this.#places.keepDevicesTogether,
      ship: (parcels: Parameters<Shipper['ship']>[0]) => void this.#shipper.ship(parcels),
      outcomeOf: (error: unknown, isWritten: boolean) => this.#outcomeOf(error, isWritten)
    }
    return new Delivery(env, signal)
  }

  #outcomeOf(error: unknown, isWritten: boolean): Failure {
    const failure = outcomeOfError(error, { isWritten, haveTopics: this.#places.haveTopics })
    return { ...failure, detail: this.#env.mask.apply(failure.detail) }
  }
}

/** A message, and where it is to go as far as itself can tell. */
interface Aim extends Outgoing {
  readonly topic: string
}

/** The one object for a partition. */
function placeIn(places: Map<string, Place[]>, topic: string, partition: number): Place {
  const own = places.get(topic) ?? []
  if (own.length === 0) places.set(topic, own)
  const place = own[partition] ?? { topic, partition }
  own[partition] = place
  return place
}

/** What kafkajs logs may quote what a broker said: in texts, which may stand in errors and lists. */
function maskedLog({ log, mask }: TargetEnv): LogEvent {
  const masked = (_: string, value: unknown) => (typeof value === 'string' ? mask.apply(value) : value)
  return (name, fields) => log(name, JSON.parse(JSON.stringify(fields ?? {}, masked)))
}
