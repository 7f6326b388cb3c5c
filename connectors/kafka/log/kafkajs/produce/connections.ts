// The connections over which records are sent, and what is known of the topics: which partitions they have and who leads
// them. Connections are made when they are needed, given up when one hangs, and made anew.

import type { Kafka } from 'kafkajs'
import type { Clock } from '../../../../clock.ts'
import { protocolType } from '../client.ts'
import { withDeadline } from '../with-deadline.ts'
import { createProduceCluster, type ProduceCluster } from './cluster.ts'

export interface ConnectionsEnv {
  readonly kafka: Kafka
  readonly clock: Clock
  /** A request without an answer after this time counts as failed, and its connections as dead. */
  readonly timeoutMs: number
  /** Until it is connected and knows who leads. Default: `timeoutMs`. */
  readonly connectTimeoutMs?: number
  /** Cuts every connection of `kafka`, where it has no other user: what hangs on them then fails at once. */
  cut?(): void
}

/** Leaders that moved are noticed by failures; this is for partitions that were moved quietly. */
const metadataMaxAgeMs = 60_000

/** A connected cluster, and why topics that were asked for are not known. */
export interface Prepared {
  readonly used: Promise<ProduceCluster>
  readonly cluster: ProduceCluster
  readonly refused: ReadonlyMap<string, unknown>
}

export class Connections {
  readonly #env: ConnectionsEnv
  /** Connecting or connected; undefined before the first request and after a hang. */
  #cluster: Promise<ProduceCluster> | undefined
  readonly #topics = new Set<string>()

  constructor(env: ConnectionsEnv) {
    this.#env = env
  }

  /** Connecting or connected. */
  get isInUse(): boolean {
    return this.#cluster !== undefined
  }

  /**
   * Connected, with what is known of these topics. Rejects with what kafkajs threw where nothing can be told of any.
   */
  async prepared(topics: ReadonlySet<string>): Promise<Prepared> {
    const { clock, timeoutMs, connectTimeoutMs = timeoutMs } = this.#env
    const used = this.#connected()
    try {
      const prepared = this.#prepare(used, topics)
      return await withDeadline(prepared, { clock, deadlineMs: connectTimeoutMs })
    } catch (error) {
      if (isAboutTopic(error)) this.#forgetTopics(await used)
      else this.discard(used)
      throw error
    }
  }

  async #prepare(used: Promise<ProduceCluster>, topics: ReadonlySet<string>): Promise<Prepared> {
    const cluster = await used
    if (!cluster.isConnected()) await cluster.connect()
    const refused = await this.#learn(cluster, topics)
    if (refused.size < topics.size) await cluster.refreshMetadataIfNecessary()
    return { used, cluster, refused }
  }

  /** Makes topics known to kafkajs; returns why that failed, by topic, so that one does not hold the others. */
  async #learn(cluster: ProduceCluster, topics: ReadonlySet<string>): Promise<Map<string, unknown>> {
    const refused = new Map<string, unknown>()
    for (const topic of topics) {
      if (this.#topics.has(topic)) continue
      try {
        await cluster.addTargetTopic(topic)
        this.#topics.add(topic)
      } catch (error) {
        refused.set(topic, error)
      }
    }
    return refused
  }

  /** Who leads now? A failure of this shows at the next attempt. A cluster that was given up must not connect again. */
  async lookAgain({ used, cluster }: Prepared): Promise<void> {
    if (this.#cluster !== used) return
    const { clock, timeoutMs } = this.#env
    try {
      await withDeadline(cluster.refreshMetadata(), { clock, deadlineMs: timeoutMs })
    } catch (error) {
      if (isAboutTopic(error)) this.#forgetTopics(cluster)
    }
  }

  /**
   * A topic that was deleted, or may not be seen any more, makes every refresh fail, for all topics, and kafkajs does not
   * say which it is. Those that are still sent to are learned anew, each by itself.
   */
  #forgetTopics(cluster: ProduceCluster): void {
    cluster.targetTopics = new Set()
    this.#topics.clear()
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    if (cluster !== undefined) await disconnect(cluster)
  }

  #connected(): Promise<ProduceCluster> {
    this.#cluster ??= this.#connect()
    return this.#cluster
  }

  async #connect(): Promise<ProduceCluster> {
    const cluster = createProduceCluster(this.#env.kafka, metadataMaxAgeMs)
    this.#topics.clear()
    try {
      await cluster.connect()
      return cluster
    } catch (error) {
      await cluster.disconnect().catch(() => undefined) // a broker that took the connection and said nothing
      throw error
    }
  }

  /** Nothing more is to come from these connections: the next request makes new ones. */
  discard(cluster: Promise<ProduceCluster>): void {
    const wasInUse = this.#cluster === cluster
    if (wasInUse) this.#cluster = undefined
    void disconnect(cluster)
    if (wasInUse) this.#env.cut?.()
  }
}

const aboutTopics = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED'
])

/** One topic is the reason, and others may be well. Connecting never fails for that. */
function isAboutTopic(error: unknown): boolean {
  const type = protocolType(error)
  return type !== undefined && aboutTopics.has(type)
}

/** Never rejects: a connection that was not made leaves nothing open. */
async function disconnect(cluster: Promise<ProduceCluster>): Promise<void> {
  await cluster.then(connected => connected.disconnect()).catch(() => undefined)
}
