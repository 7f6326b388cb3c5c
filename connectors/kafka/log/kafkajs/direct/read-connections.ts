// The connections of those who read a range. One is kept for a while when its range was read, since some read little and
// often: making one takes longer than the reading.

import type { Cluster, Kafka } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import type { Clock } from '../../../../clock.ts'
import { installFetchDecoder } from '../fetch/install.ts'
import { createCluster } from './cluster.ts'

/** How long a connection is kept that nobody uses. */
const idleMs = 30_000

export class ReadConnection {
  readonly cluster: Cluster
  /** What our decoder found wrong with the last fetch. */
  fault: FaultError | null = null

  constructor(kafka: Kafka) {
    this.cluster = createCluster(kafka, { metadataMaxAge: 300_000 })
    installFetchDecoder(this.cluster, {
      onPositionLost: ({ topic, partition }, position) => {
        this.fault = new FaultError('position_lost', {
          path: `${topic}/${partition}`,
          detail: `position ${position}`
        })
      },
      onCorrupt: (_, fault) => {
        this.fault = fault
      }
    })
  }

  async close(): Promise<void> {
    await this.cluster.disconnect().catch(() => undefined) // what does not close ends by itself
  }
}

export class ReadConnections {
  readonly #kafka: Kafka
  readonly #clock: Clock
  #idle: ReadConnection | null = null
  #cancelIdle: (() => void) | null = null
  #isClosed = false

  constructor(kafka: Kafka, clock: Clock) {
    this.#kafka = kafka
    this.#clock = clock
  }

  /** The one that is kept, or a new one. Rejects with what kafkajs throws. */
  async take(): Promise<ReadConnection> {
    const idle = this.#idle
    this.#idle = null
    this.#cancelIdle?.()
    if (idle !== null) return idle
    const connection = new ReadConnection(this.#kafka)
    try {
      await connection.cluster.connect()
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Keeps it for the next, if none is kept. */
  async give(connection: ReadConnection): Promise<void> {
    if (this.#isClosed || this.#idle !== null) return connection.close()
    this.#idle = connection
    this.#cancelIdle = this.#clock.after(idleMs, () => void this.#drop())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#drop()
  }

  async #drop(): Promise<void> {
    this.#cancelIdle?.()
    const idle = this.#idle
    this.#idle = null
    await idle?.close()
  }
}
