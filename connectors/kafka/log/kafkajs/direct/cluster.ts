// Connections of our own to the brokers, for requests that kafkajs knows and its admin, consumer and producer do not
// offer. They use kafkajs' cluster, which it makes by a method whose name only it knows.

import type { Cluster, Kafka } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'
import { installClosing } from './closing.ts'
import { installLeaderless } from './leaderless.ts'
import { installMetadata } from './metadata.ts'

/** A cluster with connections of its own, not yet made. Throws `internal` under another kafkajs. */
export function createCluster(kafka: Kafka, options: { readonly metadataMaxAge: number }): Cluster {
  const { create } = creatorOf(kafka)
  return create.call(kafka, { ...options, allowAutoTopicCreation: false })
}

/**
 * The same client, to which a partition without a leader is an answer, and not the failure of all answers, and of which nothing
 * stays open that was closed.
 */
export function withMendedClusters(kafka: Kafka): Kafka {
  const { symbol, create } = creatorOf(kafka)
  const value = (options: unknown) => {
    const cluster = create.call(kafka, options)
    installMetadata(cluster, { doTopicsFail: true })
    installLeaderless(cluster)
    installClosing(cluster)
    return cluster
  }
  return Object.create(kafka, { [symbol]: { value } })
}

function creatorOf(kafka: Kafka): { symbol: symbol; create: (this: Kafka, options: unknown) => Cluster } {
  const symbol = Object.getOwnPropertySymbols(kafka).find(name => String(name).includes('createCluster'))
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol)
  if (symbol === undefined || typeof create !== 'function')
    throw new FaultError('internal', { detail: 'kafkajs has changed' })
  return { symbol, create: create as (options: unknown) => Cluster } // what is under that name in kafkajs
}

/** Runs `act` with a cluster that is connected, and closes it whatever comes of it. */
export async function withCluster<T>(kafka: Kafka, act: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = createCluster(kafka, { metadataMaxAge: 300_000 })
  try {
    await cluster.connect()
    return await act(cluster)
  } finally {
    await cluster.disconnect().catch(() => undefined) // a connection that was not made leaves nothing open
  }
}
