// The group whose commits the canary makes: it has no members, so anybody may commit for it. Kafka keeps its commits
// in the same partition as those of another group, so both are taken or neither is. The connection is kept, so that a
// commit tells of Kafka and not of how long it takes to connect while a node is away.

import type { Broker, Cluster, Kafka } from 'kafkajs'
import { createHastyKafka } from '../../../connectors/kafka/log/kafkajs/client.ts'
import { createCluster } from '../../../connectors/kafka/log/kafkajs/direct/cluster.ts'
import type { Scene } from '../../flows/harness/scene.ts'

/** Longer than a broker waits for the copies of a commit, so that the broker's own answer is heard. */
const timeoutMs = 6_000

interface Connection {
  readonly cluster: Cluster
  readonly coordinator: Broker
}

export class CanaryGroup {
  readonly #scene: Scene
  readonly #kafka: Kafka
  #name: string | undefined
  #connection: Connection | undefined

  constructor(scene: Scene, brokers: readonly string[]) {
    this.#scene = scene
    this.#kafka = createHastyKafka({ brokers, clientId: 'canary' }, () => {}, timeoutMs)
  }

  /** Rejects when Kafka has not taken the commit; the next call connects anew. */
  async commit(): Promise<void> {
    const { cluster, group, topic } = this.#scene
    this.#name ??= await cluster.groupBeside(group)
    try {
      this.#connection ??= await this.#connect(this.#name)
      await this.#connection.coordinator.offsetCommit({
        groupId: this.#name,
        groupGenerationId: -1, // it has no generations
        memberId: '',
        topics: [{ topic, partitions: [{ partition: 0, offset: '0' }] }]
      })
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const { cluster } = this.#connection ?? {}
    this.#connection = undefined
    await cluster?.disconnect().catch(() => undefined) // what does not close ends by itself
  }

  async #connect(groupId: string): Promise<Connection> {
    const cluster = createCluster(this.#kafka, { metadataMaxAge: 300_000 })
    try {
      await cluster.connect()
      return { cluster, coordinator: await cluster.findGroupCoordinator({ groupId }) }
    } catch (error) {
      await cluster.disconnect().catch(() => undefined)
      throw error
    }
  }
}
