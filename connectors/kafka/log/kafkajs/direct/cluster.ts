// Connections of our own to the brokers, for requests that kafkajs knows and its admin, consumer and producer do not
// offer. They use kafkajs' cluster, which it makes by a method whose name only it knows.

import type { Cluster, Kafka } from 'kafkajs'
import { FaultError } from '../../../../../schemas/errors.ts'

/** A cluster with connections of its own, not yet made. Throws `internal` under another kafkajs. */
export function createCluster(kafka: Kafka, options: { readonly metadataMaxAge: number }): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(name => String(name).includes('createCluster'))
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol)
  if (typeof create !== 'function') throw new FaultError('internal', { detail: 'kafkajs has changed' })
  return create({ ...options, allowAutoTopicCreation: false })
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
