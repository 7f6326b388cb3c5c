// The connections over which records are sent, and what is known of the topics: which partitions they have and who leads
// them. Connections are made when they are needed, given up when one hangs, and made anew.

import type { Kafka } from 'kafkajs'
import type { Clock } from '../../../../clock.ts'
import { type Clients, kafkaFault, shareOf } from '../client.ts'
import { withDeadline } from '../with-deadline.ts'
import {
  type BrokerAddress,
  createProduceCluster,
  type ProduceBroker,
  type ProduceCluster
} from './cluster.ts'
import { Leaders } from './leaders.ts'

export interface ConnectionsEnv {
  readonly clients: Clients
  readonly clock: Clock
  /** A request without an answer after this time counts as failed, and its connection as dead. */
  readonly timeoutMs: number
  /** Until it is connected and knows who leads. Default: `timeoutMs`. */
  readonly connectTimeoutMs?: number
  /** Cuts the connections to a broker, or to all, where they have no other user: what hangs on them then fails at once. */
  cut?(address?: BrokerAddress): void
}

/** A connected cluster, and what is known of the topics. */
export interface Prepared extends Connected {
  readonly used: Promise<Connected>
}

interface Connected {
  readonly cluster: ProduceCluster
  readonly leaders: Leaders
}

export class Connections {
  readonly #env: ConnectionsEnv
  /** Connecting or connected; undefined before the first request and after a hang. */
  #connected: Promise<Connected> | undefined

  constructor(env: ConnectionsEnv) {
    this.#env = env
  }

  /** Connecting or connected. */
  get isInUse(): boolean {
    return this.#connected !== undefined
  }

  /**
   * Connected, with what is known of these topics; of each it may be that it has an error. Rejects with what kafkajs threw where
   * nothing can be told of any.
   */
  async prepared(topics: ReadonlySet<string>): Promise<Prepared> {
    const { clock } = this.#env
    this.#connected ??= this.#connect()
    const used = this.#connected
    try {
      return await withDeadline(this.#prepare(used, topics), { clock, deadlineMs: this.#connectTimeoutMs })
    } catch (error) {
      this.discard(used)
      throw error
    }
  }

  async #prepare(used: Promise<Connected>, topics: ReadonlySet<string>): Promise<Prepared> {
    const { cluster, leaders } = await used
    if (!cluster.isConnected()) await cluster.connect()
    await leaders.learn(topics)
    return { used, cluster, leaders }
  }

  /**
   * Connected. Rejects with LeaderUnreachable where another broker is connected, so that this one concerns nobody but its
   * partitions, and else with what kafkajs threw.
   */
  async broker(prepared: Prepared, nodeId: string): Promise<ProduceBroker> {
    const { clock } = this.#env
    const { brokerPool } = prepared.cluster
    const connecting = brokerPool.brokers[nodeId]
    const deadline = {
      clock,
      deadlineMs: this.#connectTimeoutMs,
      onLate: () => this.giveUp(prepared, connecting)
    }
    try {
      return await withDeadline(brokerPool.findBroker({ nodeId }), deadline)
    } catch (error) {
      const others = Object.entries(brokerPool.brokers).filter(([id]) => id !== nodeId)
      throw others.some(([, broker]) => broker.isConnected()) ? new LeaderUnreachable(error) : error
    }
  }

  /** A broker hangs: it gets a new connection when somebody needs one. */
  giveUp({ cluster, leaders }: Prepared, broker: ProduceBroker | undefined): void {
    leaders.forget()
    if (broker !== undefined) this.#giveUp(cluster, broker)
  }

  #giveUp(cluster: ProduceCluster, broker: ProduceBroker): void {
    void broker.disconnect().catch(() => undefined) // it waits for what is under way, until that times out or is cut
    const isCurrent = Object.values(cluster.brokerPool.brokers).includes(broker)
    if (!isCurrent) return // somebody else gave it up, and has perhaps a new one
    const { host, port } = broker.connectionPool
    cluster.removeBroker({ host, port })
    this.#env.cut?.({ host, port })
  }

  /** A broker whose connection broke may come back elsewhere. */
  async forget(
    { cluster, leaders }: Prepared,
    broker: ProduceBroker | undefined,
    error: unknown
  ): Promise<void> {
    const { name, host, port } = error as { name?: string; host?: string; port?: number } // each is checked
    if (name !== 'KafkaJSConnectionClosedError' || host === undefined || port === undefined) return
    await broker?.disconnect()
    leaders.forget()
    cluster.removeBroker({ host, port })
  }

  /** Who leads now? A failure of this shows at the next attempt. A cluster that was given up must not connect again. */
  async lookAgain({ used, leaders }: Prepared, topics: Iterable<string>): Promise<void> {
    if (this.#connected !== used) return
    const { clock, timeoutMs } = this.#env
    await withDeadline(leaders.ask(topics), { clock, deadlineMs: timeoutMs }).catch(() => undefined)
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const connected = this.#connected
    this.#connected = undefined
    if (connected !== undefined) await disconnect(connected)
  }

  get #connectTimeoutMs(): number {
    const { timeoutMs, connectTimeoutMs = timeoutMs } = this.#env
    return connectTimeoutMs
  }

  /** Tries one broker after the other, each for its share of the time; the next attempt goes on with the next one. */
  async #connect(): Promise<Connected> {
    const { clients, clock } = this.#env
    const totalMs = this.#connectTimeoutMs
    const endMs = clock.now() + totalMs
    const shareMs = shareOf(clients, totalMs)
    for (let left = clients.count; ; left--) {
      const cluster = this.#cluster(clients.next())
      const deadlineMs = Math.min(shareMs, endMs - clock.now())
      try {
        await withDeadline(cluster.connect(), { clock, deadlineMs, onLate: () => this.#env.cut?.() })
        return { cluster, leaders: new Leaders(cluster.brokerPool, clock) }
      } catch (error) {
        void cluster.disconnect().catch(() => undefined) // a broker that took the connection and said nothing
        const isRefused = kafkaFault(error).code === 'kafka_unauthorized'
        if (isRefused || left === 1 || clock.now() >= endMs) throw error
      }
    }
  }

  /** A broker that does not say in time who leads is given up, so that another can be asked. */
  #cluster(client: Kafka): ProduceCluster {
    const { clock } = this.#env
    const cluster = createProduceCluster(client, (asked, broker) => {
      const onLate = () => this.#giveUp(cluster, broker as ProduceBroker) // it is one of the cluster's
      const deadlineMs = this.#connectTimeoutMs / 2
      return withDeadline(asked, { clock, deadlineMs, onLate })
    })
    return cluster
  }

  /** Nothing more is to come from these connections: the next request makes new ones. */
  discard(connected: Promise<Connected>): void {
    const wasInUse = this.#connected === connected
    if (wasInUse) this.#connected = undefined
    void disconnect(connected)
    if (wasInUse) this.#env.cut?.()
  }
}

/** A leader lets nobody in, while another broker does. */
export class LeaderUnreachable extends Error {
  constructor(cause: unknown) {
    super('the leader of the partition cannot be reached', { cause })
    this.name = 'LeaderUnreachable'
  }
}

/** Never rejects: a connection that was not made leaves nothing open. */
async function disconnect(connected: Promise<Connected>): Promise<void> {
  await connected
    .then(({ cluster, leaders }) => {
      leaders.close()
      return cluster.disconnect()
    })
    .catch(() => undefined)
}
