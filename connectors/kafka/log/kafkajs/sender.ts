// Sends the records of many partitions in few requests: what is handed over within one turn of the event loop goes to
// each leading broker in one request. Every partition gets its own answer. A connection that hangs is replaced, and
// who leads is looked up again after every failure; nothing is repeated here (partition-queue.ts does that).

import type { Kafka } from 'kafkajs'
import type { Clock } from '../../../clock.ts'
import { protocolType } from './client.ts'
import {
  createProduceCluster,
  type ProduceBroker,
  type ProduceCluster,
  type ProducePart,
  produce
} from './produce-cluster.ts'
import { withDeadline } from './with-deadline.ts'

/** Counts produce requests; `seconds` is from the append of the oldest record in it to the answer. */
export interface AppendMeter {
  produced(result: 'ok' | 'failed', seconds: number): void
}

export interface SenderEnv {
  readonly kafka: Kafka
  readonly clock: Clock
  readonly meter: AppendMeter
  /** A request without an answer after this time counts as failed, and its connections as dead. */
  readonly timeoutMs: number
}

/** Records of one partition, of which the oldest was appended at `sinceMs`. */
export interface Shipment extends ProducePart {
  readonly sinceMs: number
}

interface Pending extends Shipment {
  resolve(): void
  reject(error: unknown): void
}

/** Leaders that moved are noticed by failures; this is for partitions that were moved quietly. */
const metadataMaxAgeMs = 60_000

export class Sender {
  readonly #env: SenderEnv
  /** Connecting or connected; undefined before the first request and after a hang. */
  #cluster: Promise<ProduceCluster> | undefined
  readonly #topics = new Set<string>()
  #pending: Pending[] = []

  constructor(env: SenderEnv) {
    this.#env = env
  }

  /**
   * Resolves once all in-sync replicas have the records. Rejects with what kafkajs threw. A partition must not be
   * sent again before the answer: that keeps its order.
   */
  send(shipment: Shipment): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => void this.#flush())
      this.#pending.push({ ...shipment, resolve, reject })
    })
  }

  /** Closes the connections; gives up waiting for it after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    if (cluster === undefined) return
    // What does not close in time is left to end by itself.
    await withDeadline(disconnect(cluster), { clock: this.#env.clock, deadlineMs }).catch(() => undefined)
  }

  /** Never rejects: its shipments do. */
  async #flush(): Promise<void> {
    const shipments = this.#pending
    this.#pending = []
    const used = this.#connected()
    try {
      const { clock, timeoutMs } = this.#env
      const routed = this.#route(used, shipments)
      const { cluster, byLeader } = await withDeadline(routed, { clock, deadlineMs: timeoutMs })
      for (const [nodeId, group] of byLeader) void this.#request(used, { cluster, nodeId, group })
    } catch (error) {
      if (isAboutTopic(error)) this.#forgetTopics(await used)
      else this.#discard(used)
      for (const shipment of shipments) shipment.reject(error)
    }
  }

  async #route(used: Promise<ProduceCluster>, shipments: readonly Pending[]) {
    const cluster = await used
    if (!cluster.isConnected()) await cluster.connect()
    const refused = await this.#learn(cluster, new Set(shipments.map(({ topic }) => topic)))
    await cluster.refreshMetadataIfNecessary()
    const byLeader = new Map<string, Pending[]>()
    for (const shipment of shipments) {
      if (refused.has(shipment.topic)) {
        shipment.reject(refused.get(shipment.topic))
        continue
      }
      const [nodeId = '-1'] = Object.keys(
        cluster.findLeaderForPartitions(shipment.topic, [shipment.partition])
      )
      const group = byLeader.get(nodeId) ?? []
      group.push(shipment)
      byLeader.set(nodeId, group)
    }
    return { cluster, byLeader }
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

  /** One request to one broker. Never rejects. */
  async #request(
    used: Promise<ProduceCluster>,
    { cluster, nodeId, group }: { cluster: ProduceCluster; nodeId: string; group: readonly Pending[] }
  ): Promise<void> {
    const { clock, meter, timeoutMs } = this.#env
    const sinceMs = group.reduce((oldest, shipment) => Math.min(oldest, shipment.sinceMs), clock.now())
    let failed = false
    try {
      const deadline = { clock, deadlineMs: timeoutMs, onLate: () => this.#discard(used) }
      const errors = await withDeadline(this.#produce(cluster, nodeId, group), deadline)
      failed = errors.some(error => error !== undefined)
      for (const [index, shipment] of group.entries()) if (errors[index] === undefined) shipment.resolve()
      if (failed) await this.#lookAgain(cluster)
      for (const [index, shipment] of group.entries()) shipment.reject(errors[index]) // those not resolved
    } catch (error) {
      failed = true
      for (const shipment of group) shipment.reject(error)
    }
    meter.produced(failed ? 'failed' : 'ok', (clock.now() - sinceMs) / 1000)
  }

  async #produce(cluster: ProduceCluster, nodeId: string, group: readonly Pending[]) {
    if (nodeId === '-1') return group.map(() => new Error('the partition has no leader'))
    let broker: ProduceBroker | undefined
    try {
      broker = await cluster.findBroker({ nodeId })
      return await produce(broker, group, this.#env.timeoutMs)
    } catch (error) {
      await forget(cluster, broker, error)
      await this.#lookAgain(cluster)
      throw error
    }
  }

  /** Who leads now? A failure of this shows at the next attempt. */
  async #lookAgain(cluster: ProduceCluster): Promise<void> {
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

  #discard(cluster: Promise<ProduceCluster>): void {
    if (this.#cluster === cluster) this.#cluster = undefined
    void disconnect(cluster)
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

/** A broker whose connection broke may come back elsewhere. */
async function forget(
  cluster: ProduceCluster,
  broker: ProduceBroker | undefined,
  error: unknown
): Promise<void> {
  const { name, host, port } = error as { name?: string; host?: string; port?: number } // each is checked
  if (name !== 'KafkaJSConnectionClosedError' || host === undefined || port === undefined) return
  await broker?.disconnect()
  cluster.removeBroker({ host, port })
}

/** Never rejects: a connection that was not made leaves nothing open. */
async function disconnect(cluster: Promise<ProduceCluster>): Promise<void> {
  await cluster.then(connected => connected.disconnect()).catch(() => undefined)
}
